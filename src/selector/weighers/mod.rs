//! Weighers, one a file.

mod fewest_servers;
mod server_group;

use super::Ask;
use super::facts::Facts;

/// Orders regions.
pub trait Weigher: Send + Sync {
    /// Its name in the configuration.
    fn name(&self) -> &'static str;

    /// More is better.
    fn weigh(&self, ask: &Ask, facts: &Facts) -> f64;
}

/// All there are.
pub const ALL: [&dyn Weigher; 2] = [&server_group::ServerGroup, &fewest_servers::FewestServers];
