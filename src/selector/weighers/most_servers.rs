//! `most_servers`: packs: the region that has the most live servers of the top first, until it is full.

use super::{Ask, Facts, Weigher, figure};
/// See the module.
pub struct MostServers;

impl Weigher for MostServers {
    fn name(&self) -> &'static str {
        "most_servers"
    }

    fn weigh(&self, ask: &Ask, facts: &Facts) -> f64 {
        figure(facts.servers + ask.ahead_in(facts.region.id()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::selector::fixtures::{ask, facts};

    #[test]
    fn servers_of_the_same_request_count() {
        let facts = Facts { servers: 3, ..facts("A") };
        let ask = Ask { ahead: [("a".to_owned(), 2)].into(), ..ask() };
        assert!((MostServers.weigh(&ask, &facts) - 5.0).abs() < f64::EPSILON);
    }
}
