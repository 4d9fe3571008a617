//! Values that parse and make no sense.

use super::{Config, ConfigError, Listen, notifications};

/// Refuses values that parse and make no sense.
pub(super) fn check(config: &Config) -> Result<(), ConfigError> {
    let positive = [
        ("api.items_per_page_max", config.api.items_per_page_max),
        ("api.inflight_max", config.api.inflight_max),
        ("api.key_pairs_generated_at_once_max", config.api.key_pairs_generated_at_once_max),
        ("region.inflight_max", config.region.inflight_max),
        ("sync.page_size", config.sync.page_size),
        ("sync.shows_per_round", config.sync.shows_per_round),
        ("sync.neighbours_page_size", config.sync.neighbours_page_size),
        ("boot.regions_tried_max", config.boot.regions_tried_max),
        ("boot.servers_per_request_max", config.boot.servers_per_request_max),
        ("boot.concurrent_max", config.boot.concurrent_max),
        ("boot.capacity_hosts_max", config.boot.capacity_hosts_max),
        ("boot.failures_max", config.boot.failures_max),
        ("listen.connections_max", config.listen.connections_max),
        ("listen.connections_per_address_max", config.listen.connections_per_address_max),
    ];
    for (key, value) in positive {
        if value == 0 {
            return Err(ConfigError::Value { key, value: "0".into(), reason: "must be at least 1" });
        }
    }
    listener(&config.listen)?;
    if config.database.connections_max < 2 {
        let (key, value) = ("database.connections_max", config.database.connections_max.to_string());
        return Err(ConfigError::Value {
            key,
            value,
            reason: "must be at least 2: a migration holds a lock beside it",
        });
    }
    if config.sync.lease_s < 3 {
        let (key, value) = ("sync.lease_s", config.sync.lease_s.to_string());
        return Err(ConfigError::Value { key, value, reason: "must be at least 3: it is renewed at each third of it" });
    }
    notifications::check(&config.notifications)?;
    let boot = &config.boot;
    if boot.intent_takeover_s * 1_000 <= boot.create_timeout_ms + boot.outcome_wait_ms {
        return Err(ConfigError::Value {
            key: "boot.intent_takeover_s",
            value: boot.intent_takeover_s.to_string(),
            reason: "must be longer than create_timeout_ms and outcome_wait_ms together: a boot under way would be \
                     taken from its process",
        });
    }
    Ok(())
}

fn listener(listen: &Listen) -> Result<(), ConfigError> {
    let at_least = [
        ("listen.header_read_timeout_ms", listen.header_read_timeout_ms, 1, "must be at least 1"),
        ("listen.idle_timeout_ms", listen.idle_timeout_ms, 1, "must be at least 1"),
        ("listen.http2_ping_period_ms", listen.http2_ping_period_ms, 1, "must be at least 1"),
        ("listen.http2_streams_max", u64::from(listen.http2_streams_max), 1, "must be at least 1"),
        ("listen.header_bytes_max", listen.header_bytes_max as u64, 8_192, "must be at least 8192"),
    ];
    match at_least.into_iter().find(|(_, value, least, _)| value < least) {
        Some((key, value, _, reason)) => Err(ConfigError::Value { key, value: value.to_string(), reason }),
        None => Ok(()),
    }
}
