//! Ports of a region: status, addresses, host. None of it touches a server's `updated`, so it has a reading of its own;
//! a port that differs unsettles its server, whose document then is read again.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::Value;

use super::round::SyncError;
use crate::app::App;
use crate::db::leases::Lease;
use crate::db::ports::{self, Port};
use crate::db::servers;
use crate::regions::nova::RegionApi;

/// Sorts behind every id.
const END: &str = "~";

/// The fields we keep, and no others: a page stays light.
const FIELDS: [&str; 9] = [
    "id",
    "device_id",
    "device_owner",
    "network_id",
    "status",
    "mac_address",
    "fixed_ips",
    "revision_number",
    "binding:host_id",
];

/// Reads all ports of servers, page by page in the order of their ids, and stores what differs.
///
/// # Errors
/// [`SyncError`]; the pages stored before it stay.
pub async fn read(app: &Arc<App>, api: &RegionApi, lease: &Lease) -> Result<(), SyncError> {
    let region = api.region();
    if region.row.network_url.is_empty() {
        return Ok(());
    }
    let limit = app.config.sync.ports_page_size;
    let fields = FIELDS.map(|field| format!("&fields={field}")).concat();
    let mut after = String::new();
    loop {
        let marker = if after.is_empty() { String::new() } else { format!("&marker={after}") };
        let path = format!("/ports?sort_key=id&sort_dir=asc&limit={limit}{fields}{marker}");
        let page = api.network(&path).await?.json(region)?;
        let documents = page["ports"].as_array().cloned().unwrap_or_default();
        let last = documents.last().and_then(|port| port["id"].as_str()).filter(|_| documents.len() >= limit);
        let told: Vec<Port> = documents.iter().filter_map(|document| parse(document, region.id())).collect();
        let end = last.unwrap_or(END);
        store(app, lease, region.id(), &told, &after, end).await?;
        match last {
            Some(last) => last.clone_into(&mut after),
            None => return Ok(()),
        }
    }
}

/// Stores a page: what is new or differs, and what we know between its ends that it does not have.
async fn store(
    app: &Arc<App>,
    lease: &Lease,
    region_id: &str,
    told: &[Port],
    after: &str,
    end: &str,
) -> Result<(), SyncError> {
    let ids: Vec<&str> = told.iter().map(|port| port.id.as_str()).collect();
    let known = ports::known(&app.db, region_id, &ids).await?;
    let known: HashMap<&str, &Port> = known.iter().map(|port| (port.id.as_str(), port)).collect();
    let differs = |port: &&Port| known.get(port.id.as_str()).is_none_or(|row| !same(row, port));
    let changed: Vec<Port> = told.iter().filter(differs).cloned().collect();
    let told_ids: BTreeSet<&str> = ids.into_iter().collect();
    let mut gone = ports::ids_between(&app.db, region_id, after, end).await?;
    gone.retain(|id| !told_ids.contains(id.as_str()));
    if changed.is_empty() && gone.is_empty() {
        return Ok(());
    }
    let gone_ids: Vec<&str> = gone.iter().map(String::as_str).collect();
    let left = ports::known(&app.db, region_id, &gone_ids).await?;
    let servers: BTreeSet<String> = changed.iter().chain(&left).map(|port| port.local_id.clone()).collect();
    let servers: Vec<String> = servers.into_iter().collect();
    ports::store(&app.db, lease, region_id, &changed, &gone).await?;
    servers::unsettle_local(&app.db, lease, region_id, &servers).await?;
    Ok(())
}

fn same(row: &Port, told: &Port) -> bool {
    *row == Port { changed_at: row.changed_at, ..told.clone() }
}

/// A port of a server; others (routers, DHCP, floating ips, free ones) are not kept.
fn parse(document: &Value, region_id: &str) -> Option<Port> {
    let text = |key: &str| document[key].as_str().map(str::to_owned);
    if !document["device_owner"].as_str()?.starts_with("compute:") {
        return None;
    }
    Some(Port {
        region_id: region_id.to_owned(),
        id: text("id")?,
        local_id: text("device_id").filter(|id| !id.is_empty())?,
        network_id: text("network_id")?,
        status: text("status")?,
        mac: text("mac_address").unwrap_or_default(),
        host: text("binding:host_id").filter(|host| !host.is_empty()),
        fixed_ips: document["fixed_ips"].to_string(),
        revision: document["revision_number"].as_i64().unwrap_or(0),
        changed_at: 0,
    })
}
