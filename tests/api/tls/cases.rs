//! What every kind of connection accepts, and what it refuses with which words.

use std::net::SocketAddr;

use nova_cascade::config::{Tls, TlsVersion};

use super::gate::server;
use super::{Authority, Gate};

/// Whom a client trusts.
enum Trusts {
    /// The CA of the server.
    Ours,
    /// Another one.
    Other,
    /// Nothing is set: those of the system.
    System,
}

/// A server, a client, and what the error says if there is one.
struct Case {
    what: &'static str,
    /// The name in the server's certificate; the client connects to `localhost`.
    name: &'static str,
    newest: TlsVersion,
    asks: bool,
    trusts: Trusts,
    shows: bool,
    min_version: TlsVersion,
    refused: Option<&'static str>,
}

const GOOD: Case = Case {
    what: "a trusted server",
    name: "localhost",
    newest: TlsVersion::V1_3,
    asks: false,
    trusts: Trusts::Ours,
    shows: false,
    min_version: TlsVersion::V1_2,
    refused: None,
};

const CASES: [Case; 10] = [
    GOOD,
    Case { what: "no CA set", trusts: Trusts::System, refused: Some(".cafile"), ..GOOD },
    Case { what: "another CA", trusts: Trusts::Other, refused: Some(".cafile"), ..GOOD },
    Case { what: "another name", name: "other.example.org", refused: Some("is for another name"), ..GOOD },
    Case { what: "a certificate that is asked for", asks: true, shows: true, ..GOOD },
    Case { what: "the same over TLS 1.2", asks: true, shows: true, newest: TlsVersion::V1_2, ..GOOD },
    Case { what: "none that is asked for", asks: true, refused: Some(".certfile"), ..GOOD },
    Case { what: "an old server", newest: TlsVersion::V1_2, ..GOOD },
    Case { what: "TLS 1.3 demanded", min_version: TlsVersion::V1_3, ..GOOD },
    Case {
        what: "an old server, TLS 1.3 demanded",
        newest: TlsVersion::V1_2,
        min_version: TlsVersion::V1_3,
        refused: Some(".min_version"),
        ..GOOD
    },
];

/// Connects in each case to a server of it in front of `target`; errors name a setting of `section` and no password.
pub async fn each_case(section: &str, target: SocketAddr, connect: impl AsyncFn(u16, Tls) -> Result<(), String>) {
    let (ours, other) = (Authority::new("ours"), Authority::new("other"));
    for case in CASES {
        let gate = Gate::start(server(&ours.issue(case.name), case.newest, case.asks.then_some(&ours)), target).await;
        let mut tls = if case.shows { ours.trusted_with_client() } else { ours.trusted() };
        tls.min_version = case.min_version;
        match case.trusts {
            Trusts::Ours => {}
            Trusts::Other => tls.cafile = Some(other.cafile()),
            Trusts::System => tls.cafile = None,
        }
        let result = connect(gate.port, tls).await;
        match (case.refused, result) {
            (None, result) => assert_eq!(result, Ok(()), "{section}: {}", case.what),
            (Some(_), Ok(())) => panic!("{section}: {}: was not refused", case.what),
            (Some(reason), Err(said)) => {
                let expected = if reason.starts_with('.') { format!("{section}{reason}") } else { reason.to_owned() };
                assert!(said.contains(&expected), "{section}: {}: {said}", case.what);
                assert!(!said.contains("secret") && !said.contains("BEGIN"), "{section}: {}: {said}", case.what);
            }
        }
    }
}
