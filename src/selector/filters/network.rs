//! `network`: the region has every network and port named, for this project.

use super::{Ask, Facts, Filter, Kind, Reason, Stage, require};

/// See the module.
pub struct Network;

impl Filter for Network {
    fn name(&self) -> &'static str {
        "network"
    }

    fn stage(&self) -> Stage {
        Stage::Asked
    }

    fn check(&self, _: &Ask, facts: &Facts) -> Result<(), Reason> {
        require(&[Kind::Network, Kind::Port], facts)
    }
}
