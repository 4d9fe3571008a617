//! `recent_failures`: boots of the flavor that failed in the region lately: the fewer the better.

use super::{Ask, Facts, Weigher, figure};
/// See the module.
pub struct RecentFailures;

impl Weigher for RecentFailures {
    fn name(&self) -> &'static str {
        "recent_failures"
    }

    fn weigh(&self, _: &Ask, facts: &Facts) -> f64 {
        figure(-i64::try_from(facts.failures.count).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::selector::Recent;
    use crate::selector::fixtures::{ask, facts};

    #[test]
    fn each_counts() {
        let weigh =
            |count| RecentFailures.weigh(&ask(), &Facts { failures: Recent { count, too_many: false }, ..facts("A") });
        assert!(weigh(0) > weigh(1) && weigh(1) > weigh(2));
    }
}
