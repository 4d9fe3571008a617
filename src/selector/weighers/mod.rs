//! Weighers, one a file.

mod fewest_servers;
mod free_capacity;
mod latency;
mod most_servers;
mod project_affinity;
mod recent_failures;
mod server_group;
mod weight;

use super::Ask;
use super::facts::Facts;

pub use free_capacity::NAME as FREE_CAPACITY;
pub use project_affinity::NAME as PROJECT_AFFINITY;

/// Orders regions.
pub trait Weigher: Send + Sync {
    /// Its name in the configuration.
    fn name(&self) -> &'static str;

    /// More is better. What varies all the time is told in steps, so that a later weigher has a say.
    fn weigh(&self, ask: &Ask, facts: &Facts) -> f64;
}

/// All there are.
pub const ALL: [&dyn Weigher; 8] = [
    &server_group::ServerGroup,
    &weight::Weight,
    &recent_failures::RecentFailures,
    &free_capacity::FreeCapacity,
    &fewest_servers::FewestServers,
    &most_servers::MostServers,
    &project_affinity::ProjectAffinity,
    &latency::Latency,
];

/// A count as a figure.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn figure(count: i64) -> f64 {
    // An integer's 0 - 0 has no sign; a float's may.
    count as f64
}

/// How often a number can be halved: equal for numbers that are about as large.
fn steps(number: u64) -> f64 {
    f64::from(number.checked_ilog2().map_or(0, |log| log + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_factors_of_two() {
        let told = [0, 1, 2, 3, 4, 7, 8, 1_000].map(|number| steps(number).to_string());
        assert_eq!(told, ["0", "1", "2", "2", "3", "3", "4", "10"]);
    }
}
