//! `up`: the breaker lets calls through.

use super::{Ask, Facts, Filter, Reason};

/// See the module.
pub struct Up;

impl Filter for Up {
    fn name(&self) -> &'static str {
        "up"
    }

    fn check(&self, _: &Ask, facts: &Facts) -> Result<(), Reason> {
        facts.region.health.down().map_or(Ok(()), |reason| Err(Reason::unreachable(reason)))
    }
}
