//! Hosts of a region: how they are is shown with each of their servers (`host_status`), and touches no `updated`.

use std::collections::HashMap;
use std::sync::Arc;

use http::Method;
use serde_json::Value;

use crate::app::App;
use crate::db::leases::Lease;
use crate::db::servers::{self, attention};
use crate::db::text::{NAME_MAX, fits};
use crate::db::{DbResult, host_states};
use crate::regions::nova::RegionApi;
use crate::regions::{CallError, Sent};
use crate::sync::round::SyncError;

/// Reads them, and unsettles the servers of those that differ. Returns how many there are.
///
/// # Errors
/// [`SyncError`]; nothing is stored then.
pub(super) async fn all(app: &Arc<App>, api: &RegionApi, lease: &Lease) -> Result<usize, SyncError> {
    let region = api.region();
    let path = "/os-services?binary=nova-compute";
    let answer = api.compute(Method::GET, path, region.microversion(), None).await?.json(region)?;
    let services = answer["services"].as_array();
    let services = services.ok_or_else(|| CallError::new(region.name(), Sent::Maybe, "it told no list of services"))?;
    let told: HashMap<String, String> = services.iter().filter_map(status).collect();
    let known: HashMap<String, String> = host_states::known(&app.db, region.id()).await?.into_iter().collect();
    let differ = told.iter().filter(|(host, status)| known.get(*host) != Some(status));
    let changed: Vec<(String, String)> = differ.map(|(host, status)| (host.clone(), status.clone())).collect();
    let gone: Vec<String> = known.keys().filter(|host| !told.contains_key(*host)).cloned().collect();
    // A host that is new has no servers yet; at the first look their documents are as new as this.
    for host in changed.iter().map(|(host, _)| host).filter(|host| known.contains_key(*host)).chain(&gone) {
        unsettle(app, region.id(), lease, host).await?;
    }
    if !changed.is_empty() || !gone.is_empty() {
        host_states::store(&app.db, lease, region.id(), &changed, &gone).await?;
    }
    Ok(told.len())
}

async fn unsettle(app: &Arc<App>, region_id: &str, lease: &Lease, host: &str) -> DbResult<()> {
    let local_ids = attention::on_host(&app.db, region_id, host).await?;
    servers::unsettle_local(&app.db, lease, region_id, &local_ids).await
}

/// A host and what its servers show of it (`nova/compute/api.py`, `get_instance_host_status`).
fn status(service: &Value) -> Option<(String, String)> {
    let status = if service["forced_down"] == true {
        "DOWN"
    } else if service["status"] == "disabled" {
        "MAINTENANCE"
    } else if service["state"] == "up" {
        "UP"
    } else {
        "UNKNOWN"
    };
    let host = service["host"].as_str().filter(|host| fits(host, NAME_MAX))?;
    Some((host.to_owned(), status.to_owned()))
}
