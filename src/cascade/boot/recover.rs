//! What a boot left open: looked for by its marker, never sent again (D2).

use std::sync::Arc;
use std::time::Duration;

use super::turns::Turns;
use super::{row, search, stranded};
use crate::app::App;
use crate::config::ms;
use crate::db::clock;
use crate::db::intents::{self, Intent, phase};
use crate::db::{DbResult, mappings};
use crate::regions::nova::RegionApi;
use crate::views::server::document::{Names, Told};

/// Time between two looks at what is open.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Finishes what was left, at start and for as long as the process runs.
pub async fn run(app: Arc<App>) {
    let mut turns = Turns::default();
    loop {
        match open(&app).await {
            Ok(intents) => turns.begin(intents, |region_id, intents| turn(app.clone(), region_id, intents)),
            Err(error) => tracing::error!(%error, "open boots could not be looked at"),
        }
        tokio::select! {
            () = turns.go_on(LOOK_EVERY) => {}
            () = app.shutdown.cancelled() => return,
        }
    }
}

/// The boots whose servers are to be looked for, after what others left has been taken over.
async fn open(app: &Arc<App>) -> DbResult<Vec<Intent>> {
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
    intents::unfinished(&app.db, &app.process_id).await
}

/// Looks for those of one region, one after the other, for as long as it answers: the sync notes when it does again.
async fn turn(app: Arc<App>, region_id: Option<String>, intents: Vec<Intent>) {
    let region = region_id.and_then(|id| app.registry.get(&id));
    for intent in intents {
        if region.as_ref().is_some_and(|region| region.health.is_failing()) {
            return;
        }
        let now = clock::local_now();
        let ended = match search::look_for(&app, &intent).await {
            Ok(Some(_)) => Ok(()),
            Ok(None) => give_up_when_old(&app, &intent, now).await,
            Err(error) => {
                tracing::warn!(intent = intent.id, %error, "an open boot could not be looked for");
                Ok(())
            }
        };
        if let Err(error) = ended {
            tracing::error!(intent = intent.id, %error, "an open boot could not be ended");
        }
    }
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

pub(super) fn is_its_projects(told: &Told, intent: &Intent) -> bool {
    told.text("tenant_id") == Some(&intent.project_id)
}

pub(super) async fn place(
    app: &Arc<App>,
    told: &Told,
    intent: Option<&Intent>,
    region_id: &str,
    names: &Names,
) -> DbResult<bool> {
    let hinted = told.hinted_servers();
    if hinted.is_empty() {
        return mappings::place(&app.db, &row::from_document(told, intent, region_id, names)).await;
    }
    let servers = mappings::renamed(&app.db, region_id, &hinted).await?.into_iter().collect();
    let names = Names { servers, ..names.clone() };
    mappings::place(&app.db, &row::from_document(told, intent, region_id, &names)).await
}
