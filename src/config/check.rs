//! Values that parse and make no sense.

use secrecy::ExposeSecret;

use super::exposure::password_in;
use super::{Config, ConfigError, notifications};

/// Refuses values that parse and make no sense.
pub(super) fn check(config: &Config) -> Result<(), ConfigError> {
    let positive = [
        ("api.items_per_page_max", config.api.items_per_page_max),
        ("api.inflight_max", config.api.inflight_max),
        ("api.key_pairs_generated_at_once_max", config.api.key_pairs_generated_at_once_max),
        ("api.inflight_per_project_max", config.api.inflight_per_project_max.unwrap_or(1)),
        ("api.inflight_unidentified_max", config.api.inflight_unidentified_max.unwrap_or(1)),
        ("keystone.validations_max", config.keystone.validations_max),
        ("api.patterns_at_once_max", config.api.patterns_at_once_max),
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
        ("listen.connections_per_address_max", config.listen.connections_per_address_max.unwrap_or(1)),
    ];
    for (key, value) in positive {
        if value == 0 {
            return Err(ConfigError::Value { key, value: "0".into(), reason: "must be at least 1" });
        }
    }
    listener(config)?;
    if config.database.connections_max < 2 {
        let (key, value) = ("database.connections_max", config.database.connections_max.to_string());
        return Err(ConfigError::Value {
            key,
            value,
            reason: "must be at least 2: a migration renews its lease beside it",
        });
    }
    if config.sync.lease_s < 3 {
        let (key, value) = ("sync.lease_s", config.sync.lease_s.to_string());
        return Err(ConfigError::Value { key, value, reason: "must be at least 3: it is renewed at each third of it" });
    }
    notifications::check(&config.notifications)?;
    cors(config)?;
    secrets(config)?;
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

fn listener(config: &Config) -> Result<(), ConfigError> {
    let listen = &config.listen;
    let at_least = [
        ("api.body_read_timeout_ms", config.api.body_read_timeout_ms, 1, "must be at least 1"),
        ("api.pattern_time_max_ms", config.api.pattern_time_max_ms, 1, "must be at least 1"),
        ("database.statement_timeout_ms", config.database.statement_timeout_ms, 1, "must be at least 1"),
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

/// An origin is one as browsers send it: no path, so no slash at its end. All stand in headers.
fn cors(config: &Config) -> Result<(), ConfigError> {
    let cors = &config.cors;
    let lists = [
        ("cors.allowed_origin", &cors.allowed_origin),
        ("cors.expose_headers", &cors.expose_headers),
        ("cors.allow_methods", &cors.allow_methods),
        ("cors.allow_headers", &cors.allow_headers),
    ];
    let texts = lists.into_iter().flat_map(|(key, list)| list.iter().map(move |text| (key, text)));
    for (key, text) in texts {
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) || text.contains(',') {
            return Err(ConfigError::Value {
                key,
                value: text.clone(),
                reason: "must be visible ASCII without commas",
            });
        }
        if key == "cors.allowed_origin" && text.ends_with('/') {
            return Err(ConfigError::Value { key, value: text.clone(), reason: "must not end in a slash" });
        }
    }
    Ok(())
}

/// A password has one source, and settings of TLS are not there in vain.
fn secrets(config: &Config) -> Result<(), ConfigError> {
    let wrong = |key, reason| Err(ConfigError::Value { key, value: "(set)".into(), reason });
    let (keystone, database) = (&config.keystone, &config.database);
    if keystone.password_file.is_some() && !keystone.password.expose_secret().is_empty() {
        return wrong("keystone.password_file", "password is set too: leave one of them out");
    }
    if database.password_file.is_some() && password_in(&database.url) {
        return wrong("database.password_file", "url has a password too: leave one of them out");
    }
    if !database.tls.is_default() && !database.wants_tls() {
        return wrong("database.tls", "is without effect: set database.require_tls = true");
    }
    if database.wants_tls() && !database.url.expose_secret().starts_with("mysql://") {
        return wrong("database.require_tls", "is for mysql:// alone");
    }
    let sections = [
        ("keystone.tls.keyfile", &keystone.tls),
        ("region.tls.keyfile", &config.region.tls),
        ("database.tls.keyfile", &database.tls),
    ];
    let brokers = config.notifications.iter().map(|entry| ("notifications.tls.keyfile", &entry.tls));
    for (key, tls) in sections.into_iter().chain(brokers) {
        if tls.keyfile.is_some() && tls.certfile.is_none() {
            return wrong(key, "needs certfile");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Tls, TlsVersion};

    #[test]
    fn secrets_have_one_source_and_settings_of_tls_an_effect() {
        type Adjust = fn(&mut Config);
        let ca = || Tls { cafile: Some("ca.pem".into()), ..Tls::default() };
        let cases: [(&str, Adjust); 6] = [
            ("keystone.password_file", |config| {
                config.keystone.password = "s3cret".into();
                config.keystone.password_file = Some("file".into());
            }),
            ("database.password_file", |config| {
                config.database.url = "mysql://top:s3cret@db/top".into();
                config.database.password_file = Some("file".into());
            }),
            ("database.tls", |config| {
                config.database.url = "mysql://top:s3cret@db/top".into();
                config.database.tls.min_version = TlsVersion::V1_3;
            }),
            ("database.require_tls", |config| config.database.require_tls = true),
            ("keystone.tls.keyfile", |config| config.keystone.tls.keyfile = Some("key.pem".into())),
            ("region.tls.keyfile", |config| config.region.tls.keyfile = Some("key.pem".into())),
        ];
        for (key, adjust) in cases {
            let mut config = Config::default();
            adjust(&mut config);
            let said = check(&config).expect_err(key).to_string();
            assert!(said.starts_with(&format!("configuration: {key} = ")) && !said.contains("s3cret"), "{said}");
        }
        for url in ["mysql://top@db/top", "mysql://top@db/top?require_ssl=true"] {
            let mut config = Config::default();
            config.database.url = url.into();
            config.database.require_tls = !url.contains("require_ssl");
            config.database.password_file = Some("file".into());
            (config.database.tls, config.keystone.tls, config.region.tls) = (ca(), ca(), ca());
            assert!(check(&config).is_ok(), "{url}");
        }
    }

    #[test]
    fn what_no_browser_sends_is_no_origin() {
        for (origin, right) in
            [("https://horizon.example.com", true), ("*", true), ("https://a/", false), ("https://a,https://b", false)]
        {
            let mut config = Config::default();
            config.cors.allowed_origin = vec![origin.into()];
            assert_eq!(check(&config).is_ok(), right, "{origin}");
        }
    }

    #[test]
    fn a_version_is_read_as_text_or_as_a_number_of_the_environment() {
        for (text, expected) in
            [("\"1.2\"", Some(TlsVersion::V1_2)), ("1.3", Some(TlsVersion::V1_3)), ("\"1.1\"", None)]
        {
            let file =
                config::File::from_str(&format!("[keystone.tls]\nmin_version = {text}\n"), config::FileFormat::Toml);
            let read = config::Config::builder().add_source(file).build().expect("TOML").try_deserialize::<Config>();
            assert_eq!(read.ok().map(|config| config.keystone.tls.min_version), expected, "{text}");
        }
    }
}
