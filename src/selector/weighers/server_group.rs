//! `server_group`: a group that keeps together goes where most of it is, one that spreads where least is.

use super::{Ask, Facts, Weigher, figure};
use crate::db::server_groups::policy::{AFFINITY, SOFT_AFFINITY};

/// See the module.
pub struct ServerGroup;

impl Weigher for ServerGroup {
    fn name(&self) -> &'static str {
        "server_group"
    }

    fn weigh(&self, ask: &Ask, facts: &Facts) -> f64 {
        let Some(group) = &ask.group else { return 0.0 };
        let here = group.spread.get(facts.region.id()).copied().unwrap_or(0);
        if [AFFINITY, SOFT_AFFINITY].contains(&group.policy.as_str()) { figure(here) } else { figure(-here) }
    }
}
