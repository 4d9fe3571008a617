//! What a boot needs of a region.

use std::collections::BTreeMap;

use super::kinds::Kind;
use crate::db::flavors::Flavor;
use crate::db::project_regions::Rule;
use crate::microversion::Microversion;

/// What a boot needs of a region.
#[derive(Clone, Debug)]
pub struct Ask {
    /// For whom.
    pub project_id: String,
    /// Of the request.
    pub microversion: Microversion,
    /// Size.
    pub flavor: Flavor,
    /// Its root disk is a volume.
    pub boots_from_volume: bool,
    /// What the region must have, by what the user called it.
    pub named: Vec<(Kind, String)>,
    /// Zone asked for: its region, and its name there (empty: any).
    pub zone: Option<(String, String)>,
    /// Server group to join.
    pub group: Option<Group>,
    /// Regions with a host that it may share; none: any.
    pub same_host: Vec<String>,
    /// What its hints say of regions.
    pub hinted: HintedRegions,
    /// What the operator says of the project's regions.
    pub rules: Vec<Rule>,
    /// How many servers of the project are in each region; only where a weigher asks.
    pub project_servers: BTreeMap<String, i64>,
    /// How many servers of the same request are wanted in each region before this one.
    pub ahead: BTreeMap<String, i64>,
}

impl Ask {
    /// How many servers of the same request are wanted in a region before this one.
    #[must_use]
    pub fn ahead_in(&self, region_id: &str) -> i64 {
        self.ahead.get(region_id).copied().unwrap_or(0)
    }
}

/// A server group, as far as regions matter.
#[derive(Clone, Debug)]
pub struct Group {
    /// One of `db::server_groups::policy`.
    pub policy: String,
    /// How many of its servers are in each region, or on their way there.
    pub spread: BTreeMap<String, i64>,
}

/// The hints `region` and `different_region`: names of regions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HintedRegions {
    /// One of these; none: any.
    pub wanted: Vec<String>,
    /// None of these.
    pub unwanted: Vec<String>,
}

/// Why a group that is kept in one region is not let into another.
pub const GROUP_ELSEWHERE: &str = "the servers of the server group are in another region";
