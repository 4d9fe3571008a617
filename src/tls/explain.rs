//! What a failed handshake means for whoever set it up.

use std::error::Error;
use std::io;

use rustls::{AlertDescription, CertificateError, Error as Tls};

/// Why a connection failed: where it is TLS, with the setting of `section` that decides; else the innermost cause.
#[must_use]
pub fn explain(section: &str, error: &(dyn Error + 'static)) -> String {
    refusal(section, error).unwrap_or_else(|| innermost(error).to_string())
}

/// The same; none where the cause is not TLS.
#[must_use]
pub fn refusal(section: &str, error: &(dyn Error + 'static)) -> Option<String> {
    let ended = || {
        format!(
            "it ended the connection without an alert: see {section}.min_version, and {section}.certfile if it asks for \
             a certificate"
        )
    };
    find(error).map(|tls| meaning(section, tls)).or_else(|| is_cut_off(error).then(ended))
}

/// Whether TLS ended without its own end: of our connections none but those with TLS tell the two apart.
fn is_cut_off(error: &(dyn Error + 'static)) -> bool {
    let mut causes = std::iter::successors(Some(error), |&error| error.source());
    causes.any(|error| error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::UnexpectedEof))
}

fn meaning(section: &str, error: &Tls) -> String {
    use CertificateError as Bad;
    match error {
        Tls::InvalidCertificate(Bad::UnknownIssuer) => {
            format!("its certificate is signed by no CA that is trusted: see {section}.cafile")
        }
        Tls::InvalidCertificate(Bad::NotValidForName | Bad::NotValidForNameContext { .. }) => {
            format!("its certificate is for another name than that in the URL ({error})")
        }
        Tls::AlertReceived(
            AlertDescription::CertificateRequired
            | AlertDescription::BadCertificate
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
            | AlertDescription::CertificateUnknown
            | AlertDescription::CertificateExpired
            | AlertDescription::HandshakeFailure,
        ) => format!("it refuses our certificate, or that we have none: see {section}.certfile ({error})"),
        Tls::AlertReceived(AlertDescription::ProtocolVersion) | Tls::PeerIncompatible(_) => {
            format!("it speaks no version of TLS that is allowed: see {section}.min_version ({error})")
        }
        Tls::InvalidMessage(_) => format!("it does not speak TLS ({error})"),
        _ => error.to_string(),
    }
}

/// rustls' error among the causes. `io::Error` hides what it was made of from its `source`.
fn find<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a Tls> {
    let mut at = Some(error);
    while let Some(error) = at {
        if let Some(tls) = error.downcast_ref::<Tls>() {
            return Some(tls);
        }
        at = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    None
}

/// "connection refused" rather than "client error (Connect)".
fn innermost<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_found_under_io_errors() {
        let unknown = Tls::InvalidCertificate(CertificateError::UnknownIssuer);
        let wrapped = io::Error::other(io::Error::new(io::ErrorKind::InvalidData, unknown));
        let said = explain("region.tls", &wrapped);
        assert_eq!(said, "its certificate is signed by no CA that is trusted: see region.tls.cafile");
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        assert_eq!(explain("region.tls", &refused), "connection refused");
        let ended = io::Error::new(io::ErrorKind::UnexpectedEof, "tls handshake eof");
        assert!(explain("region.tls", &ended).contains("region.tls.min_version"));
    }
}
