//! Where secrets can be read by others: said to the operator, not refused, for both are how small set-ups begin.

use std::path::Path;

use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use super::Config;
use crate::files::everybody_reads;

impl Config {
    /// What is read by more than it should be, a line each: files of passwords and private keys, and passwords that cross
    /// a network without TLS. Endpoints of the Keystone catalog are not known here.
    #[must_use]
    pub fn exposed_secrets(&self) -> Vec<String> {
        let files = self.secret_files().into_iter().filter(|(_, path)| everybody_reads(path));
        let files = files.map(|(setting, path)| {
            format!("{setting} = {}: every user of this machine can read it; chmod o-r it", path.display())
        });
        let plain = self.plain_passwords().into_iter().filter(|(_, host)| !is_loopback(host));
        let plain = plain.map(|(setting, host)| format!("{setting}: the password goes to {host} without TLS"));
        files.chain(plain).collect()
    }

    fn secret_files(&self) -> Vec<(String, &Path)> {
        let mut sections = vec![
            ("keystone.".to_owned(), self.keystone.password_file.as_deref(), &self.keystone.tls),
            ("database.".to_owned(), self.database.password_file.as_deref(), &self.database.tls),
            ("region.".to_owned(), None, &self.region.tls),
        ];
        sections.extend(
            self.notifications.iter().map(|entry| {
                (format!("notifications of {}: ", entry.region), entry.password_file.as_deref(), &entry.tls)
            }),
        );
        let files = sections.into_iter().flat_map(|(section, password, tls)| {
            let password = password.map(|path| (format!("{section}password_file"), path));
            let key = tls.key().map(|(key, path)| (format!("{section}tls.{key}"), path));
            password.into_iter().chain(key)
        });
        files.collect()
    }

    /// Settings whose password goes to this host without TLS.
    fn plain_passwords(&self) -> Vec<(String, String)> {
        let host = |url: &str, scheme: &str| {
            let url = Url::parse(url).ok().filter(|url| url.scheme() == scheme)?;
            url.host_str().map(str::to_owned)
        };
        let keystone = host(&self.keystone.url, "http").map(|host| ("keystone.url".to_owned(), host));
        let database = host(self.database.url.expose_secret(), "mysql").filter(|_| !self.database.wants_tls());
        let database = database.map(|host| ("database.url".to_owned(), host));
        let brokers = self.notifications.iter().filter_map(|entry| {
            entry.plain_host().map(|host| (format!("notifications.url of {}", entry.region), host))
        });
        keystone.into_iter().chain(database).chain(brokers).collect()
    }
}

/// Whether a URL has a password in it.
pub(super) fn password_in(url: &SecretString) -> bool {
    Url::parse(url.expose_secret()).is_ok_and(|url| url.password().is_some())
}

fn is_loopback(host: &str) -> bool {
    match Host::parse(host) {
        Ok(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Ok(Host::Ipv4(address)) => address.is_loopback(),
        Ok(Host::Ipv6(address)) => address.is_loopback(),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::config::Notifications;

    #[test]
    fn passwords_that_cross_a_network_are_told_and_not_repeated() {
        let mut config = Config::default();
        assert_eq!(config.exposed_secrets(), Vec::<String>::new());
        config.keystone.url = "http://192.0.2.1:5000/v3".into();
        config.database.url = "mysql://top:s3cret@db.example.org/top".into();
        let entry = |region: &str, url: &str| Notifications {
            region: region.into(),
            url: url.into(),
            ..Notifications::default()
        };
        config.notifications = vec![
            entry("RegionOne", "amqp://nova:s3cret@192.0.2.2/"),
            entry("RegionTwo", "amqp://nova:s3cret@[::1]:5672/"),
            entry("RegionThree", "amqps://nova:s3cret@192.0.2.2/"),
        ];
        let told = config.exposed_secrets();
        let expected = [
            "keystone.url: the password goes to 192.0.2.1 without TLS",
            "database.url: the password goes to db.example.org without TLS",
            "notifications.url of RegionOne: the password goes to 192.0.2.2 without TLS",
        ];
        assert_eq!(told, expected);
        config.keystone.url = "https://192.0.2.1:5000/v3".into();
        config.database.require_tls = true;
        config.notifications.clear();
        assert_eq!(config.exposed_secrets(), Vec::<String>::new());
    }

    #[test]
    fn files_that_everybody_can_read_are_told() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let mut config = Config::default();
        config.keystone.password_file = Some(file.path().into());
        config.region.tls.certfile = Some(file.path().into());
        for (mode, count) in [(0o600, 0), (0o640, 0), (0o644, 2)] {
            std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(mode)).expect("a mode");
            let told = config.exposed_secrets();
            assert_eq!(told.len(), count, "{told:?}");
        }
        let told = config.exposed_secrets();
        assert!(told[0].starts_with("keystone.password_file = ") && told[1].starts_with("region.tls.certfile = "));
    }
}
