//! `scheduler_hints`: the region is among those of `region` and not among those of `different_region`, and the host that a
//! server is to share (`same_host`) is in it. Every region has hosts that are not those of `different_host`; which those
//! are is for its own scheduler to say.

use super::{Ask, Facts, Filter, Reason};

/// See the module.
pub struct SchedulerHints;

impl Filter for SchedulerHints {
    fn name(&self) -> &'static str {
        "scheduler_hints"
    }

    fn check(&self, ask: &Ask, facts: &Facts) -> Result<(), Reason> {
        let region = &facts.region;
        let is_among = |names: &[String]| names.iter().any(|name| name == region.name());
        if !ask.hinted.wanted.is_empty() && !is_among(&ask.hinted.wanted) {
            return Err(Reason::unfit("the hint 'region' asks for another one"));
        }
        if is_among(&ask.hinted.unwanted) {
            return Err(Reason::unfit("the hint 'different_region' asks for another one"));
        }
        if ask.same_host.is_empty() || ask.same_host.iter().any(|id| id == region.id()) {
            return Ok(());
        }
        Err(Reason::unfit("the server whose host is to be shared is in another region"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::selector::HintedRegions;
    use crate::selector::fixtures::{ask, facts};

    #[test]
    fn hints_name_regions() {
        let passes = |wanted: &[&str], unwanted: &[&str]| {
            let names = |names: &[&str]| names.iter().map(ToString::to_string).collect();
            let hinted = HintedRegions { wanted: names(wanted), unwanted: names(unwanted) };
            let ask = Ask { hinted, ..ask() };
            ["A", "B", "C"].map(|name| SchedulerHints.check(&ask, &facts(name)).is_ok())
        };
        assert_eq!(passes(&[], &[]), [true, true, true]);
        assert_eq!(passes(&["A", "B"], &[]), [true, true, false]);
        assert_eq!(passes(&["A", "B"], &["B"]), [true, false, false]);
        assert_eq!(passes(&[], &["C"]), [true, true, false]);
    }
}
