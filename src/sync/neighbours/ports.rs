//! Ports of a region: status, addresses, host. None of it touches a server's `updated`, so they have readings of their
//! own: the ports of servers that changed, at once, and a light page of all of them (id and revision alone) from time to
//! time. A port that differs so that the server's document must show it unsettles the server.

use std::collections::HashMap;
use std::sync::Arc;

use super::page::{self, END};
use super::port::{is_of_a_server, parse, revision, store};
use crate::app::App;
use crate::db::leases::Lease;
use crate::db::ports::{self, Port};
use crate::regions::nova::RegionApi;
use crate::sync::round::SyncError;
use crate::sync::{Rounds, worker};

/// The fields we keep, and no others.
const FIELDS: &str = "&fields=id&fields=device_id&fields=device_owner&fields=network_id&fields=status\
    &fields=mac_address&fields=fixed_ips&fields=revision_number&fields=binding:host_id";

/// Those of a light page.
const LIGHT: &str = "&fields=id&fields=device_owner&fields=revision_number";

/// Ids that one request names: its URL stays below what servers take.
const AT_ONCE: usize = 40;

/// Reads the ports of servers that a round saw change, for as long as the lease is held: the caller ends it. Beside the
/// rounds, since a Neutron that does not answer must not make its Nova look silent, nor hold up the next round: what is
/// missed here is found by the next light page.
pub(in crate::sync) async fn keep_changed(app: &Arc<App>, region_id: &str, lease: &Lease, rounds: &Rounds) {
    loop {
        rounds.changed_wake.notified().await;
        let changed = rounds.changed.take();
        let Some(region) = app.registry.get(region_id) else { return };
        if changed.is_empty() || region.row.network_url.is_empty() {
            continue;
        }
        let api = worker::api(app, region);
        let ids: Vec<&str> = changed.iter().map(String::as_str).collect();
        if let Err(error) = of_servers(app, &api, lease, &ids).await {
            worker::failed(app, &api, lease, "ports", &error).await;
        }
    }
}

async fn of_servers(app: &Arc<App>, api: &RegionApi, lease: &Lease, ids: &[&str]) -> Result<(), SyncError> {
    for ids in ids.chunks(AT_ONCE) {
        let known = ports::of_servers(&app.db, api.region().id(), ids).await?;
        let told = ask(app, api, "device_id", ids).await?;
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
        let page = page::page(app, api, "ports", LIGHT, &after).await?;
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
            let known = ports::known(&app.db, region.id(), ids).await?;
            let told = ask(app, api, "id", ids).await?;
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
        let page = page::page(app, api, "ports", &asked, &after).await?;
        told.extend(page.documents.iter().filter_map(|port| parse(port, api.region().id())));
        match page.next {
            Some(next) if next > after => after = next,
            _ => return Ok(told),
        }
    }
}
