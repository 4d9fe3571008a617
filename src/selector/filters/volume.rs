//! `volume`: the region has every volume and snapshot named, for this project. Each is in one region, so they pin.

use super::{Ask, Facts, Filter, Kind, Reason, Stage, require};

/// See the module.
pub struct Volume;

impl Filter for Volume {
    fn name(&self) -> &'static str {
        "volume"
    }

    fn stage(&self) -> Stage {
        Stage::Asked
    }

    fn check(&self, _: &Ask, facts: &Facts) -> Result<(), Reason> {
        require(&[Kind::Volume, Kind::Snapshot], facts)
    }
}
