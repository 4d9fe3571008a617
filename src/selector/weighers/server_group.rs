//! `server_group`: a group that keeps together goes where most of it is, one that spreads where least is.

use super::{Ask, Facts, Weigher};
use crate::db::server_groups::policy::{AFFINITY, SOFT_AFFINITY};

/// See the module.
pub struct ServerGroup;

impl Weigher for ServerGroup {
    fn name(&self) -> &'static str {
        "server_group"
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of servers are far below 2^52")]
    fn weigh(&self, ask: &Ask, facts: &Facts) -> f64 {
        let Some(group) = &ask.group else { return 0.0 };
        let here = group.spread.get(facts.region.id()).copied().unwrap_or(0) as f64;
        if [AFFINITY, SOFT_AFFINITY].contains(&group.policy.as_str()) { here } else { -here }
    }
}
