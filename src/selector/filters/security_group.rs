//! `security_group`: the region has every security group named, for this project: under that id or name, or an equivalent.

use super::{Ask, Facts, Filter, Kind, Reason, Stage, require};

/// See the module.
pub struct SecurityGroup;

impl Filter for SecurityGroup {
    fn name(&self) -> &'static str {
        "security_group"
    }

    fn stage(&self) -> Stage {
        Stage::Asked
    }

    fn check(&self, _: &Ask, facts: &Facts) -> Result<(), Reason> {
        require(&[Kind::SecurityGroup], facts)
    }
}
