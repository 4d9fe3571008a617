//! `fewest_servers`: spreads by the number of live servers of the top in each region.

use super::{Ask, Facts, Weigher, figure};
/// See the module.
pub struct FewestServers;

impl Weigher for FewestServers {
    fn name(&self) -> &'static str {
        "fewest_servers"
    }

    fn weigh(&self, ask: &Ask, facts: &Facts) -> f64 {
        figure(-(facts.servers + ask.ahead_in(facts.region.id())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::selector::fixtures::{ask, facts};

    #[test]
    fn servers_of_the_same_request_count() {
        let facts = Facts { servers: 3, ..facts("A") };
        let ask = Ask { ahead: [("a".to_owned(), 2), ("b".to_owned(), 9)].into(), ..ask() };
        assert!((FewestServers.weigh(&ask, &facts) - -5.0).abs() < f64::EPSILON);
    }
}
