//! What Nova once had: 410 at every microversion, behind the token like the rest.

use http::Method;

use crate::api::gone;
use crate::routes::row::{DELETE, GET, POST, PUT, handler, row};
use crate::routes::{Class, Route};

const fn gone(method: &'static Method, path: &'static str) -> Route {
    row(Class::Gone, method, path, handler!(gone::gone))
}

pub(super) static ROWS: [Route; 48] = [
    gone(GET, "/os-agents"),
    gone(POST, "/os-agents"),
    gone(PUT, "/os-agents/{id}"),
    gone(DELETE, "/os-agents/{id}"),
    gone(GET, "/os-cells"),
    gone(POST, "/os-cells"),
    gone(GET, "/os-cells/capacities"),
    gone(GET, "/os-cells/detail"),
    gone(GET, "/os-cells/info"),
    gone(POST, "/os-cells/sync_instances"),
    gone(GET, "/os-cells/{id}"),
    gone(PUT, "/os-cells/{id}"),
    gone(DELETE, "/os-cells/{id}"),
    gone(GET, "/os-cells/{id}/capacities"),
    gone(POST, "/os-certificates"),
    gone(GET, "/os-certificates/{id}"),
    gone(GET, "/os-cloudpipe"),
    gone(POST, "/os-cloudpipe"),
    gone(PUT, "/os-cloudpipe/{id}"),
    gone(GET, "/os-fixed-ips/{id}"),
    gone(POST, "/os-fixed-ips/{id}/action"),
    gone(GET, "/os-floating-ip-dns"),
    gone(PUT, "/os-floating-ip-dns/{domain}"),
    gone(DELETE, "/os-floating-ip-dns/{domain}"),
    gone(GET, "/os-floating-ip-dns/{domain}/entries/{id}"),
    gone(PUT, "/os-floating-ip-dns/{domain}/entries/{id}"),
    gone(DELETE, "/os-floating-ip-dns/{domain}/entries/{id}"),
    gone(GET, "/os-floating-ips-bulk"),
    gone(POST, "/os-floating-ips-bulk"),
    gone(GET, "/os-floating-ips-bulk/{id}"),
    gone(PUT, "/os-floating-ips-bulk/{id}"),
    gone(GET, "/os-fping"),
    gone(GET, "/os-fping/{id}"),
    gone(POST, "/os-networks"),
    gone(POST, "/os-networks/add"),
    gone(DELETE, "/os-networks/{id}"),
    gone(POST, "/os-networks/{id}/action"),
    gone(POST, "/os-tenant-networks"),
    gone(DELETE, "/os-tenant-networks/{id}"),
    gone(GET, "/os-security-group-default-rules"),
    gone(POST, "/os-security-group-default-rules"),
    gone(GET, "/os-security-group-default-rules/{id}"),
    gone(DELETE, "/os-security-group-default-rules/{id}"),
    gone(GET, "/servers/{server_id}/consoles"),
    gone(POST, "/servers/{server_id}/consoles"),
    gone(GET, "/servers/{server_id}/consoles/{id}"),
    gone(DELETE, "/servers/{server_id}/consoles/{id}"),
    gone(GET, "/servers/{server_id}/os-virtual-interfaces"),
];
