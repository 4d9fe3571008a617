//! `[boot]`: the saga and the selector.

use serde::Deserialize;

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
        /// Time that the first server of a request for several gets to have a host before the others are asked for, where
        /// their group keeps them on one host.
        first_host_wait_ms: u64 = 10_000,
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
        /// Time after which a server that its region still builds, on no host or on one that is not up, counts as one that it
        /// never launches. 0: none does.
        build_deadline_s: u64 = 0,
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
        /// Time that it is remembered that a project can see a network, an image or the like.
        visibility_cache_s: u64 = 30,
        /// The same of what a project cannot see there. A boot is never refused for what is remembered.
        absence_cache_s: u64 = 10,
        /// Such answers remembered, of each kind.
        visibility_entries_max: u64 = 100_000,
    }
);
