//! Every setting, its default and its unit, in one typed tree.
//!
//! Read from a TOML file, then from the environment as `CASCADE__SECTION__KEY`. Unknown keys are refused, so that a
//! misspelt limit is never silently a default. `config/nova-cascade.toml` explains each key; a test holds the two equal.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;

use crate::microversion::{MAX_KNOWN, Microversion};

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

mod notifications;

pub use notifications::Notifications;

section!(
    /// The whole tree.
    Config {
        /// Where we listen.
        listen: Listen = Listen::default(),
        /// The API's own behaviour.
        api: Api = Api::default(),
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

section!(
    /// `[listen]`
    Listen {
        /// Address of the compute API.
        address: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 8774)),
        /// Address of `GET /metrics` (Prometheus text); none: no metrics are served.
        metrics_address: Option<SocketAddr> = None,
        /// Time a client has to send a request's headers.
        header_read_timeout_ms: u64 = 10_000,
        /// Connections held open at once; further ones wait in the kernel's queue.
        connections_max: usize = 4_096,
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
        /// Requests answered at once; one more is refused with 503.
        inflight_max: usize = 1_024,
        /// Time a request may take before it is answered with 504.
        request_timeout_ms: u64 = 60_000,
        /// Key pairs made at once (to 2.91); each takes a core for a while.
        key_pairs_generated_at_once_max: usize = 2,
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
        /// Time to connect.
        connect_timeout_ms: u64 = 2_000,
        /// Time for a whole call.
        timeout_ms: u64 = 10_000,
    }
);

section!(
    /// `[database]`
    Database {
        /// `sqlite:///path/to/file` or `mysql://user:password@host/name`.
        url: SecretString = SecretString::from("sqlite://nova-cascade.db"),
        /// Connections of the pool (embedded: readers; there is always one writer).
        connections_max: usize = 16,
        /// Time a request waits for a free connection.
        acquire_timeout_ms: u64 = 5_000,
        /// Attempts of a transaction that lost against another one.
        attempts_max: u32 = 10,
    }
);

section!(
    /// `[region]`
    Region {
        /// Catalog region names that are not regions below: the top's own.
        top_names: Vec<String> = vec!["Cascade".into()],
        /// Catalog interface used for calls to the regions.
        interface: String = "public".into(),
        /// Time between two readings of the catalog.
        discovery_period_s: u64 = 60,
        /// Time to connect.
        connect_timeout_ms: u64 = 1_000,
        /// Time for a question about what a region has (network, image, flavor).
        lookup_timeout_ms: u64 = 1_500,
        /// The same where no other region can take the boot.
        lookup_patience_ms: u64 = 10_000,
        /// Time for a forwarded read or change.
        call_timeout_ms: u64 = 30_000,
        /// Calls to one region at once.
        inflight_max: usize = 64,
        /// Time a call waits for its turn before the region counts as busy.
        queue_timeout_ms: u64 = 2_000,
        /// Failures in a row that take a region for down.
        failures_before_down: u32 = 3,
        /// Time before a region that is down is tried again by a user's request.
        retry_down_ms: u64 = 5_000,
        /// Age of the last good round after which a region's servers are shown as UNKNOWN.
        unknown_after_s: u64 = 60,
        /// Largest answer of a region that we read whole.
        answer_bytes_max: usize = 64 * 1_024 * 1_024,
        /// Time an idle connection is kept; below the region's own keep-alive.
        idle_connection_s: u64 = 4,
    }
);

section!(
    /// `[[regions]]`
    RegionEntry {
        /// Name shown to users and used as their availability zone.
        name: String = String::new(),
        /// Compute endpoint with its version, e.g. `http://host:8774/v2.1`.
        compute_url: String = String::new(),
        /// Network endpoint without version, e.g. `http://host:9696`.
        network_url: String = String::new(),
        /// Image endpoint without version, e.g. `http://host:9292`.
        image_url: String = String::new(),
        /// Placement endpoint, e.g. `http://host:8778`; none: its room is not known.
        placement_url: String = String::new(),
        /// Block storage endpoint without version, e.g. `http://host:8776`; none: it has no volumes.
        volume_url: String = String::new(),
    }
);

section!(
    /// `[quota]`; -1 is no limit.
    Quota {
        /// Servers of a project.
        instances: i64 = 10,
        /// Cores of a project's servers.
        cores: i64 = 20,
        /// Memory of a project's servers.
        ram_mb: i64 = 51_200,
        /// Items of a server's metadata.
        metadata_items: i64 = 128,
        /// Files put into a server at boot (to 2.56).
        injected_files: i64 = 5,
        /// Bytes of one.
        injected_file_content_bytes: i64 = 10_240,
        /// Bytes of its path.
        injected_file_path_bytes: i64 = 255,
        /// Key pairs of a user.
        key_pairs: i64 = 100,
        /// Server groups of a project.
        server_groups: i64 = 10,
        /// Servers of a server group.
        server_group_members: i64 = 10,
    }
);

impl Quota {
    /// The limit of a resource by Nova's name of it (`db::quota::resource`).
    #[must_use]
    pub fn of(&self, resource: &str) -> i64 {
        use crate::db::quota::resource as names;
        match resource {
            names::INSTANCES => self.instances,
            names::CORES => self.cores,
            names::RAM => self.ram_mb,
            names::METADATA_ITEMS => self.metadata_items,
            names::INJECTED_FILES => self.injected_files,
            names::INJECTED_FILE_CONTENT_BYTES => self.injected_file_content_bytes,
            names::INJECTED_FILE_PATH_BYTES => self.injected_file_path_bytes,
            names::KEY_PAIRS => self.key_pairs,
            names::SERVER_GROUPS => self.server_groups,
            names::SERVER_GROUP_MEMBERS => self.server_group_members,
            _ => crate::db::quota::UNLIMITED,
        }
    }
}

/// When a server is placed again in another region (D2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Replace {
    /// It is not.
    Never,
    /// Where its boot names no port and no volume, which are in one region alone.
    #[default]
    IfNoPortsOrVolumesNamed,
    /// Whatever it names; what is not in another region excludes that.
    Always,
}

/// What a region must pass.
const FILTERS: [&str; 14] = [
    "enabled",
    "up",
    "project",
    "microversion",
    "availability_zone",
    "scheduler_hints",
    "server_group",
    "network",
    "image",
    "security_group",
    "volume",
    "extra_specs",
    "capacity",
    "recent_failures",
];

/// What makes one better than another.
const WEIGHERS: [&str; 5] = ["server_group", "weight", "recent_failures", "free_capacity", "fewest_servers"];

section!(
    /// `[boot]`
    Boot {
        /// Filters of the selector, in order.
        filters: Vec<String> = FILTERS.map(Into::into).to_vec(),
        /// Weighers of the selector, most important first.
        weighers: Vec<String> = WEIGHERS.map(Into::into).to_vec(),
        /// Time that an answer on a region's room and services is used without asking again.
        capacity_fresh_s: u64 = 10,
        /// Time that it is still used while a newer one is asked for in the background.
        capacity_usable_s: u64 = 60,
        /// Time that "no room" is believed.
        capacity_full_s: u64 = 2,
        /// Hosts that the room of a region is counted on.
        capacity_hosts_max: usize = 100,
        /// Failed boots of a flavor that make a region the last choice for it.
        failures_max: usize = 5,
        /// Time that a failed boot counts.
        failures_window_s: u64 = 300,
        /// Regions tried for one boot.
        regions_tried_max: usize = 3,
        /// Servers that one request may ask for; what Nova leaves to quota.
        servers_per_request_max: usize = 100,
        /// Servers of one request that are booted at once.
        concurrent_max: usize = 4,
        /// Time the answer to `POST /servers` of a region may take.
        create_timeout_ms: u64 = 30_000,
        /// Time a boot with an unknown outcome is looked for before the client is answered.
        outcome_wait_ms: u64 = 10_000,
        /// Age at which an open intent of a process that is gone is taken over.
        intent_takeover_s: u64 = 60,
        /// Time a boot whose outcome is unknown is looked for by its marker before it counts as never made.
        intent_search_s: u64 = 120,
        /// Whether a server that a region has accepted and never launched is placed in another one.
        replace_after_accept: Replace = Replace::default(),
        /// Age at which a server that its region still builds counts as one that it never launches.
        build_deadline_s: u64 = 900,
        /// Age of a boot at which its server is not placed again any more.
        replace_within_s: u64 = 3_600,
        /// Time between two looks at servers that are not launched yet.
        watch_period_ms: u64 = 1_000,
        /// Servers watched with all that is needed to place them again (a body and a token each); further ones are not.
        watched_max: usize = 10_000,
        /// Servers that are placed again at once.
        replace_concurrent_max: usize = 8,
        /// Time that what an earlier region has of a server gets to be gone before the next is asked.
        remnant_wait_ms: u64 = 5_000,
        /// Time that the answer "this project can (not) see this network or image" is remembered.
        visibility_cache_s: u64 = 30,
        /// Such answers remembered.
        visibility_entries_max: u64 = 100_000,
    }
);

section!(
    /// `[sync]`
    Sync {
        /// Time between two rounds over a region where nothing is under way.
        poll_period_ms: u64 = 3_000,
        /// The same while a server of the region is unsettled.
        unsettled_period_ms: u64 = 1_000,
        /// How far a round reaches back behind the newest `updated` seen, until that has stood for twice this time: skew of
        /// the region's conductors.
        overlap_s: u64 = 10,
        /// What becomes of servers that were booted directly in a region.
        strangers: Strangers = Strangers::default(),
        /// Servers a page of a round asks for.
        page_size: usize = 200,
        /// Time between two readings of a region's ports, of its floating ips and of its hosts.
        neighbours_period_ms: u64 = 5_000,
        /// The same where there are many: so many of a kind are read in a second on average.
        neighbours_per_s: u64 = 250,
        /// Ports or floating ips a page asks for.
        neighbours_page_size: usize = 1_000,
        /// Time between the starts of two sweeps, which read all servers: what only they can find is as old as this.
        sweep_period_s: u64 = 600,
        /// Time between two pages of a sweep.
        sweep_page_pause_ms: u64 = 1_000,
        /// Time between two readings of a region's zones and microversion.
        facts_period_s: u64 = 60,
        /// Time between two passes over what the top has put into a region; a change on top is brought there at once.
        owned_period_s: u64 = 60,
        /// Age at which a pass looks again at one of these things.
        owned_check_s: i64 = 3_600,
        /// Things of a kind that one pass looks at.
        owned_per_pass: i64 = 50,
        /// Time for one call of a round.
        call_timeout_ms: u64 = 20_000,
        /// Single shows in one round, for servers that a round does not tell about.
        shows_per_round: usize = 20,
        /// Time without a change after which an unsettled server is shown singly.
        show_after_s: u64 = 30,
        /// Time between the two 404s of single shows that close a row.
        missing_confirm_s: u64 = 30,
        /// Servers missing in a region that are believed to be gone; with more of them, none is closed.
        max_closed_per_round: u64 = 10,
        /// Time a read of unsettled servers waits for a fresh round before it answers with the rows as they are.
        read_wait_ms: u64 = 1_500,
        /// Time a lease of a region is held without renewal.
        lease_s: u64 = 12,
    }
);

/// What becomes of servers that were booted directly in a region.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strangers {
    /// They get a row on top, and are charged: what is not counted is a way around quota.
    #[default]
    Adopt,
    /// They are counted and logged.
    Report,
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
        /// `tracing-subscriber` filter.
        filter: String = "info".into(),
    }
);

/// The configuration cannot be used; says which key and why.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// File or environment could not be read into the tree.
    #[error("configuration: {0}")]
    Read(#[from] config::ConfigError),
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
    /// A file that is missing, is no TOML, or holds an unknown key or a value of the wrong type.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let mut builder = config::Config::builder();
        if let Some(path) = file {
            builder = builder.add_source(config::File::from(path).format(config::FileFormat::Toml));
        }
        let environment = config::Environment::with_prefix("CASCADE").prefix_separator("__").separator("__");
        let tree: Self = builder.add_source(environment.try_parsing(true)).build()?.try_deserialize()?;
        tree.check()
    }

    fn check(self) -> Result<Self, ConfigError> {
        let positive = [
            ("api.items_per_page_max", self.api.items_per_page_max),
            ("api.inflight_max", self.api.inflight_max),
            ("api.key_pairs_generated_at_once_max", self.api.key_pairs_generated_at_once_max),
            ("region.inflight_max", self.region.inflight_max),
            ("sync.page_size", self.sync.page_size),
            ("sync.neighbours_page_size", self.sync.neighbours_page_size),
            ("boot.regions_tried_max", self.boot.regions_tried_max),
            ("boot.servers_per_request_max", self.boot.servers_per_request_max),
            ("boot.concurrent_max", self.boot.concurrent_max),
            ("boot.capacity_hosts_max", self.boot.capacity_hosts_max),
            ("boot.failures_max", self.boot.failures_max),
            ("listen.connections_max", self.listen.connections_max),
        ];
        for (key, value) in positive {
            if value == 0 {
                return Err(ConfigError::Value { key, value: "0".into(), reason: "must be at least 1" });
            }
        }
        if self.database.connections_max < 2 {
            let (key, value) = ("database.connections_max", self.database.connections_max.to_string());
            return Err(ConfigError::Value {
                key,
                value,
                reason: "must be at least 2: a migration holds a lock beside it",
            });
        }
        notifications::check(&self.notifications)?;
        let boot = &self.boot;
        if boot.intent_takeover_s * 1_000 <= boot.create_timeout_ms + boot.outcome_wait_ms {
            return Err(ConfigError::Value {
                key: "boot.intent_takeover_s",
                value: boot.intent_takeover_s.to_string(),
                reason: "must be longer than create_timeout_ms and outcome_wait_ms together: a boot under way would be \
                         taken from its process",
            });
        }
        Ok(self)
    }
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
