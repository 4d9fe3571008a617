//! `[cors]`: oslo.middleware's section and names, with the values that Nova has where it leaves them open
//! (`nova/middleware.py`).

use serde::Deserialize;

section!(
    /// `[cors]`
    Cors {
        /// Origins whose pages may read answers, as `https://horizon.example.com`; `*` is any. None: nobody's.
        allowed_origin: Vec<String> = Vec::new(),
        /// Whether such a page may send credentials.
        allow_credentials: bool = true,
        /// Headers of an answer that it may read.
        expose_headers: Vec<String> = owned(&[
            "X-Auth-Token",
            "X-Openstack-Request-Id",
            "X-Subject-Token",
            "X-Service-Token",
            "X-OpenStack-Nova-API-Version",
            "OpenStack-API-Version",
        ]),
        /// Seconds for which a browser may remember the answer to its preflight request; 0: it is not told.
        max_age: u32 = 3_600,
        /// Methods that it may use.
        allow_methods: Vec<String> = owned(&["GET", "PUT", "POST", "DELETE", "PATCH"]),
        /// Headers that it may send beside those that every page may.
        allow_headers: Vec<String> = owned(&[
            "X-Auth-Token",
            "X-Openstack-Request-Id",
            "X-Identity-Status",
            "X-Roles",
            "X-Service-Catalog",
            "X-User-Id",
            "X-Tenant-Id",
            "X-OpenStack-Nova-API-Version",
            "OpenStack-API-Version",
        ]),
    }
);

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}
