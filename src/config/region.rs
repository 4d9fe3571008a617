//! `[region]` and `[[regions]]`: what is below.

use serde::Deserialize;

use super::Tls;

section!(
    /// `[region]`
    Region {
        /// Catalog region names that are not regions below: the top's own. An endpoint that leads to the top under another
        /// name is recognized by its answers and not used.
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
        /// Users' calls to one region at once. A project gets one more only while it has fewer than twice as many as are
        /// free: alone at most two thirds of them, among others less.
        inflight_max: usize = 64,
        /// Calls that wait for one of these, shared by the same rule.
        queue_max: usize = 1_024,
        /// Time a call waits before the region counts as busy.
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
        /// Where an endpoint is `https://`.
        tls: Tls = Tls::default(),
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
