//! `extra_specs`: the region knows the resource classes and traits that the flavor asks for (`resources:…`, `trait:…`), by
//! Placement. Extra specs without such a scope, `aggregate_instance_extra_specs:…` and `hw:…` are for the region's own
//! scheduler: only it knows the host aggregates and hypervisors that they speak of.
//!
//! Nova accepts such a boot and lets it end in ERROR, so the reason counts as "no room".

use super::{Ask, Facts, Filter, Reason, Stage};
use crate::selector::Room;

/// See the module.
pub struct ExtraSpecs;

impl Filter for ExtraSpecs {
    fn name(&self) -> &'static str {
        "extra_specs"
    }

    fn stage(&self) -> Stage {
        Stage::Asked
    }

    fn needs_room(&self) -> bool {
        true
    }

    fn check(&self, ask: &Ask, facts: &Facts) -> Result<(), Reason> {
        match &facts.room {
            Room::Lacks(words) => {
                Err(Reason::full(format!("it has not what flavor {} asks for: {words}", ask.flavor.name)))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::selector::Why;
    use crate::selector::fixtures::{ask, facts};

    #[test]
    fn what_placement_does_not_know_is_said_in_its_words() {
        let check = |room| ExtraSpecs.check(&ask(), &Facts { room, ..facts("A") }).map_err(|r| (r.text, r.why));
        for room in [Room::Unknown, Room::Full, Room::Fits(1)] {
            assert_eq!(check(room), Ok(()));
        }
        let text = "it has not what flavor m1.tiny asks for: No such trait(s): CUSTOM_X";
        assert_eq!(check(Room::Lacks("No such trait(s): CUSTOM_X".into())), Err((text.into(), Why::Full)));
    }
}
