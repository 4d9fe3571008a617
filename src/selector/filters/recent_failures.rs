//! `recent_failures`: fewer than `boot.failures_max` boots of the flavor failed in the region lately. Where every region
//! that is left has so many, it yields: a boot that may fail is better than one that surely does.

use super::{Ask, Facts, Filter, Reason, Stage};

/// See the module.
pub struct RecentFailures;

impl Filter for RecentFailures {
    fn name(&self) -> &'static str {
        "recent_failures"
    }

    fn stage(&self) -> Stage {
        Stage::Yielding
    }

    fn check(&self, ask: &Ask, facts: &Facts) -> Result<(), Reason> {
        if !facts.failures.too_many {
            return Ok(());
        }
        let (count, flavor) = (facts.failures.count, &ask.flavor.name);
        Err(Reason::full(format!("{count} boots of flavor {flavor} failed there lately")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::selector::fixtures::{ask, facts};
    use crate::selector::{Recent, Why};

    #[test]
    fn too_many_are_too_many() {
        let check = |too_many| {
            let facts = Facts { failures: Recent { count: 5, too_many }, ..facts("A") };
            RecentFailures.check(&ask(), &facts).map_err(|reason| (reason.text, reason.why))
        };
        assert_eq!(check(false), Ok(()));
        assert_eq!(check(true), Err(("5 boots of flavor m1.tiny failed there lately".into(), Why::Full)));
    }
}
