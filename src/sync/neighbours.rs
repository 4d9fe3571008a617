//! What stands beside a region's servers and shows in their documents without touching `updated`: ports, floating ips,
//! hosts. Read as light pages beside the rounds and under the same lease; a difference unsettles the servers concerned.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::round::SyncError;
use super::{floating_ips, hosts, ports, worker};
use crate::app::App;
use crate::config::ms;
use crate::db::DbResult;
use crate::db::clock::SECOND;
use crate::db::leases::Lease;
use crate::db::servers::{self, attention};
use crate::regions::nova::RegionApi;
use crate::regions::{CallError, Sent};
use crate::views::server::Awaited;

/// Sorts behind every id.
pub(super) const END: &str = "~";

/// Time that Nova may take to show in a server's document what changed beside it: it learns of it by Neutron's events.
const HOLD_US: i64 = 20 * SECOND;

/// Goes on for as long as the lease is held: the caller ends it. What it does may be cut off anywhere and done again.
pub(super) async fn keep(app: &Arc<App>, region_id: &str, lease: &Lease) {
    let settings = &app.config.sync;
    let mut kinds = [Kind::Ports, Kind::FloatingIps, Kind::Hosts].map(|kind| (kind, Instant::now()));
    loop {
        for (kind, due_at) in &mut kinds {
            if Instant::now() < *due_at {
                continue;
            }
            let Some(region) = app.registry.get(region_id) else { return };
            let api = worker::api(app, region);
            let count = match kind.read(app, &api, lease).await {
                Ok(count) => count,
                Err(error) => {
                    worker::failed(app, &api, lease, kind.name(), &error).await;
                    0
                }
            };
            // The more there are, the more rarely: so many a second at most.
            let spread = Duration::from_secs(u64::try_from(count).unwrap_or(0) / settings.neighbours_per_s.max(1));
            *due_at = Instant::now() + spread.max(ms(settings.neighbours_period_ms));
        }
        let next = kinds.iter().map(|(_, due_at)| *due_at).min().unwrap_or_else(Instant::now);
        tokio::time::sleep_until(next).await;
    }
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Ports,
    FloatingIps,
    Hosts,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Ports => "ports",
            Self::FloatingIps => "floating ips",
            Self::Hosts => "hosts",
        }
    }

    async fn read(self, app: &Arc<App>, api: &RegionApi, lease: &Lease) -> Result<usize, SyncError> {
        match self {
            Self::Hosts => hosts::all(app, api, lease).await,
            _ if api.region().row.network_url.is_empty() => Ok(0),
            Self::Ports => ports::all(app, api, lease).await,
            Self::FloatingIps => floating_ips::all(app, api, lease).await,
        }
    }
}

/// One page of a collection of Neutron's.
pub(super) struct Page {
    /// What it has.
    pub documents: Vec<Value>,
    /// Marker of the next one.
    pub next: Option<String>,
}

/// Reads the page behind an id, in the order of ids. A Neutron that does not have the collection has an empty one.
pub(super) async fn page(
    app: &Arc<App>,
    api: &RegionApi,
    collection: &str,
    fields: &str,
    after: &str,
) -> Result<Page, SyncError> {
    let limit = app.config.sync.neighbours_page_size;
    let marker = if after.is_empty() { String::new() } else { format!("&marker={after}") };
    let path = format!("/{collection}?sort_key=id&sort_dir=asc&limit={limit}{fields}{marker}");
    let answer = api.network(&path).await?;
    if answer.status == StatusCode::NOT_FOUND && after.is_empty() {
        return Ok(Page { documents: Vec::new(), next: None });
    }
    let answer = answer.json(api.region())?;
    let more = answer.get(format!("{collection}_links")).is_some();
    let documents = documents(api, answer, collection)?;
    let more = more || documents.len() >= limit;
    let next = documents.last().and_then(|last| last["id"].as_str()).filter(|_| more).map(str::to_owned);
    Ok(Page { documents, next })
}

/// The list in an answer.
fn documents(api: &RegionApi, mut answer: Value, collection: &str) -> Result<Vec<Value>, SyncError> {
    if let Some(Value::Array(documents)) = answer.get_mut(collection).map(Value::take) {
        return Ok(documents);
    }
    let reason = format!("it told no list of {collection}");
    Err(CallError::new(api.region().name(), Sent::Maybe, reason).into())
}

/// What a server's document is to show.
pub(super) struct Expected {
    local_id: String,
    awaited: Awaited,
}

impl Expected {
    pub fn new(local_id: &str, awaited: Awaited) -> Self {
        Self { local_id: local_id.to_owned(), awaited }
    }
}

/// Unsettles the servers whose documents do not show it yet; those that are being built have theirs read anyway.
pub(super) async fn expect(
    app: &Arc<App>,
    lease: &Lease,
    region_id: &str,
    expected: &[Expected],
) -> Result<(), SyncError> {
    let ids: Vec<&str> = expected.iter().map(|expected| expected.local_id.as_str()).collect();
    let mut awaited = Vec::new();
    for (local_id, document) in shown(app, region_id, &ids).await? {
        let own = expected.iter().filter(|expected| local_id == expected.local_id);
        let unmet = own.map(|expected| &expected.awaited).find(|awaited| !awaited.is_met(&document));
        if let Some(unmet) = unmet.filter(|_| document.get("status").is_none_or(|status| status != "BUILD")) {
            awaited.push((local_id, unmet.to_string()));
        }
    }
    if awaited.is_empty() {
        return Ok(());
    }
    Ok(attention::await_local(&app.db, lease, region_id, &awaited, HOLD_US).await?)
}

/// The documents of the live ones among these servers, by their ids there.
pub(super) async fn shown(
    app: &Arc<App>,
    region_id: &str,
    local_ids: &[&str],
) -> DbResult<HashMap<String, Map<String, Value>>> {
    let rows = servers::known(&app.db, region_id, local_ids).await?.into_iter().filter(|row| !row.deleted);
    let document = |text: &str| serde_json::from_str(text).unwrap_or_default();
    Ok(rows.filter_map(|row| Some((row.local_id?, document(&row.document)))).collect())
}
