//! The service itself: `[listen]`, `[api]`, `[keystone]`, `[database]`, `[log]`.

use std::net::SocketAddr;
use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use super::{Tls, TrustedProxies};
use crate::files::{self, FileError};
use crate::microversion::{MAX_KNOWN, Microversion};

section!(
    /// `[listen]`
    Listen {
        /// Address of the compute API.
        address: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 8774)),
        /// Address of `GET /metrics` (Prometheus text); none: no metrics are served.
        metrics_address: Option<SocketAddr> = None,
        /// Proxies in front of the service. Their `Forwarded` and `X-Forwarded-*` are believed, and their connections do
        /// not count for `connections_per_address_max`; nobody else's are.
        trusted_proxies: TrustedProxies = TrustedProxies::default(),
        /// Connections held open at once. A further one waits; one that has no request under way is closed for it.
        connections_max: usize = 4_096,
        /// Connections of one address (of IPv6: one /64); a further one is closed at once. None: a quarter of
        /// `connections_max`.
        connections_per_address_max: Option<usize> = None,
        /// Time a client has to send a request's headers, from the connection's beginning or the end of the answer before.
        header_read_timeout_ms: u64 = 10_000,
        /// Largest request headers: 431 above it (HTTP/1), or the stream is reset (HTTP/2). At least 8192.
        header_bytes_max: usize = 65_536,
        /// Time an HTTP/2 connection is held without a request.
        idle_timeout_ms: u64 = 60_000,
        /// Time a client has to take an answer, on top of `api.request_timeout_ms`; then the connection is closed (HTTP/1)
        /// or the stream reset (HTTP/2).
        answer_timeout_ms: u64 = 60_000,
        /// Requests under way on one HTTP/2 connection; more are refused.
        http2_streams_max: u32 = 100,
        /// A silent HTTP/2 connection is asked for a sign of life after this time, and has as long to give it.
        http2_ping_period_ms: u64 = 20_000,
        /// Time that requests under way get when the process is told to stop.
        shutdown_grace_ms: u64 = 10_000,
    }
);

section!(
    /// `[api]`
    Api {
        /// Put before the paths of all links, as Nova's `compute_link_prefix`; none: the request's own scheme and host.
        link_prefix: Option<String> = None,
        /// Most items one page of a list holds (Nova's `[api] max_limit`).
        items_per_page_max: usize = 1_000,
        /// Newest microversion served, if every region speaks it.
        microversion_max: Microversion = MAX_KNOWN,
        /// Largest request body (oslo.middleware's default).
        body_bytes_max: usize = 114_688,
        /// Longest path and query of a request; a longer one is refused with 414.
        uri_bytes_max: usize = 16_384,
        /// Time a client has to send a request's body, in all; 408 after it.
        body_read_timeout_ms: u64 = 20_000,
        /// Requests answered at once; one more is refused with 503.
        inflight_max: usize = 1_024,
        /// Requests of one project under way at once, bodies of answers included; one more is refused with 429. None: a
        /// quarter of `inflight_max`.
        inflight_per_project_max: Option<usize> = None,
        /// Requests at once whose token is not known yet and waits for Keystone; one more is refused with 503. None: a
        /// quarter of `inflight_max`.
        inflight_unidentified_max: Option<usize> = None,
        /// Time a request may take before it is answered with 504.
        request_timeout_ms: u64 = 60_000,
        /// Key pairs made at once (to 2.91); each takes a core for a while.
        key_pairs_generated_at_once_max: usize = 2,
        /// Threads that search with clients' regular expressions at once; more requests take turns.
        patterns_at_once_max: usize = 2,
        /// Time that the regular expressions of one request may take; 400 beyond it.
        pattern_time_max_ms: u64 = 1_000,
        /// Largest regular expression when compiled; 400 beyond it.
        pattern_compiled_bytes_max: usize = 524_288,
    }
);

section!(
    /// `[keystone]`
    Keystone {
        /// Base URL, with `/v3`.
        url: String = "http://127.0.0.1:5000/v3".into(),
        /// URL told to clients in `WWW-Authenticate`; none: `url` without its version.
        public_url: Option<String> = None,
        /// The top's own account: roles `admin` and `service`.
        username: String = "cascade".into(),
        /// Its password.
        password: SecretString = SecretString::default(),
        /// File with its password, read anew at each login; none: `password`.
        password_file: Option<PathBuf> = None,
        /// Domain name of the account.
        user_domain_name: String = "Default".into(),
        /// Project the account is scoped to.
        project_name: String = "service".into(),
        /// Domain name of that project.
        project_domain_name: String = "Default".into(),
        /// Tokens remembered as valid.
        token_cache_entries_max: u64 = 10_000,
        /// Time a token's validation is trusted; a revoked token works that much longer.
        token_cache_s: u64 = 60,
        /// Time a token that Keystone refused is refused without asking again. Short: a token may be refused for an
        /// instant by a Keystone that does not know it yet.
        refused_token_cache_s: u64 = 5,
        /// Tokens that Keystone validates for us at once.
        validations_max: usize = 32,
        /// Time a token waits for its validation to begin before the request is refused with 503.
        queue_timeout_ms: u64 = 2_000,
        /// Failed calls in a row after which Keystone counts as down, and unknown tokens are answered with 503 at once.
        failures_before_down: u32 = 3,
        /// Time before a Keystone that is down is asked again.
        retry_down_ms: u64 = 5_000,
        /// Time to connect.
        connect_timeout_ms: u64 = 2_000,
        /// Time for a whole call.
        timeout_ms: u64 = 10_000,
        /// Where `url` is `https://`.
        tls: Tls = Tls::default(),
    }
);

impl Keystone {
    /// The account's password as it is now.
    ///
    /// # Errors
    /// `password_file` cannot be used.
    pub fn current_password(&self) -> Result<SecretString, FileError> {
        match &self.password_file {
            Some(path) => files::secret("keystone.password_file", path),
            None => Ok(self.password.clone()),
        }
    }
}

section!(
    /// `[database]`
    Database {
        /// `sqlite:///path/to/file` or `mysql://user:password@host/name`.
        url: SecretString = SecretString::from("sqlite://nova-cascade.db"),
        /// File with the password that `url` leaves out, read anew for each connection; none: that of `url`.
        password_file: Option<PathBuf> = None,
        /// Whether `mysql://` is TLS, with a server that is verified, or nothing.
        require_tls: bool = false,
        /// Where it is.
        tls: Tls = Tls::default(),
        /// Connections of the pool (embedded: readers; there is always one writer).
        connections_max: usize = 16,
        /// Time a request waits for a free connection.
        acquire_timeout_ms: u64 = 5_000,
        /// Time that a list of servers may take in the database; 503 beyond it.
        statement_timeout_ms: u64 = 10_000,
        /// Attempts of a transaction that lost against another one.
        attempts_max: u32 = 10,
    }
);

impl Database {
    /// Whether its connections are TLS: `require_tls`, or `require_ssl=true` in the URL's query.
    #[must_use]
    pub fn wants_tls(&self) -> bool {
        let url = Url::parse(self.url.expose_secret());
        let asked = url.is_ok_and(|url| url.query_pairs().any(|(key, value)| key == "require_ssl" && value == "true"));
        self.require_tls || asked
    }
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object a line.
    #[default]
    Json,
    /// For people.
    Text,
}

section!(
    /// `[log]`
    Log {
        /// `json` or `text`.
        format: LogFormat = LogFormat::default(),
        /// `tracing-subscriber` filter; debug and trace lines of libraries are never logged.
        filter: String = "info".into(),
    }
);
