//! `image`: the region has the image, for this project.

use super::{Ask, Facts, Filter, Reason, require};

/// See the module.
pub struct Image;

impl Filter for Image {
    fn name(&self) -> &'static str {
        "image"
    }

    fn asks_regions(&self) -> bool {
        true
    }

    fn check(&self, _: &Ask, facts: &Facts) -> Result<(), Reason> {
        require("image", &facts.images)
    }
}
