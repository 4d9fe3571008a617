//! What projects used.

use crate::api::tenant_usage;
use crate::identity::policy::{admin, reader};
use crate::routes::row::{GET, handler, row};
use crate::routes::{Class::Owned, Route};

const NOTE: &str = "From the top's rows, deleted ones among them, so that a region that is down lacks nothing. Servers \
                    that were booted in a region itself are not in it.";

pub(super) static ROWS: [Route; 2] = [
    row(Owned, GET, "/os-simple-tenant-usage", handler!(tenant_usage::index))
        .query(75, &["start", "end", "detailed", "limit", "marker"])
        .numbers(40, &["limit"])
        .rule(admin("os_compute_api:os-simple-tenant-usage:list"))
        .note(NOTE),
    row(Owned, GET, "/os-simple-tenant-usage/{project_id}", handler!(tenant_usage::show))
        .query(75, &["start", "end", "limit", "marker"])
        .numbers(40, &["limit"])
        .of_project(reader("os_compute_api:os-simple-tenant-usage:show"))
        .note(NOTE),
];
