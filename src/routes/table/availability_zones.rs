//! Availability zones.

use crate::api::availability_zones;
use crate::identity::policy::{admin, any};
use crate::routes::row::{GET, handler, row};
use crate::routes::{Class::Merged, Class::Owned, Route};

pub(super) static ROWS: [Route; 2] = [
    row(Owned, GET, "/os-availability-zone", handler!(availability_zones::index)).query(102, &[])
        .rule(any("os_compute_api:os-availability-zone:list"))
        .note(
            "Each region is a zone by its own name, and each of its zones one as `<region>-<zone>`, as the sync last read \
             them. Those of a region that is down or not enabled are not available.",
        ),
    row(Merged, GET, "/os-availability-zone/detail", handler!(availability_zones::detail)).query(102, &[])
        .rule(admin("os_compute_api:os-availability-zone:detail"))
        .note(
            "The hosts as the regions tell now; the zone of a region has all of them, less those of Nova's own services, \
             which are in `<region>-internal`. Zones of a region that does not answer are not available and without \
             hosts; the header X-Cascade-Missing names the region.",
        ),
];
