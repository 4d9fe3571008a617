//! TLS of the connections that we open: to Keystone, to regions, to the database and to brokers. One set of settings
//! (`config::Tls`), one provider (ring), and no way to leave out the verification of a server.

mod explain;
pub mod material;
pub mod provider;
mod renewed;
mod verify;

use std::error::Error;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::version::{TLS12, TLS13};

use crate::config::{self, TlsVersion};
use crate::files::FileError;

pub use explain::{explain, refusal};
pub use renewed::Renewed;

/// Why a connection cannot be set up.
#[derive(Clone, Debug, thiserror::Error)]
pub enum TlsError {
    /// A file that a setting names.
    #[error(transparent)]
    File(#[from] FileError),
    /// The system has no certificates, or none that can be read.
    #[error("no CA is trusted: {reason}; install the system's CA certificates, or set {section}.cafile")]
    System {
        /// `keystone.tls` or the like.
        section: &'static str,
        /// What was tried.
        reason: String,
    },
    /// rustls refuses the settings.
    #[error("{0}: {1}")]
    Settings(&'static str, String),
}

/// TLS of one kind of connection; files that change are read again at the next handshake.
#[derive(Clone, Debug)]
pub struct Tls {
    section: &'static str,
    client: ClientConfig,
}

impl Tls {
    /// By the settings of a section, `keystone.tls` or the like, which errors name.
    ///
    /// # Errors
    /// A file cannot be used, or there are no CAs to trust.
    pub fn new(section: &'static str, settings: &config::Tls) -> Result<Self, TlsError> {
        let refused = |e: rustls::Error| TlsError::Settings(section, e.to_string());
        let versions = match settings.min_version {
            TlsVersion::V1_2 => &[&TLS13, &TLS12][..],
            TlsVersion::V1_3 => &[&TLS13],
        };
        let builder = ClientConfig::builder_with_provider(provider::ring()).with_protocol_versions(versions);
        // "Dangerous" is that a verifier is given; this one is rustls' own, made again when `cafile` changes.
        let builder = builder.map_err(refused)?.dangerous();
        let builder = builder.with_custom_certificate_verifier(Arc::new(verify::Trusted::new(section, settings)?));
        let client = match verify::Shown::new(section, settings)? {
            Some(shown) => builder.with_client_cert_resolver(Arc::new(shown)),
            None => builder.with_no_client_auth(),
        };
        Ok(Self { section, client })
    }

    /// For the library that makes the connection; without ALPN.
    #[must_use]
    pub fn client(&self) -> ClientConfig {
        self.client.clone()
    }

    /// Why a connection failed: where it is TLS, with the setting that decides; else the innermost cause.
    #[must_use]
    pub fn explain(&self, error: &(dyn Error + 'static)) -> String {
        explain(self.section, error)
    }
}
