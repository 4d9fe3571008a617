//! `fewest_servers`: spreads by the number of live servers of the top in each region.

use super::{Ask, Facts, Weigher};

/// See the module.
pub struct FewestServers;

impl Weigher for FewestServers {
    fn name(&self) -> &'static str {
        "fewest_servers"
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of servers are far below 2^52")]
    fn weigh(&self, _: &Ask, facts: &Facts) -> f64 {
        -(facts.region.health.servers() as f64)
    }
}
