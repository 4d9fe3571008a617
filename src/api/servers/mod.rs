//! `/servers` (nova/api/openstack/compute/servers.py).

pub mod action;
pub mod actions;
mod alone;
mod answer;
pub mod create;
pub mod delete;
pub mod index;
pub mod instance_actions;
pub mod interfaces;
pub mod metadata;
pub(super) mod query;
pub mod routed;
pub mod show;
pub mod update;

use http::{HeaderValue, Response};

use super::Call;
use crate::http_body::Body;
use crate::identity::policy;
use crate::views::server::Audience;

/// For whom the answer's documents are; `project_id` is the target's.
fn audience<'a>(call: &'a Call, project_id: &str) -> Audience<'a> {
    let allows = |rule: policy::Rule| rule.allows(&call.identity, project_id);
    Audience {
        version: call.version,
        extended: allows(policy::EXTENDED_ATTRIBUTES),
        host_status: allows(policy::SERVERS_SHOW_HOST_STATUS),
        extra_specs: allows(policy::SERVERS_SHOW_EXTRA_SPECS),
        admin: call.identity.is_admin(),
        links: &call.links,
    }
}

/// Names the regions whose servers are shown as last known.
fn tell_stale<'a>(response: &mut Response<Body>, stale: impl Iterator<Item = (&'a str, u64)>) {
    for (region, age_s) in stale {
        if let Ok(value) = HeaderValue::try_from(format!("{region};age={age_s}")) {
            response.headers_mut().append("x-cascade-stale", value);
        }
    }
}
