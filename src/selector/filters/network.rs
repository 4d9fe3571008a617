//! `network`: the region has every network and port named, for this project.

use super::{Ask, Facts, Filter, Reason, require};

/// See the module.
pub struct Network;

impl Filter for Network {
    fn name(&self) -> &'static str {
        "network"
    }

    fn asks_regions(&self) -> bool {
        true
    }

    fn check(&self, _: &Ask, facts: &Facts) -> Result<(), Reason> {
        require("network", &facts.networks)?;
        require("port", &facts.ports)
    }
}
