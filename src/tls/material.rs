//! Certificates and keys from their files.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustls::RootCertStore;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use super::TlsError;
use super::provider::ring;
use crate::config;
use crate::files::{self, FileError};

/// Our certificate and its key, which fit.
pub struct Own {
    /// For rustls.
    pub certified: Arc<CertifiedKey>,
    /// The certificate, its intermediates after it.
    pub chain: Vec<CertificateDer<'static>>,
    /// The key.
    pub key: PrivateKeyDer<'static>,
}

/// The CAs to trust: those of `cafile`, else the system's (`SSL_CERT_FILE` and `SSL_CERT_DIR` are heeded).
///
/// # Errors
/// The file cannot be used, or the system has none.
pub fn trusted(section: &'static str, settings: &config::Tls) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let Some(path) = &settings.cafile else { return of_the_system(section) };
    let setting = format!("{section}.cafile");
    let certificates = certificates(&setting, path)?;
    for certificate in &certificates {
        let failed = |e: rustls::Error| FileError::new(&setting, path, format!("has a certificate of no use: {e}"));
        RootCertStore::empty().add(certificate.clone()).map_err(failed)?;
    }
    Ok(certificates)
}

/// Our certificate and its key; none where none is set.
///
/// # Errors
/// A file cannot be used, or the key is that of another certificate.
pub fn own(section: &'static str, settings: &config::Tls) -> Result<Option<Own>, TlsError> {
    let (Some(certfile), Some((key, path))) = (&settings.certfile, settings.key()) else { return Ok(None) };
    let certfile_setting = format!("{section}.certfile");
    let chain = certificates(&certfile_setting, certfile)?;
    let setting = format!("{section}.{key}");
    let bytes = files::read(&setting, path)?;
    let key = PrivateKeyDer::from_pem_slice(&bytes).map_err(|e| {
        let none = matches!(e, pem::Error::NoItemsFound);
        let reason = if none { "has no private key in PEM form without a passphrase" } else { "is no PEM file" };
        FileError::new(&setting, path, reason)
    })?;
    let certified = CertifiedKey::from_der(chain.clone(), key.clone_key(), &ring());
    let unusable =
        |e: rustls::Error| FileError::new(&certfile_setting, certfile, format!("cannot be used with its key: {e}"));
    Ok(Some(Own { certified: Arc::new(certified.map_err(unusable)?), chain, key }))
}

fn certificates(setting: &str, path: &Path) -> Result<Vec<CertificateDer<'static>>, FileError> {
    let bytes = files::read(setting, path)?;
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let failed = |reason: &str| FileError::new(setting, path, reason);
    let read = read.map_err(|_| failed("is no PEM file"))?;
    if read.is_empty() { Err(failed("has no certificate in PEM form")) } else { Ok(read) }
}

/// Read once: they change with the system, and there are many.
fn of_the_system(section: &'static str) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    static SYSTEM: OnceLock<Result<Vec<CertificateDer<'static>>, String>> = OnceLock::new();
    let read = SYSTEM.get_or_init(|| {
        let found = rustls_native_certs::load_native_certs();
        // Systems have old ones that rustls does not read; these are trusted by nobody.
        let usable = |certificate: &CertificateDer<'static>| RootCertStore::empty().add(certificate.clone()).is_ok();
        let certificates: Vec<_> = found.certs.into_iter().filter(usable).collect();
        if certificates.is_empty() {
            let reasons: Vec<String> = found.errors.iter().map(ToString::to_string).collect();
            return Err(if reasons.is_empty() { "the system has no certificates".into() } else { reasons.join(", ") });
        }
        Ok(certificates)
    });
    read.clone().map_err(|reason| TlsError::System { section, reason })
}
