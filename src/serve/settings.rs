//! What a listener needs of the configuration.

use std::time::Duration;

use crate::config::{self, Config, TrustedProxies, ms};

/// The bounds of a listener, from `[listen]` and `[api]`.
#[derive(Clone, Debug)]
pub struct Settings {
    pub(super) trusted_proxies: TrustedProxies,
    pub(super) connections_max: usize,
    pub(super) connections_per_address_max: usize,
    pub(super) header_read_timeout: Duration,
    pub(super) idle_timeout: Duration,
    /// From a request's head to the end of its answer.
    pub(super) exchange_timeout: Duration,
    pub(super) header_bytes_max: usize,
    pub(super) http2_streams_max: u32,
    pub(super) http2_ping_period: Duration,
    pub(super) shutdown_grace: Duration,
}

impl Settings {
    /// Of a configuration that was checked.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        let listen = &config.listen;
        Self {
            trusted_proxies: listen.trusted_proxies.clone(),
            connections_max: listen.connections_max,
            connections_per_address_max: listen
                .connections_per_address_max
                .unwrap_or_else(|| config::quarter(listen.connections_max)),
            header_read_timeout: ms(listen.header_read_timeout_ms),
            idle_timeout: ms(listen.idle_timeout_ms),
            exchange_timeout: ms(config.api.request_timeout_ms) + ms(listen.answer_timeout_ms),
            header_bytes_max: listen.header_bytes_max,
            http2_streams_max: listen.http2_streams_max,
            http2_ping_period: ms(listen.http2_ping_period_ms),
            shutdown_grace: ms(listen.shutdown_grace_ms),
        }
    }
}
