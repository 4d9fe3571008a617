//! Who sent a request, and under which URL they reached the service: what the connection shows, or what a trusted proxy
//! in front of it says (oslo.middleware, `http_proxy_to_wsgi`).

mod forwarded;

use std::net::{IpAddr, Ipv6Addr};

use http::HeaderMap;
use http::uri::Scheme;

use crate::config::TrustedProxies;

/// The sender of a request; an extension of each request that came through a listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Their address: the connection's, behind trusted proxies the one that the outermost of them saw.
    pub address: IpAddr,
    /// `http` or `https`, as they asked; the listener itself speaks no TLS.
    pub scheme: Scheme,
    /// `Host` as they sent it, where a proxy says it.
    pub host: Option<String>,
    /// Path below which a proxy serves the API: empty, or with a slash at its beginning and none at its end.
    pub prefix: String,
}

impl Client {
    /// The client at the other end of a connection.
    #[must_use]
    pub fn direct(peer: IpAddr) -> Self {
        Self { address: peer.to_canonical(), scheme: Scheme::HTTP, host: None, prefix: String::new() }
    }

    /// The client of a request that came from `peer`. `Forwarded` and `X-Forwarded-*` count from trusted proxies alone:
    /// anyone else could write there what they like.
    #[must_use]
    pub fn of(peer: IpAddr, headers: &HeaderMap, trusted: &TrustedProxies) -> Self {
        let direct = Self::direct(peer);
        if trusted.contains(peer) { forwarded::read(direct, headers, trusted) } else { direct }
    }
}

/// What counts as one address: of IPv6 the /64 that one host is given.
#[must_use]
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}
