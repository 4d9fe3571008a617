//! `latency`: the region whose compute API answers quickest first, in steps of a factor of two. One that was not
//! measured yet stands before all others, so that it soon is.

use super::{Ask, Facts, Weigher, steps};
/// See the module.
pub struct Latency;

impl Weigher for Latency {
    fn name(&self) -> &'static str {
        "latency"
    }

    fn weigh(&self, _: &Ask, facts: &Facts) -> f64 {
        let latency = facts.region.health.latency();
        -latency.map_or(0.0, |latency| steps(u64::try_from(latency.as_millis()).unwrap_or(u64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::selector::fixtures::{ask, facts};

    #[test]
    fn quicker_is_better_and_about_as_quick_is_equal() {
        let weigh = |ms: u64| {
            let facts = facts("A");
            facts.region.health.note_latency(Duration::from_millis(ms));
            Latency.weigh(&ask(), &facts)
        };
        assert!(weigh(9) > weigh(40));
        assert!((weigh(9) - weigh(12)).abs() < f64::EPSILON);
        assert!(Latency.weigh(&ask(), &facts("A")) >= weigh(1));
    }
}
