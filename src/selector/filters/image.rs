//! `image`: the region has every image named, that of a block device too, for this project.

use super::{Ask, Facts, Filter, Kind, Reason, Stage, require};

/// See the module.
pub struct Image;

impl Filter for Image {
    fn name(&self) -> &'static str {
        "image"
    }

    fn stage(&self) -> Stage {
        Stage::Asked
    }

    fn check(&self, _: &Ask, facts: &Facts) -> Result<(), Reason> {
        require(&[Kind::Image], facts)
    }
}
