//! The server of a boot whose outcome is not known: looked for in its region until it is found, or is surely not there.

use std::collections::HashSet;
use std::sync::Arc;

use http::Method;
use serde_json::Value;

use super::recover;
use crate::app::App;
use crate::config::ms;
use crate::db::clock::{self, SECOND};
use crate::db::intents::{self, Intent};
use crate::db::{DbError, DbResult, mappings, servers};
use crate::microversion::v2;
use crate::regions::nova::RegionApi;
use crate::regions::{CallError, Sent};
use crate::sync::names;
use crate::views::server::document::{Names, Told};

/// Documents carry hints from here on.
const HINTS_FROM: u16 = 100;

/// Servers of one page.
const PAGE: usize = 200;

/// A server this much older than the boot is not its own, whatever the two clocks differ by.
const OLDER_US: i64 = 3_600 * SECOND;

/// Looks for the server of an intent in the region it was sent to, and maps it. Returns its id; none: the region told all
/// that it has of this project since the boot, and it is not there.
///
/// # Errors
/// [`CallError`] where the region does not answer, or its pages do not lead to an end: then nothing is known, and nothing
/// changes.
pub async fn look_for(app: &Arc<App>, intent: &Intent) -> Result<Option<String>, CallError> {
    let found = |mapping: Option<mappings::Mapping>| mapping.map(|mapping| mapping.server_id);
    let db_error = |error: DbError| CallError::new("database", Sent::No, error.to_string());
    if let Some(id) = found(mappings::by_intent(&app.db, &intent.id).await.map_err(db_error)?) {
        return Ok(Some(id));
    }
    let Some(region) = intent.region_id.as_deref().and_then(|id| app.registry.get(id)) else { return Ok(None) };
    let api = RegionApi::new(app.service.clone(), region.clone(), ms(app.config.sync.call_timeout_ms));
    let names = names::of_region(app, region.id()).await.map_err(db_error)?;
    let ours = if region.microversion() >= v2(HINTS_FROM) {
        let marked = |told: &Told| told.marker.as_deref() == Some(&intent.id) && recover::is_its_projects(told, intent);
        candidates(&api, intent, marked, true).await?
    } else {
        let alike = candidates(&api, intent, |told| is_alike(intent, told, &names), false).await?;
        the_one(app, intent, alike).await.map_err(db_error)?
    };
    for told in &ours {
        recover::place(app, told, Some(intent), region.id(), &names).await.map_err(db_error)?;
    }
    let placed = mappings::by_intent(&app.db, &intent.id).await.map_err(db_error)?;
    Ok(found(placed))
}

/// What a region has of a request that it has answered.
#[derive(Debug)]
pub enum Settled {
    /// The server with this id on top.
    Made(String),
    /// No server.
    Nothing,
    /// None is seen, but one may be there.
    Unseen,
}

/// Looks once for the server of an intent whose request Nova has ended: what Nova has stored of it is in its lists.
///
/// # Errors
/// As [`look_for`].
pub async fn settle(app: &Arc<App>, intent: &Intent) -> Result<Settled, CallError> {
    let Some(region) = intent.region_id.as_deref().and_then(|id| app.registry.get(id)) else {
        return Ok(Settled::Unseen);
    };
    // Without markers, or for an account that is shown its own servers alone, none seen is not none there.
    let marked = region.microversion() >= v2(HINTS_FROM);
    let api = RegionApi::new(app.service.clone(), region, ms(app.config.sync.call_timeout_ms));
    Ok(match look_for(app, intent).await? {
        Some(id) => Settled::Made(id),
        None if marked && api.require_role().await.is_ok() => Settled::Nothing,
        None => Settled::Unseen,
    })
}

/// Servers of the intent's project that may be its own: pages until there is one, or with all of them, until the list is at
/// its end or has come to servers that are older.
async fn candidates(
    api: &RegionApi,
    intent: &Intent,
    may_be: impl Fn(&Told) -> bool + Sync,
    one_will_do: bool,
) -> Result<Vec<Told>, CallError> {
    let mut found: Vec<Told> = Vec::new();
    let mut markers = HashSet::new();
    let mut marker = None;
    loop {
        let page = page(api, intent, marker.as_deref()).await?;
        let at_end = page.documents.iter().any(|document| is_older(document, intent));
        found.extend(page.documents.into_iter().filter_map(Told::read).filter(&may_be));
        let done = at_end || (one_will_do && !found.is_empty());
        let Some(next) = page.next.filter(|_| !done) else {
            return Ok(found);
        };
        if !markers.insert(next.clone()) {
            return Err(CallError::new(api.region().name(), Sent::Maybe, "its pages do not lead on"));
        }
        marker = Some(next);
    }
}

/// Nova tells those that it has not scheduled yet first, however old, and then the others from the newest on.
fn is_older(document: &Value, intent: &Intent) -> bool {
    let created = document["created"].as_str().and_then(clock::parse);
    document["status"] != "BUILD" && created.is_some_and(|created| created < intent.created_at - OLDER_US)
}

/// One page of a project's servers, the newest first.
struct Page {
    documents: Vec<Value>,
    /// Marker of the next, where there may be one.
    next: Option<String>,
}

async fn page(api: &RegionApi, intent: &Intent, marker: Option<&str>) -> Result<Page, CallError> {
    let region = api.region();
    let behind = marker.map_or_else(String::new, |marker| format!("&marker={marker}"));
    let path = format!("/servers/detail?all_tenants=1&project_id={}&limit={PAGE}{behind}", intent.project_id);
    let mut page = api.compute(Method::GET, &path, region.microversion(), None).await?.json(region)?;
    let Some(Value::Array(documents)) = page.get_mut("servers").map(Value::take) else {
        return Err(CallError::new(region.name(), Sent::Maybe, "it told no list of servers"));
    };
    // A region may give shorter pages than asked for (`[api] max_limit`); its link says that there is more.
    let more = documents.len() >= PAGE || page.get("servers_links").is_some();
    let last = documents.last().and_then(|last| last["id"].as_str()).map(str::to_owned);
    Ok(Page { documents, next: last.filter(|_| more) })
}

/// Below 2.100 a document has no marker: what was asked for tells, and the time.
fn is_alike(intent: &Intent, told: &Told, names: &Names) -> bool {
    let flavor = told.flavor_name().and_then(|name| names.flavors.get(name)).map(|(id, _)| id.as_str());
    let image = told.clone().columns(names, (&intent.flavor_id, ""), None).image_id;
    let created = told.text("created").and_then(clock::parse).unwrap_or(0);
    told.text("user_id") == Some(&intent.user_id)
        && told.text("name") == Some(&intent.name)
        && flavor == Some(&intent.flavor_id)
        && image == intent.image_id
        && created >= intent.created_at - 60 * SECOND
}

/// The one unmapped server among those that are alike. More than one is reported, never guessed, nor is one that two open
/// boots may have made.
async fn the_one(app: &Arc<App>, intent: &Intent, alike: Vec<Told>) -> DbResult<Vec<Told>> {
    let region_id = intent.region_id.as_deref().unwrap_or_default();
    let mut matching = Vec::new();
    for mut told in alike {
        if servers::known(&app.db, region_id, &[&told.local_id]).await?.is_empty() {
            told.marker = Some(intent.id.clone());
            matching.push(told);
        }
    }
    if matching.len() == 1 && intents::has_twin(&app.db, intent).await? {
        // It may be that one's, whose answer is on its way.
        matching.clear();
    }
    if matching.len() > 1 {
        tracing::error!(
            intent = intent.id,
            name = intent.name,
            matches = matching.len(),
            "several servers could be the one of an open boot; none is taken"
        );
        matching.clear();
    }
    Ok(matching)
}
