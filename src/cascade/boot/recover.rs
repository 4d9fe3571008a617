//! What a boot left open: looked for by its marker, never sent again (D2).

use std::sync::Arc;
use std::time::Duration;

use http::Method;

use super::{row, stranded};
use crate::app::App;
use crate::config::ms;
use crate::db::clock::{self, SECOND};
use crate::db::intents::{self, Intent, phase};
use crate::db::{DbResult, mappings, servers};
use crate::microversion::v2;
use crate::regions::nova::RegionApi;
use crate::regions::{CallError, Sent};
use crate::sync::names;
use crate::views::server::document::{Names, Told};

/// Documents carry hints from here on.
const HINTS_FROM: u16 = 100;

/// Finishes what was left, at start and for as long as the process runs.
pub async fn run(app: Arc<App>) {
    loop {
        if let Err(error) = round(&app).await {
            tracing::error!(%error, "open boots could not be looked at");
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(2)) => {}
            () = app.shutdown.cancelled() => return,
        }
    }
}

async fn round(app: &Arc<App>) -> DbResult<()> {
    let takeover_s = app.config.boot.intent_takeover_s;
    let at_work = |id: &str| app.boots_at_work.has(id);
    for intent in intents::take_over(&app.db, &app.process_id, takeover_s, app.db.is_embedded(), at_work).await? {
        if intent.phase != phase::UNKNOWN {
            tracing::warn!(intent = intent.id, phase = intent.phase, "taking over a boot that another process left");
        }
        match intent.phase.as_str() {
            // Nothing left that process, so nothing is anywhere.
            phase::PLANNED => end(app, &intent).await?,
            phase::SENDING => {
                intents::advance(&app.db, &intent.id, phase::UNKNOWN, intent.region_id.as_deref()).await?;
            }
            _ => {}
        }
    }
    for intent in intents::unfinished(&app.db, &app.process_id).await? {
        let now = clock::local_now();
        match look_for(app, &intent).await {
            Ok(Some(_)) => {}
            Ok(None) => give_up_when_old(app, &intent, now).await?,
            Err(error) => tracing::warn!(intent = intent.id, %error, "an open boot could not be looked for"),
        }
    }
    Ok(())
}

/// A region that answers and never showed the marker for `boot.intent_search_s` never made the server.
/// `now`: when it was last asked.
async fn give_up_when_old(app: &Arc<App>, intent: &Intent, now: i64) -> DbResult<()> {
    let search_us = clock::micros(app.config.boot.intent_search_s);
    if now - intent.updated_at > search_us {
        if let Some(region) = intent.region_id.as_deref().and_then(|id| app.registry.get(id)) {
            let api = RegionApi::new(app.service.clone(), region, ms(app.config.sync.call_timeout_ms));
            if let Err(error) = api.require_role().await {
                tracing::warn!(intent = intent.id, %error, "a boot is looked for on");
                return Ok(());
            }
        }
        tracing::warn!(intent = intent.id, name = intent.name, "a boot made no server; its intent is closed");
        end(app, intent).await?;
    }
    Ok(())
}

/// Ends a boot that made no server. What it takes to place one again was in the memory of a process that is gone.
async fn end(app: &Arc<App>, intent: &Intent) -> DbResult<()> {
    if intent.server_id.is_none() {
        return intents::close(&app.db, &intent.id).await;
    }
    let message =
        "No valid host was found. The service was restarted while the server was on its way to another region.";
    stranded::again(app, intent, message).await
}

/// Looks for the server of an intent in the region it was sent to, and maps it. Returns its id.
///
/// # Errors
/// [`CallError`] where the region does not answer: then nothing is known, and nothing changes.
pub async fn look_for(app: &Arc<App>, intent: &Intent) -> Result<Option<String>, CallError> {
    let found = |mapping: Option<mappings::Mapping>| mapping.map(|mapping| mapping.server_id);
    let db_error = |error: crate::db::DbError| CallError::new("database", Sent::No, error.to_string());
    if let Some(id) = found(mappings::by_intent(&app.db, &intent.id).await.map_err(db_error)?) {
        return Ok(Some(id));
    }
    let Some(region) = intent.region_id.as_deref().and_then(|id| app.registry.get(id)) else { return Ok(None) };
    let api = RegionApi::new(app.service.clone(), region.clone(), ms(app.config.sync.call_timeout_ms));
    let path = format!("/servers/detail?all_tenants=1&project_id={}&limit=200", intent.project_id);
    let page = api.compute(Method::GET, &path, region.microversion(), None).await?.json(&region)?;
    let documents = page["servers"].as_array().cloned().unwrap_or_default();
    let names = names::of_region(app, region.id()).await.map_err(db_error)?;
    let mut ours: Vec<Told> = documents.into_iter().filter_map(Told::read).collect();
    if region.microversion() >= v2(HINTS_FROM) {
        ours.retain(|told| told.marker.as_deref() == Some(&intent.id) && is_its_projects(told, intent));
    } else {
        ours = alike(app, intent, ours, &names).await.map_err(db_error)?;
    }
    for told in &ours {
        place(app, told, Some(intent), region.id(), &names).await.map_err(db_error)?;
    }
    let placed = mappings::by_intent(&app.db, &intent.id).await.map_err(db_error)?;
    Ok(found(placed))
}

/// Below 2.100 a document has no marker: the one unmapped server with the boot's user, name, flavor, image and time. More
/// than one is reported, never guessed, nor is one that two open boots may have made.
async fn alike(app: &Arc<App>, intent: &Intent, documents: Vec<Told>, names: &Names) -> DbResult<Vec<Told>> {
    let region_id = intent.region_id.as_deref().unwrap_or_default();
    let mut matching = Vec::new();
    for mut told in documents {
        let flavor = told.flavor_name().and_then(|name| names.flavors.get(name)).map(|(id, _)| id.as_str());
        let image = told.clone().columns(names, (&intent.flavor_id, ""), None).image_id;
        let created = told.text("created").and_then(clock::parse).unwrap_or(0);
        let same = told.text("user_id") == Some(&intent.user_id)
            && told.text("name") == Some(&intent.name)
            && flavor == Some(&intent.flavor_id)
            && image == intent.image_id
            && created >= intent.created_at - 60 * SECOND;
        if same && servers::known(&app.db, region_id, &[&told.local_id]).await?.is_empty() {
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

/// Maps an unmapped server that carries a marker; called by the sync, which may see it before the boot's answer. Anyone
/// can give a server of a region's own the marker of another's boot: then it has none from here on.
///
/// # Errors
/// The database's.
pub async fn claim(app: &Arc<App>, told: &mut Told, region_id: &str, names: &Names) -> DbResult<bool> {
    let Some(marker) = &told.marker else { return Ok(false) };
    let intent = intents::get(&app.db, marker).await?;
    if let Some(intent) = &intent {
        if !is_its_projects(told, intent) {
            told.marker = None;
            return Ok(false);
        }
        // It was sent elsewhere: this is that region under another name, or what it left here. The boot decides first.
        if intent.region_id.as_deref().is_some_and(|id| id != region_id) {
            return Ok(false);
        }
    }
    place(app, told, intent.as_ref(), region_id, names).await
}

fn is_its_projects(told: &Told, intent: &Intent) -> bool {
    told.text("tenant_id") == Some(&intent.project_id)
}

async fn place(app: &Arc<App>, told: &Told, intent: Option<&Intent>, region_id: &str, names: &Names) -> DbResult<bool> {
    let hinted = told.hinted_servers();
    if hinted.is_empty() {
        return mappings::place(&app.db, &row::from_document(told, intent, region_id, names)).await;
    }
    let servers = mappings::renamed(&app.db, region_id, &hinted).await?.into_iter().collect();
    let names = Names { servers, ..names.clone() };
    mappings::place(&app.db, &row::from_document(told, intent, region_id, &names)).await
}
