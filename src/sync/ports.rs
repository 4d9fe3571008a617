//! Ports of a region: status, addresses, host. None of it touches a server's `updated`, so they have readings of their
//! own: the ports of servers that changed, at once, and a light page of all of them (id and revision alone) from time to
//! time. A port that differs so that the server's document must show it unsettles the server.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::Value;

use super::intake::Intake;
use super::neighbours::{self, END, Expected};
use super::round::SyncError;
use super::worker;
use crate::app::App;
use crate::config::ms;
use crate::db::leases::Lease;
use crate::db::ports::{self, Port};
use crate::regions::nova::RegionApi;
use crate::views::server::Awaited;

/// The fields we keep, and no others.
const FIELDS: &str = "&fields=id&fields=device_id&fields=device_owner&fields=network_id&fields=status\
    &fields=mac_address&fields=fixed_ips&fields=revision_number&fields=binding:host_id";

/// Those of a light page.
const LIGHT: &str = "&fields=id&fields=device_owner&fields=revision_number";

/// Ids that one request names: its URL stays below what servers take.
const AT_ONCE: usize = 40;

/// The ports of the servers that a round saw change. A Neutron that does not answer must not make its Nova look silent,
/// nor hold up its rounds: what is missed here is found by the next light page.
pub(super) async fn of_changed(intake: &Intake<'_>) {
    let region = intake.api.region();
    if intake.changed.is_empty() || region.row.network_url.is_empty() {
        return;
    }
    let ids: Vec<&str> = intake.changed.iter().map(String::as_str).collect();
    let wait = ms(intake.app.config.region.lookup_timeout_ms);
    match tokio::time::timeout(wait, of_servers(intake.app, intake.api, intake.lease, &ids)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => worker::note(region, "ports", &error),
        Err(_) => tracing::debug!(region = region.name(), "the ports of what changed did not come in time"),
    }
}

async fn of_servers(app: &Arc<App>, api: &RegionApi, lease: &Lease, ids: &[&str]) -> Result<(), SyncError> {
    for ids in ids.chunks(AT_ONCE) {
        let told = ask(app, api, "device_id", ids).await?;
        let known = ports::of_servers(&app.db, api.region().id(), ids).await?;
        store(app, api, lease, &told, &known).await?;
    }
    Ok(())
}

/// Reads the light pages of all ports in the order of their ids, and whole those whose revision is another. Returns how
/// many ports there are.
///
/// # Errors
/// [`SyncError`]; the pages stored before it stay.
pub(super) async fn all(app: &Arc<App>, api: &RegionApi, lease: &Lease) -> Result<usize, SyncError> {
    let region = api.region();
    let mut count = 0;
    let mut after = String::new();
    loop {
        let page = neighbours::page(app, api, "ports", LIGHT, &after).await?;
        count += page.documents.len();
        let end = page.next.as_deref().unwrap_or(END);
        let known: HashMap<String, i64> =
            ports::between(&app.db, region.id(), &after, end).await?.into_iter().collect();
        let told = page.documents.iter().filter(|port| is_of_a_server(port));
        let told: HashMap<&str, i64> = told.filter_map(|port| Some((port["id"].as_str()?, revision(port)))).collect();
        let differ = told.iter().filter(|(id, revision)| known.get(**id) != Some(revision)).map(|(id, _)| *id);
        let gone = known.keys().map(String::as_str).filter(|id| !told.contains_key(id));
        let ids: Vec<&str> = differ.chain(gone).collect();
        for ids in ids.chunks(AT_ONCE) {
            // One that the page did not have is asked for as well: it may have moved between two pages.
            let told = ask(app, api, "id", ids).await?;
            let known = ports::known(&app.db, region.id(), ids).await?;
            store(app, api, lease, &told, &known).await?;
        }
        match page.next {
            Some(next) if next > after => after = next,
            _ => return Ok(count),
        }
    }
}

/// Whole ports by some of their ids, or of their servers' ids.
async fn ask(app: &Arc<App>, api: &RegionApi, key: &str, ids: &[&str]) -> Result<Vec<Port>, SyncError> {
    let asked = ids.iter().fold(FIELDS.to_owned(), |asked, id| asked + "&" + key + "=" + id);
    let mut told = Vec::new();
    let mut after = String::new();
    loop {
        let page = neighbours::page(app, api, "ports", &asked, &after).await?;
        told.extend(page.documents.iter().filter_map(|port| parse(port, api.region().id())));
        match page.next {
            Some(next) if next > after => after = next,
            _ => return Ok(told),
        }
    }
}

/// Stores what is new or differs of what was asked for, and forgets what is known of it and was not told.
async fn store(app: &Arc<App>, api: &RegionApi, lease: &Lease, told: &[Port], known: &[Port]) -> Result<(), SyncError> {
    let by_id: HashMap<&str, &Port> = known.iter().map(|port| (port.id.as_str(), port)).collect();
    let differs = |port: &&Port| by_id.get(port.id.as_str()).is_none_or(|row| !same(row, port));
    let changed: Vec<Port> = told.iter().filter(differs).cloned().collect();
    let told: BTreeSet<&str> = told.iter().map(|port| port.id.as_str()).collect();
    let gone: Vec<&Port> = known.iter().filter(|port| !told.contains(port.id.as_str())).collect();
    if changed.is_empty() && gone.is_empty() {
        return Ok(());
    }
    let mut expected: Vec<Expected> = gone.iter().map(|port| left(port)).collect();
    // Absence proves nothing, to an account that lost its role least of all: the server's document has the last word.
    let at: Vec<&str> = gone.iter().map(|port| port.local_id.as_str()).collect();
    let shown = neighbours::shown(app, api.region().id(), &at).await?;
    let forgotten =
        |port: &&&Port| shown.get(&port.local_id).is_none_or(|document| Awaited::mac_gone(&port.mac).is_met(document));
    let gone: Vec<String> = gone.iter().filter(forgotten).map(|port| port.id.clone()).collect();
    for port in &changed {
        expected.extend(by_id.get(port.id.as_str()).filter(|row| row.local_id != port.local_id).map(|row| left(row)));
        expected.extend(addresses(port).map(|awaited| Expected::new(&port.local_id, awaited)));
    }
    ports::store(&app.db, lease, api.region().id(), &changed, &gone).await?;
    neighbours::expect(app, lease, api.region().id(), &expected).await
}

fn left(port: &Port) -> Expected {
    Expected::new(&port.local_id, Awaited::mac_gone(&port.mac))
}

/// What the server's document shows of a port.
fn addresses(port: &Port) -> impl Iterator<Item = Awaited> {
    let fixed: Value = serde_json::from_str(&port.fixed_ips).unwrap_or_default();
    let fixed = fixed.as_array().cloned().unwrap_or_default();
    fixed.into_iter().filter_map(|fixed| fixed["ip_address"].as_str().map(Awaited::address_there))
}

fn same(row: &Port, told: &Port) -> bool {
    *row == Port { changed_at: row.changed_at, ..told.clone() }
}

/// Others (routers, DHCP, floating ips, free ones) are not kept.
fn is_of_a_server(port: &Value) -> bool {
    port["device_owner"].as_str().is_some_and(|owner| owner.starts_with("compute:"))
}

fn revision(port: &Value) -> i64 {
    port["revision_number"].as_i64().unwrap_or(0)
}

fn parse(document: &Value, region_id: &str) -> Option<Port> {
    let text = |key: &str| document[key].as_str().map(str::to_owned);
    if !is_of_a_server(document) {
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
        revision: revision(document),
        changed_at: 0,
    })
}
