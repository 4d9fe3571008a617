//! Every setting, its default and its unit, in one typed tree.
//!
//! Read from a TOML file, then from the environment as `CASCADE__SECTION__KEY` ([`read`]). Unknown keys are refused, so that a
//! misspelt limit is never silently a default. `config/nova-cascade.toml` explains each key; a test holds the two equal.

use std::path::Path;
use std::time::Duration;

use serde::Deserialize;

/// Declares a section: its keys with type and default, `Default`, and serde that takes missing keys from it.
macro_rules! section {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty = $default:expr,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name { $($(#[$field_doc])* pub $field: $type,)* }
        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }
    };
}

mod boot;
mod check;
mod cors;
mod exposure;
mod notifications;
mod quota;
mod read;
mod region;
mod service;
mod sync;
mod tls;
mod trusted_proxies;

pub use boot::{Boot, Replace};
pub use cors::Cors;
pub use notifications::Notifications;
pub use quota::Quota;
pub use region::{Region, RegionEntry};
pub use service::{Api, Database, Keystone, Listen, Log, LogFormat};
pub use sync::{Strangers, Sync};
pub use tls::{Tls, TlsVersion};
pub use trusted_proxies::TrustedProxies;

section!(
    /// The whole tree.
    Config {
        /// Where we listen.
        listen: Listen = Listen::default(),
        /// The API's own behaviour.
        api: Api = Api::default(),
        /// Which pages of browsers may ask.
        cors: Cors = Cors::default(),
        /// The identity service all regions share.
        keystone: Keystone = Keystone::default(),
        /// Our own rows.
        database: Database = Database::default(),
        /// What holds for every region.
        region: Region = Region::default(),
        /// Regions named here are used as given; without any, the Keystone catalog is read.
        regions: Vec<RegionEntry> = Vec::new(),
        /// Limits of projects and users that have none of their own.
        quota: Quota = Quota::default(),
        /// The boot saga and the selector.
        boot: Boot = Boot::default(),
        /// The status sync.
        sync: Sync = Sync::default(),
        /// Brokers that wake the sync of a region.
        notifications: Vec<Notifications> = Vec::new(),
        /// The log.
        log: Log = Log::default(),
    }
);

/// The configuration cannot be used; says which key and why.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// File or environment could not be read into the tree.
    #[error("configuration: {0}")]
    Read(String),
    /// A value that parses but makes no sense.
    #[error("configuration: {key} = {value}: {reason}")]
    Value {
        /// Its place in the tree.
        key: &'static str,
        /// What it was.
        value: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl Config {
    /// Reads `file` (if any), then the environment over it.
    ///
    /// # Errors
    /// A file that is missing, is no TOML, or holds an unknown key or a value of the wrong type; shows no value.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let tree = read::read(file, std::env::vars_os())?;
        check::check(&tree)?;
        Ok(tree)
    }
}

/// A share of a limit, where the configuration does not say how much.
#[must_use]
pub fn quarter(of: usize) -> usize {
    (of / 4).max(1)
}

/// Milliseconds of a setting as a duration.
#[must_use]
pub fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_explained_file_is_the_defaults() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/nova-cascade.toml");
        let read = Config::load(Some(&file)).expect("config/nova-cascade.toml is valid");
        assert_eq!(format!("{read:?}"), format!("{:?}", Config::default()));
    }

    #[test]
    fn an_unknown_key_is_refused() {
        let file = tempfile::Builder::new().suffix(".toml").tempfile().expect("a temporary file");
        std::fs::write(file.path(), "[api]\nbody_bytes_maximum = 1\n").expect("written");
        let error = Config::load(Some(file.path())).expect_err("refused").to_string();
        assert!(error.contains("body_bytes_maximum"), "{error}");
    }
}
