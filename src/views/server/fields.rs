//! The table of a server's fields: from which microversion, for whom, and where the value comes from
//! (nova/api/openstack/compute/views/servers.py).

use super::{Audience, Kind};
use crate::microversion::v2;

/// Who sees a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// Everyone who sees the server.
    Everyone,
    /// Those who pass `os-extended-server-attributes`.
    Extended,
    /// Those, and from 2.90 on everyone.
    ExtendedThenEveryone,
    /// Those who pass `servers:show:host_status`.
    HostStatus,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The document's own value of that name; left out where it has none.
    Copy,
    /// As `Copy`; `null` where it has none.
    CopyOrNull,
    /// Our links.
    Links,
    /// The image with our link; its properties from 2.98.
    Image,
    /// id and link below 2.47, embedded from then on; the top's id and name.
    Flavor,
    /// The addresses; in answers to changes without MAC and type below 2.75.
    Addresses,
    /// The top's name of the zone.
    Zone,
    /// The zone asked for, or `null`.
    PinnedZone,
    /// The fault; its details for admins.
    Fault,
    /// The status; UNKNOWN while the region does not answer.
    Status,
    /// The power state; 0 while the region does not answer.
    PowerState,
    /// The task state; none while the region does not answer.
    TaskState,
    /// Attached volumes; `delete_on_termination` from 2.3.
    Volumes,
    /// Place in the request that asked for several servers: the region made each alone.
    LaunchIndex,
    /// The top's, one for all servers of a request.
    ReservationId,
    /// Kept apart from the document.
    UserData,
    /// The top's groups of the server.
    ServerGroups,
}

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Key in the document.
    pub name: &'static str,
    /// First minor version that has it.
    pub since: u16,
    /// Who sees it.
    pub gate: Gate,
    /// Its value.
    pub source: Source,
    /// Not in `GET /servers/detail`.
    pub single: bool,
    /// First minor version at which the answer to an update has it.
    pub update_since: u16,
    /// First minor version at which the answer to a rebuild has it.
    pub rebuild_since: u16,
}

/// In every document.
const fn field(name: &'static str, since: u16, gate: Gate, source: Source) -> Field {
    Field { name, since, gate, source, single: false, update_since: since, rebuild_since: since }
}

/// In the answers to changes from 2.75 on, when they became whole.
const fn whole(name: &'static str, since: u16, gate: Gate, source: Source) -> Field {
    let first = if since > 75 { since } else { 75 };
    Field { update_since: first, rebuild_since: first, ..field(name, since, gate, source) }
}

/// No version.
const NEVER: u16 = u16::MAX;

use Gate::{Everyone, Extended, ExtendedThenEveryone, HostStatus};

/// All fields, in the order they are written.
pub const FIELDS: [Field; 47] = [
    field("id", 1, Everyone, Source::Copy),
    field("name", 1, Everyone, Source::Copy),
    field("status", 1, Everyone, Source::Status),
    field("tenant_id", 1, Everyone, Source::Copy),
    field("user_id", 1, Everyone, Source::Copy),
    field("metadata", 1, Everyone, Source::Copy),
    field("hostId", 1, Everyone, Source::Copy),
    field("image", 1, Everyone, Source::Image),
    field("flavor", 1, Everyone, Source::Flavor),
    field("created", 1, Everyone, Source::Copy),
    field("updated", 1, Everyone, Source::Copy),
    field("addresses", 1, Everyone, Source::Addresses),
    field("accessIPv4", 1, Everyone, Source::Copy),
    field("accessIPv6", 1, Everyone, Source::Copy),
    field("links", 1, Everyone, Source::Links),
    field("OS-DCF:diskConfig", 1, Everyone, Source::Copy),
    field("fault", 1, Everyone, Source::Fault),
    field("progress", 1, Everyone, Source::Copy),
    whole("OS-EXT-AZ:availability_zone", 1, Everyone, Source::Zone),
    whole("config_drive", 1, Everyone, Source::Copy),
    Field { rebuild_since: 54, ..whole("key_name", 1, Everyone, Source::CopyOrNull) },
    whole("OS-SRV-USG:launched_at", 1, Everyone, Source::CopyOrNull),
    whole("OS-SRV-USG:terminated_at", 1, Everyone, Source::CopyOrNull),
    whole("security_groups", 1, Everyone, Source::Copy),
    whole("OS-EXT-SRV-ATTR:host", 1, Extended, Source::CopyOrNull),
    whole("OS-EXT-SRV-ATTR:instance_name", 1, Extended, Source::CopyOrNull),
    whole("OS-EXT-SRV-ATTR:hypervisor_hostname", 1, Extended, Source::CopyOrNull),
    whole("OS-EXT-SRV-ATTR:hostname", 3, ExtendedThenEveryone, Source::CopyOrNull),
    whole("OS-EXT-SRV-ATTR:kernel_id", 3, Extended, Source::CopyOrNull),
    whole("OS-EXT-SRV-ATTR:ramdisk_id", 3, Extended, Source::CopyOrNull),
    whole("OS-EXT-SRV-ATTR:launch_index", 3, Extended, Source::LaunchIndex),
    whole("OS-EXT-SRV-ATTR:reservation_id", 3, Extended, Source::ReservationId),
    whole("OS-EXT-SRV-ATTR:root_device_name", 3, Extended, Source::CopyOrNull),
    Field { rebuild_since: NEVER, ..whole("OS-EXT-SRV-ATTR:user_data", 3, Extended, Source::UserData) },
    whole("OS-EXT-STS:task_state", 1, Everyone, Source::TaskState),
    whole("OS-EXT-STS:vm_state", 1, Everyone, Source::Copy),
    whole("OS-EXT-STS:power_state", 1, Everyone, Source::PowerState),
    whole("os-extended-volumes:volumes_attached", 1, Everyone, Source::Volumes),
    field("locked", 9, Everyone, Source::Copy),
    whole("host_status", 16, HostStatus, Source::Copy),
    field("description", 19, Everyone, Source::CopyOrNull),
    field("tags", 26, Everyone, Source::Copy),
    field("trusted_image_certificates", 63, Everyone, Source::CopyOrNull),
    field("locked_reason", 73, Everyone, Source::CopyOrNull),
    Field { single: true, ..field("server_groups", 71, Everyone, Source::ServerGroups) },
    whole("pinned_availability_zone", 96, Everyone, Source::PinnedZone),
    field("scheduler_hints", 100, Everyone, Source::CopyOrNull),
];

impl Field {
    /// Whether the field is in a document of this kind for this audience.
    #[must_use]
    pub fn is_in(&self, kind: Kind, audience: &Audience<'_>) -> bool {
        let seen = match self.gate {
            Everyone => true,
            Extended => audience.extended,
            ExtendedThenEveryone => audience.extended || audience.version >= v2(90),
            HostStatus => audience.host_status,
        };
        let since = match kind {
            Kind::Detail if self.single => NEVER,
            Kind::Detail | Kind::Show => self.since,
            Kind::Update => self.update_since,
            Kind::Rebuild => self.rebuild_since,
        };
        seen && audience.version >= v2(since)
    }
}
