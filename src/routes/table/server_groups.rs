//! Server groups: the top's; made in a region when the first of their servers goes there.

use crate::api::server_groups::{create, delete, index, show};
use crate::identity::policy::{member, reader};
use crate::routes::row::{DELETE, GET, POST, handler, row};
use crate::routes::{Class::Owned, Route};

const LIST: &str = "/os-server-groups";
const ONE: &str = "/os-server-groups/{server_group_id}";

pub(super) static ROWS: [Route; 4] = [
    row(Owned, GET, LIST, handler!(index)).query(75, &["all_projects", "limit", "offset"]).numbers(1, &["limit", "offset"])
        .rule(reader("os_compute_api:os-server-groups:index"))
        .note("The top's groups, in the order they were made; their members are in any region."),
    row(Owned, POST, LIST, handler!(create)).rule(member("os_compute_api:os-server-groups:create")).note(
        "A group of the top. Its policy holds over regions: affinity keeps its servers in one, anti-affinity spreads them.",
    ),
    row(Owned, GET, ONE, handler!(show)).query(102, &[])
        .of_found(reader("os_compute_api:os-server-groups:show"))
        .note("A group of the top."),
    row(Owned, DELETE, ONE, handler!(delete))
        .of_found(member("os_compute_api:os-server-groups:delete"))
        .note("Deleted in the regions too, in those that do not answer when they do again."),
];
