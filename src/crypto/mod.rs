//! What key pairs are made of (nova/crypto.py): fingerprints of public keys, and new pairs where Nova still makes them.

mod curve;
mod generate;
mod lenient;
mod pkcs12;
mod ssh;
mod x509;

use std::fmt::Write as _;

pub use generate::{Generated, generate};

/// What kind of key a pair has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An OpenSSH public key.
    Ssh,
    /// A certificate, for `WinRM`.
    X509,
}

impl Kind {
    /// As Nova calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ssh => "ssh",
            Self::X509 => "x509",
        }
    }

    /// By Nova's name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Ssh, Self::X509].into_iter().find(|kind| kind.name() == name)
    }

    /// The fingerprint of a public key.
    ///
    /// # Errors
    /// Why it is no key of this kind, in Nova's words.
    pub fn fingerprint(self, public_key: &str) -> Result<String, String> {
        match self {
            Self::Ssh => ssh::fingerprint(public_key).ok_or_else(|| "failed to generate fingerprint".to_owned()),
            Self::X509 => x509::fingerprint(public_key)
                .map_err(|reason| format!("failed to generate X509 fingerprint. Error message: {reason}")),
        }
    }
}

/// Bytes as fingerprints are written: `d4:1d:8c:…`
fn colons(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 3);
    for byte in bytes {
        let _ = write!(text, "{}{byte:02x}", if text.is_empty() { "" } else { ":" });
    }
    text
}
