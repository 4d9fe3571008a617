//! `server_group`: a group with the policy affinity stays in the region that it is in.

use super::{Ask, Facts, Filter, Reason};
use crate::db::server_groups::policy::AFFINITY;
use crate::selector::GROUP_ELSEWHERE;

/// See the module.
pub struct ServerGroup;

impl Filter for ServerGroup {
    fn name(&self) -> &'static str {
        "server_group"
    }

    fn check(&self, ask: &Ask, facts: &Facts) -> Result<(), Reason> {
        match &ask.group {
            Some(group)
                if group.policy == AFFINITY
                    && !group.spread.is_empty()
                    && !group.spread.contains_key(facts.region.id()) =>
            {
                Err(Reason::unfit(GROUP_ELSEWHERE))
            }
            _ => Ok(()),
        }
    }
}
