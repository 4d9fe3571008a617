//! `availability_zone`: the zone asked for lies in the region.

use super::{Ask, Facts, Filter, Reason};

/// See the module.
pub struct AvailabilityZone;

impl Filter for AvailabilityZone {
    fn name(&self) -> &'static str {
        "availability_zone"
    }

    fn check(&self, ask: &Ask, facts: &Facts) -> Result<(), Reason> {
        match &ask.zone {
            Some((region_id, _)) if region_id != facts.region.id() => {
                Err(Reason::unfit("the availability zone asked for is in another region"))
            }
            _ => Ok(()),
        }
    }
}
