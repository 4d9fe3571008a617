//! `scheduler_hints`: the host that a server is to share (`same_host`) is in the region. Every region has hosts that are
//! not those of `different_host`; which those are is for its own scheduler to say.

use super::{Ask, Facts, Filter, Reason};

/// See the module.
pub struct SchedulerHints;

impl Filter for SchedulerHints {
    fn name(&self) -> &'static str {
        "scheduler_hints"
    }

    fn check(&self, ask: &Ask, facts: &Facts) -> Result<(), Reason> {
        if ask.same_host.is_empty() || ask.same_host.iter().any(|id| id == facts.region.id()) {
            return Ok(());
        }
        Err(Reason::unfit("the server whose host is to be shared is in another region"))
    }
}
