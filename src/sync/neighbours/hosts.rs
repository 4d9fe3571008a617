//! Hosts of a region: how they are is shown with each of their servers (`host_status`), and touches no `updated`.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use http::Method;
use serde_json::Value;

use crate::app::App;
use crate::db::host_states;
use crate::db::leases::Lease;
use crate::db::servers::{self, attention};
use crate::db::text::{NAME_MAX, fits};
use crate::query::segment;
use crate::regions::nova::RegionApi;
use crate::regions::{CallError, Sent};
use crate::sync::intake::Intake;
use crate::sync::list::{self, Page};
use crate::sync::round::SyncError;

/// Reads them, then the servers of those that differ: singly, or page by page where there are many. Returns how many hosts
/// there are.
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
    let mut old = Vec::new();
    for host in changed.iter().map(|(host, _)| host).filter(|host| known.contains_key(*host)).chain(&gone) {
        old.push((host, attention::on_host(&app.db, region.id(), host).await?));
    }
    let by_pages = old.iter().map(|(_, ids)| ids.len()).sum::<usize>() > app.config.sync.shows_per_round;
    for (host, mut local_ids) in old {
        if by_pages && local_ids.len() > 1 {
            local_ids = pages(app, api, lease, host, local_ids).await?;
        }
        servers::unsettle_local(&app.db, lease, region.id(), &local_ids).await?;
    }
    if !changed.is_empty() || !gone.is_empty() {
        host_states::store(&app.db, lease, region.id(), &changed, &gone).await?;
    }
    Ok(told.len())
}

/// Reads the servers of a host page by page: more of them than a round shows singly would hold up what else is due.
/// Returns those that are on no page, or on one without their `host_status`.
async fn pages(
    app: &Arc<App>,
    api: &RegionApi,
    lease: &Lease,
    host: &str,
    mut left: Vec<String>,
) -> Result<Vec<String>, SyncError> {
    let filter = format!("{}&host={}", list::ALL, segment(host));
    let mut intake = Intake::new(app, api, lease);
    let mut marker = String::new();
    while let Some(Page { documents, next, read_seq, .. }) = list::page(app, api, &filter, &marker).await? {
        let whole = documents.iter().filter(|document| document["host_status"] != "");
        let told: HashSet<String> = whole.filter_map(|one| one["id"].as_str()).map(str::to_owned).collect();
        if intake.store(documents, read_seq, true).await?.is_some() {
            left.retain(|local_id| !told.contains(local_id));
        }
        match next {
            Some(next) if next > marker => marker = next,
            _ => break,
        }
    }
    Ok(left)
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
