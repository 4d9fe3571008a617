//! `tls` of `[keystone]`, `[region]`, `[database]` and `[[notifications]]`: whom we trust, and what we show them.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

section!(
    /// `[keystone.tls]`, `[region.tls]`, `[database.tls]`, and `tls` of `[[notifications]]`. The server's certificate and
    /// name are always verified.
    Tls {
        /// PEM file with the certificates of the CAs that are trusted, instead of the system's.
        cafile: Option<PathBuf> = None,
        /// PEM file with our certificate and its intermediates, for servers that ask for one.
        certfile: Option<PathBuf> = None,
        /// PEM file with the private key of it; none: it is in `certfile` too.
        keyfile: Option<PathBuf> = None,
        /// Oldest version of TLS spoken: `1.2` or `1.3`.
        min_version: TlsVersion = TlsVersion::default(),
    }
);

impl Tls {
    /// The file with the private key, and the name of the setting that has it.
    #[must_use]
    pub fn key(&self) -> Option<(&'static str, &Path)> {
        let own = self.keyfile.as_deref().map(|path| ("keyfile", path));
        own.or_else(|| self.certfile.as_deref().map(|path| ("certfile", path)))
    }

    /// True where nothing is set: without effect where no TLS is spoken.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.cafile.is_none()
            && self.certfile.is_none()
            && self.keyfile.is_none()
            && self.min_version == TlsVersion::V1_2
    }
}

/// A version of TLS that rustls speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum TlsVersion {
    /// RFC 5246
    #[default]
    V1_2,
    /// RFC 8446
    V1_3,
}

impl TryFrom<String> for TlsVersion {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.as_str() {
            "1.2" => Ok(Self::V1_2),
            "1.3" => Ok(Self::V1_3),
            _ => Err("min_version must be \"1.2\" or \"1.3\""),
        }
    }
}

impl fmt::Display for TlsVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Self::V1_2 { "1.2" } else { "1.3" })
    }
}
