//! rustls over ring: the provider of our own connections, and the process's for a library that takes no other.

use std::sync::Arc;

use rustls::crypto::ring::{default_provider, sign};
use rustls::crypto::{CryptoProvider, KeyProvider};
use rustls::pki_types::PrivateKeyDer;
use rustls::sign::SigningKey;
use rustls::{Error, ProtocolVersion};

use crate::config::TlsVersion;

/// What every connection has whose TLS we set up.
#[must_use]
pub fn ring() -> Arc<CryptoProvider> {
    Arc::new(default_provider())
}

/// Makes the process's provider hold for the database: `mysql_async` sets up TLS with that, allows all versions that it
/// knows, and calls every private key PKCS#1. So it knows none below `min_version`, and takes keys for what they are.
///
/// # Errors
/// Text for the operator where another provider is in place that knows older versions.
pub fn install_for_the_database(min_version: TlsVersion) -> Result<(), String> {
    let mut provider = default_provider();
    provider.cipher_suites.retain(|suite| allows(min_version, suite.version().version));
    provider.key_provider = &AnyKey;
    let _ = provider.install_default();
    let versions = CryptoProvider::get_default().into_iter().flat_map(|provider| &provider.cipher_suites);
    if versions.map(|suite| suite.version().version).all(|version| allows(min_version, version)) {
        return Ok(());
    }
    Err(format!("database.tls.min_version = {min_version}: this process has set up TLS for older versions already"))
}

fn allows(min_version: TlsVersion, version: ProtocolVersion) -> bool {
    min_version == TlsVersion::V1_2 || version == ProtocolVersion::TLSv1_3
}

/// Takes a key for what it is, whatever it is called.
#[derive(Debug)]
struct AnyKey;

impl KeyProvider for AnyKey {
    fn load_private_key(&self, key: PrivateKeyDer<'static>) -> Result<Arc<dyn SigningKey>, Error> {
        let bytes = key.secret_der();
        let forms: [PrivateKeyDer<'_>; 3] =
            [PrivateKeyDer::Pkcs8(bytes.into()), PrivateKeyDer::Sec1(bytes.into()), PrivateKeyDer::Pkcs1(bytes.into())];
        let refused = || Error::General("the private key is no RSA, ECDSA or EdDSA key".into());
        forms.iter().find_map(|form| sign::any_supported_type(form).ok()).ok_or_else(refused)
    }
}
