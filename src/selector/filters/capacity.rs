//! `capacity`: a nova-compute of the region is enabled and up, in the zone asked for too, and Placement has room for a server
//! of the flavor. A region that does not say passes: its own scheduler decides then.
//!
//! Room in a zone, or beside the servers of a group, is not looked at: Placement knows no zones of its own, and the
//! region's scheduler finds out the same.

use super::{Ask, Facts, Filter, Reason, Stage};
use crate::selector::Room;
use crate::selector::capacity::Query;

/// See the module.
pub struct Capacity;

impl Filter for Capacity {
    fn name(&self) -> &'static str {
        "capacity"
    }

    fn stage(&self) -> Stage {
        Stage::Asked
    }

    fn needs_room(&self) -> bool {
        true
    }

    fn check(&self, ask: &Ask, facts: &Facts) -> Result<(), Reason> {
        if let Some(zones) = &facts.computes {
            if zones.is_empty() {
                return Err(Reason::full("none of its nova-compute services is up"));
            }
            let asked = ask.zone.as_ref().map(|(_, name)| name).filter(|name| !name.is_empty());
            if let Some(asked) = asked.filter(|asked| !zones.contains(asked)) {
                return Err(Reason::full(format!("no nova-compute service is up in its zone {asked}")));
            }
        }
        if facts.room != Room::Full {
            return Ok(());
        }
        let flavor = &ask.flavor.name;
        let special = Query::of(&ask.flavor, ask.boots_from_volume).is_special();
        let with = if special { ", with the resources and traits that it asks for" } else { "" };
        Err(Reason::full(format!("it has no room for a server of flavor {flavor}{with}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::selector::Why;
    use crate::selector::fixtures::{ask, facts};

    fn check(ask: &Ask, room: Room, computes: Option<&[&str]>) -> Result<(), (String, Why)> {
        let computes = computes.map(|zones| zones.iter().map(ToString::to_string).collect());
        Capacity.check(ask, &Facts { room, computes, ..facts("A") }).map_err(|reason| (reason.text, reason.why))
    }

    #[test]
    fn room_and_a_host_that_is_up_are_needed() {
        let up: Option<&[&str]> = Some(&["nova"]);
        assert_eq!(check(&ask(), Room::Fits(1), up), Ok(()));
        assert_eq!(check(&ask(), Room::Unknown, None), Ok(()), "a region that says nothing passes");
        let full = "it has no room for a server of flavor m1.tiny";
        assert_eq!(check(&ask(), Room::Full, up), Err((full.into(), Why::Full)));
        let down = "none of its nova-compute services is up";
        assert_eq!(check(&ask(), Room::Fits(1), Some(&[])), Err((down.into(), Why::Full)));
    }

    #[test]
    fn a_zone_needs_a_host_of_its_own_that_is_up() {
        let zone = |name: &str| Ask { zone: Some(("a".into(), name.into())), ..ask() };
        assert_eq!(check(&zone(""), Room::Fits(1), Some(&["x"])), Ok(()));
        assert_eq!(check(&zone("x"), Room::Fits(1), Some(&["x"])), Ok(()));
        let text = "no nova-compute service is up in its zone y";
        assert_eq!(check(&zone("y"), Room::Fits(1), Some(&["x"])), Err((text.into(), Why::Full)));
    }

    #[test]
    fn a_flavor_that_asks_for_more_is_said_to() {
        let mut special = ask();
        special.flavor.extra_specs = r#"{"trait:CUSTOM_GOLD": "required"}"#.into();
        let text = "it has no room for a server of flavor m1.tiny, with the resources and traits that it asks for";
        assert_eq!(check(&special, Room::Full, None), Err((text.into(), Why::Full)));
    }
}
