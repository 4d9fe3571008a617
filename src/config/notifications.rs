//! `[[notifications]]`: the brokers that wake the sync.

use std::path::PathBuf;

use lapin::uri::{AMQPScheme, AMQPUri};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::exposure::password_in;
use super::{ConfigError, Tls};
use crate::files;

section!(
    /// `[[notifications]]`: where one region's Nova publishes its versioned notifications.
    Notifications {
        /// The region's name.
        region: String = String::new(),
        /// Its broker: `amqp://user:password@host:port/vhost`, or `amqps://…`.
        url: SecretString = SecretString::default(),
        /// File with the password that `url` leaves out, read anew at each attempt to connect; none: that of `url`.
        password_file: Option<PathBuf> = None,
        /// Where `url` is `amqps://`.
        tls: Tls = Tls::default(),
        /// Topic exchange Nova publishes to (oslo's `control_exchange`).
        exchange: String = "nova".into(),
        /// Topic of the notifications; each is published under `<topic>.<priority>`.
        topic: String = "versioned_notifications".into(),
        /// What the name of our queue begins with.
        queue_prefix: String = "nova-cascade".into(),
        /// Notifications the broker keeps for us; older ones are dropped.
        queue_length_max: u32 = 100,
        /// Notifications under way to us at once.
        prefetch_count: u16 = 32,
        /// Time between two rounds that notifications ask for.
        wake_pause_ms: u64 = 250,
        /// Time to connect and to make the queue.
        connect_timeout_ms: u64 = 5_000,
        /// Time without a sign of life after which the connection counts as lost.
        heartbeat_s: u16 = 30,
        /// Longest time between two attempts to connect; the first ones come sooner.
        reconnect_pause_max_s: u64 = 30,
    }
);

impl Notifications {
    /// The broker's address with the credentials in it: for connecting only.
    ///
    /// # Errors
    /// Text for the operator, without the address.
    pub fn broker(&self) -> Result<AMQPUri, String> {
        let mut uri = self.address().map_err(|reason| format!("notifications.url {reason}"))?;
        if let Some(path) = &self.password_file {
            let password = files::secret("notifications.password_file", path).map_err(|e| e.to_string())?;
            password.expose_secret().clone_into(&mut uri.authority.userinfo.password);
        }
        Ok(uri)
    }

    fn address(&self) -> Result<AMQPUri, &'static str> {
        // What its parser says may repeat parts of it.
        self.url.expose_secret().parse().map_err(|_| "must be amqp://user:password@host:port/vhost, or amqps://…")
    }

    /// Host of a broker that is spoken to without TLS.
    pub(super) fn plain_host(&self) -> Option<String> {
        let uri = self.address().ok().filter(|uri| uri.scheme == AMQPScheme::AMQP)?;
        Some(uri.authority.host)
    }
}

/// Refuses entries that cannot work, without telling their addresses.
pub(super) fn check(entries: &[Notifications]) -> Result<(), ConfigError> {
    for (index, entry) in entries.iter().enumerate() {
        let wrong = |key, value: &str, reason| Err(ConfigError::Value { key, value: value.into(), reason });
        if entry.region.is_empty() || entries[..index].iter().any(|other| other.region == entry.region) {
            return wrong("notifications.region", &entry.region, "must name a region, each one once");
        }
        let of_region = format!("(that of {})", entry.region);
        if let Err(reason) = entry.address() {
            return wrong("notifications.url", &of_region, reason);
        }
        if entry.password_file.is_some() && password_in(&entry.url) {
            return wrong("notifications.password_file", &of_region, "url has a password too: leave one of them out");
        }
        if !entry.tls.is_default() && entry.plain_host().is_some() {
            return wrong("notifications.tls", &of_region, "is without effect: url must be amqps://");
        }
        if entry.prefetch_count == 0 {
            return wrong("notifications.prefetch_count", "0", "must be at least 1: 0 is no limit");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(region: &str, url: &str) -> Notifications {
        Notifications { region: region.into(), url: url.into(), ..Notifications::default() }
    }

    #[test]
    fn the_explained_entry_is_the_defaults() {
        let text = include_str!("../../config/nova-cascade.toml");
        let lines = text.lines().skip_while(|line| *line != "# [[notifications]]").take_while(|line| !line.is_empty());
        let is_key = |line: &&str| line.starts_with("[[") || line.split(' ').nth(1) == Some("=");
        let entry = lines.filter_map(|line| line.strip_prefix("# ")).filter(is_key).collect::<Vec<_>>().join("\n");
        let file = config::File::from_str(&entry, config::FileFormat::Toml);
        let tree: crate::config::Config =
            config::Config::builder().add_source(file).build().and_then(config::Config::try_deserialize).expect("TOML");
        assert_eq!(tree.notifications.len(), 1);
        let read = &tree.notifications[0];
        assert!(check(&tree.notifications).is_ok());
        let expected = Notifications { region: read.region.clone(), url: read.url.clone(), ..Notifications::default() };
        assert_eq!(format!("{read:?}"), format!("{expected:?}"));
    }

    #[test]
    fn an_address_that_is_none_is_refused_and_not_told() {
        for url in ["", "rabbit://nova:s3cret@broker/", "amqp://nova:s3cret@broker:port/", "s3cret"] {
            let told = check(&[entry("RegionOne", url)]).expect_err(url).to_string();
            assert!(told.contains("RegionOne") && !told.contains("s3cret"), "{told}");
        }
        let good = entry("RegionOne", "amqps://nova:s3cret@broker/%2F");
        assert!(!format!("{good:?}").contains("s3cret"));
        assert!(check(&[good]).is_ok());
    }

    #[test]
    fn a_password_comes_from_one_place_and_tls_needs_amqps() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), "s3cret\n").expect("written");
        let with_file = |url| Notifications { password_file: Some(file.path().into()), ..entry("RegionOne", url) };
        let good = with_file("amqp://nova@broker/");
        assert!(check(std::slice::from_ref(&good)).is_ok());
        assert_eq!(good.broker().expect("a broker").authority.userinfo.password, "s3cret");
        assert!(check(&[with_file("amqp://nova:other@broker/")]).is_err());
        let tls = Tls { cafile: Some("ca.pem".into()), ..Tls::default() };
        for (url, passes) in [("amqps://nova:s3cret@broker/", true), ("amqp://nova:s3cret@broker/", false)] {
            let entry = Notifications { tls: tls.clone(), ..entry("RegionOne", url) };
            assert_eq!(check(&[entry]).is_ok(), passes, "{url}");
        }
    }

    #[test]
    fn a_region_has_one_broker_and_a_name() {
        let [one, two] = ["RegionOne", "RegionTwo"].map(|region| entry(region, "amqp://broker/"));
        assert!(check(&[one.clone(), two.clone()]).is_ok());
        assert!(check(&[one.clone(), two, one]).is_err());
        assert!(check(&[entry("", "amqp://broker/")]).is_err());
    }
}
