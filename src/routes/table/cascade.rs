//! Routes of the top's own. Nova takes no new names of extensions, and none of its paths begins like these.

use crate::api::locate;
use crate::identity::policy::admin;
use crate::routes::row::{GET, handler, row};
use crate::routes::{Class::Own, Route};

pub(super) static ROWS: [Route; 1] =
    [row(Own, GET, "/os-cascade/servers/{server_id}", handler!(locate::show)).rule(admin("cascade:servers:locate")).note(
        "Where a server is, deleted ones too: region, id there, earlier placements, ports, the request ids of its boot on \
         top and in its region, what its row says of the sync, what it is charged. The id is the top's or a region's.",
    )];
