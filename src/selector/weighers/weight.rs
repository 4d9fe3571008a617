//! `weight`: the operator's figure (`region weight`).

use super::{Ask, Facts, Weigher};
/// See the module.
pub struct Weight;

impl Weigher for Weight {
    fn name(&self) -> &'static str {
        "weight"
    }

    fn weigh(&self, _: &Ask, facts: &Facts) -> f64 {
        f64::from(facts.region.row.weight)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::selector::fixtures::{ask, region_with};

    #[test]
    fn it_is_as_registered() {
        let facts = Facts::unasked(region_with("A", |row| row.weight = -3));
        assert!((Weight.weigh(&ask(), &facts) - -3.0).abs() < f64::EPSILON);
    }
}
