//! rustls' own verifier and our own certificate, made again when their files change.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, WebPkiServerVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::provider::ring;
use super::{Renewed, TlsError, material};
use crate::config;
use crate::files::FileError;

/// Verifies a server by the CAs of a section.
#[derive(Debug)]
pub(super) struct Trusted(Renewed<Arc<WebPkiServerVerifier>>);

impl Trusted {
    pub(super) fn new(section: &'static str, settings: &config::Tls) -> Result<Self, TlsError> {
        let files = settings.cafile.iter().cloned().collect();
        let settings = settings.clone();
        let verifier = Renewed::new(files, move || {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(material::trusted(section, &settings)?);
            let built = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), ring()).build();
            built.map_err(|e| TlsError::Settings(section, e.to_string()))
        })?;
        Ok(Self(verifier))
    }
}

impl ServerCertVerifier for Trusted {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.0.get().verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.get().verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.get().verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.get().supported_verify_schemes()
    }
}

/// The certificate that servers get who ask for one.
#[derive(Debug)]
pub(super) struct Shown(Renewed<Arc<CertifiedKey>>);

impl Shown {
    pub(super) fn new(section: &'static str, settings: &config::Tls) -> Result<Option<Self>, TlsError> {
        let Some(certfile) = settings.certfile.clone() else { return Ok(None) };
        let files: Vec<PathBuf> = [Some(certfile.clone()), settings.keyfile.clone()].into_iter().flatten().collect();
        let settings = settings.clone();
        let key = Renewed::new(files, move || {
            let own = material::own(section, &settings)?;
            let unset = || FileError::new(&format!("{section}.certfile"), &certfile, "is not set");
            Ok(own.ok_or_else(unset)?.certified)
        })?;
        Ok(Some(Self(key)))
    }
}

impl ResolvesClientCert for Shown {
    fn resolve(&self, _roots: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(self.0.get())
    }

    fn has_certs(&self) -> bool {
        true
    }
}
