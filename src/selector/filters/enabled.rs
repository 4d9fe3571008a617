//! `enabled`: not draining, not disabled.

use super::{Ask, Facts, Filter, Reason};

/// See the module.
pub struct Enabled;

impl Filter for Enabled {
    fn name(&self) -> &'static str {
        "enabled"
    }

    fn check(&self, _: &Ask, facts: &Facts) -> Result<(), Reason> {
        match facts.region.row.state.as_str() {
            "enabled" => Ok(()),
            state => Err(Reason::unfit(format!("it is {state}"))),
        }
    }
}
