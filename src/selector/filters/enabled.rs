//! `enabled`: not draining, not disabled.

use super::{Ask, Facts, Filter, Reason};
use crate::db::regions::state::ENABLED;

/// See the module.
pub struct Enabled;

impl Filter for Enabled {
    fn name(&self) -> &'static str {
        "enabled"
    }

    fn check(&self, _: &Ask, facts: &Facts) -> Result<(), Reason> {
        match facts.region.row.state.as_str() {
            ENABLED => Ok(()),
            state => Err(Reason::unfit(format!("it is {state}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::regions::state;
    use crate::selector::fixtures::{ask, region_with};

    #[test]
    fn only_an_enabled_region_takes_boots() {
        let check = |state: &str| {
            let facts = Facts::unasked(region_with("A", |row| state.clone_into(&mut row.state)));
            Enabled.check(&ask(), &facts).map_err(|reason| reason.text)
        };
        assert_eq!(check(state::ENABLED), Ok(()));
        assert_eq!(check(state::DRAINING), Err("it is draining".into()));
        assert_eq!(check(state::DISABLED), Err("it is disabled".into()));
    }
}
