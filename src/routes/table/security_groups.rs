//! Security groups and their rules through Nova, to 2.35.

use crate::api::security_groups;
use crate::identity::policy::{member, reader};
use crate::routes::row::{DELETE, GET, POST, PUT, handler, row};
use crate::routes::{Class::Merged, Class::Proxied, Route};

/// Last minor version of the proxies.
const LAST: u16 = 35;

pub(super) static ROWS: [Route; 7] = [
    row(Merged, GET, "/os-security-groups", handler!(security_groups::index))
        .rule(reader("os_compute_api:os-security-groups:get"))
        .until(LAST)
        .note("The groups of all regions that answer; each region has a default one of its own."),
    row(Proxied, POST, "/os-security-groups", handler!(security_groups::create))
        .rule(member("os_compute_api:os-security-groups:create"))
        .until(LAST)
        .note("Made in the first region by name that is enabled and up."),
    row(Proxied, GET, "/os-security-groups/{group_id}", handler!(security_groups::one))
        .rule(reader("os_compute_api:os-security-groups:show"))
        .until(LAST),
    row(Proxied, PUT, "/os-security-groups/{group_id}", handler!(security_groups::one))
        .rule(member("os_compute_api:os-security-groups:update"))
        .until(LAST),
    row(Proxied, DELETE, "/os-security-groups/{group_id}", handler!(security_groups::one))
        .rule(member("os_compute_api:os-security-groups:delete"))
        .until(LAST),
    row(Proxied, POST, "/os-security-group-rules", handler!(security_groups::create_rule))
        .rule(member("os_compute_api:os-security-groups:rule:create"))
        .until(LAST)
        .note("Made in the region that has the group."),
    row(Proxied, DELETE, "/os-security-group-rules/{rule_id}", handler!(security_groups::rule))
        .rule(member("os_compute_api:os-security-groups:rule:delete"))
        .until(LAST),
];
