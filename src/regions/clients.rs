//! The HTTP clients of the service account: one for the identity service and one for regions, each with TLS of its own.

use std::time::Duration;

use reqwest::redirect::Policy;

use super::service::KEYSTONE;
use crate::config::{self, ms};
use crate::tls::Tls;

/// Both clients, each with a pool of connections.
pub(super) struct Clients {
    keystone: Client,
    regions: Client,
}

/// One of them.
pub(super) struct Client {
    pub http: reqwest::Client,
    tls: Tls,
}

impl Clients {
    /// # Errors
    /// Text for the operator when a certificate or key cannot be used.
    pub fn new(keystone: &config::Keystone, region: &config::Region) -> Result<Self, String> {
        let client = |section, tls| {
            let tls = Tls::new(section, tls).map_err(|e| e.to_string())?;
            let http = reqwest::Client::builder()
                .use_preconfigured_tls(tls.client())
                .connect_timeout(ms(keystone.connect_timeout_ms))
                .timeout(ms(keystone.timeout_ms))
                .pool_idle_timeout(Duration::from_secs(region.idle_connection_s))
                .redirect(Policy::none())
                .no_proxy()
                .build()
                .map_err(|e| format!("HTTP client: {e}"))?;
            Ok::<_, String>(Client { http, tls })
        };
        Ok(Self { keystone: client("keystone.tls", &keystone.tls)?, regions: client("region.tls", &region.tls)? })
    }

    /// That of a target of calls.
    pub fn of(&self, target: &str) -> &Client {
        if target == KEYSTONE { &self.keystone } else { &self.regions }
    }
}

impl Client {
    /// Why no answer came.
    pub fn unanswered(&self, error: &reqwest::Error, timeout: Duration) -> String {
        if error.is_timeout() { format!("no answer within {} ms", timeout.as_millis()) } else { self.broken(error) }
    }

    /// Why a login got no answer; the library that logs in does not tell. So the server is asked once more, for nothing.
    pub async fn unreachable(&self, url: &str) -> Option<String> {
        let error = self.http.get(url).send().await.err()?;
        (!error.is_timeout()).then(|| self.broken(&error))
    }

    fn broken(&self, error: &reqwest::Error) -> String {
        let what = if error.is_connect() { "not reachable" } else { "the connection broke" };
        format!("{what} ({})", self.tls.explain(error))
    }
}
