//! Placed again: a server that its region accepted and never launched goes to the next one, under the same id on top and
//! with its charge. See docs/decisions/0018-placed-again.md.

use std::sync::Arc;

use serde_json::Value;
use tokio::time::Instant;
use uuid::Uuid;

use super::evidence;
use super::nowhere;
use super::order::Order;
use super::saga::{Ended, Passed, Saga};
use super::stranded;
use super::watch::Fate;
use crate::app::App;
use crate::cascade::removals;
use crate::config::{Replace, ms};
use crate::db::clock::{SECOND, local_now, micros};
use crate::db::intents::{Intent, phase};
use crate::db::placings::{self, Leave, Watched};
use crate::db::removals::{Removal, reason};
use crate::db::servers::{self, Known};
use crate::db::top_actions::TopAction;
use crate::error::{ApiResult, Fault};
use crate::regions::Region;
use crate::regions::nova::RegionApi;
use crate::selector::{Reason, Refused, Selection, Why};
use crate::views::server::document::alone::{self, Alone};

/// Places a server again, or ends it where that is not to be.
///
/// # Errors
/// What the database says; the next look at it goes on.
pub async fn place(app: &Arc<App>, watched: &Watched, fate: &Fate) -> ApiResult<()> {
    let region = watched.region_id.as_deref().and_then(|id| app.registry.get(id));
    let known = servers::known_by_id(&app.db, &watched.server_id).await?;
    let (Some(region), Some(known)) = (region, known) else { return forget(app, watched).await };
    if *fate == Fate::Overdue && !evidence::is_overdue(app, &region, watched).await? {
        return Ok(());
    }
    let why = why(app, &known, fate);
    // A delete below would take volumes of its owner's with it: it stays as it is.
    if known.loses_volumes {
        return forget(app, watched).await;
    }
    let stays = match app.placings.take(&watched.server_id) {
        // Seen before its region's answer to the boot was.
        None if *fate == Fate::Failed && is_new(app, watched) => return Ok(()),
        None => "its request is no longer known (the service was restarted, or too many were waiting)",
        Some(saga) => match moved(app, &region, &known, &saga, &why).await {
            Ok(None) => return Ok(()),
            Ok(Some(stays)) => stays,
            Err(fault) => {
                app.placings.put_back(&watched.server_id, saga);
                return Err(fault);
            }
        },
    };
    // The region's own word on it stands; only one that it would build for ever must be ended.
    if *fate == Fate::Failed {
        return forget(app, watched).await;
    }
    give_up(app, &region, &known, &format!("{why}, and the server is not placed again: {stays}")).await
}

/// The answer to its boot may still be on its way.
fn is_new(app: &App, watched: &Watched) -> bool {
    let settings = &app.config.boot;
    let answered_by = watched.begun_at + micros((settings.create_timeout_ms + settings.outcome_wait_ms) / 1_000 + 1);
    local_now() < answered_by
}

/// Places it again; or says why not.
async fn moved(
    app: &Arc<App>,
    region: &Arc<Region>,
    known: &Known,
    saga: &Saga,
    why: &str,
) -> ApiResult<Option<&'static str>> {
    match next(app, region, saga).await? {
        Ok(next) => Box::pin(move_on(app, region, known, next, why)).await.map(|()| None),
        Err(stays) => Ok(Some(stays)),
    }
}

async fn forget(app: &Arc<App>, watched: &Watched) -> ApiResult<()> {
    let _ = app.placings.take(&watched.server_id);
    Ok(placings::forget(&app.db, &[&watched.server_id]).await?)
}

/// Why its region did not launch it.
fn why(app: &App, known: &Known, fate: &Fate) -> String {
    if *fate == Fate::Overdue {
        return format!("it did not launch the server within {} s", app.config.boot.build_deadline_s);
    }
    let document: Value = serde_json::from_str(&known.document).unwrap_or_default();
    document["fault"]["message"].as_str().unwrap_or("it gave the server up").to_owned()
}

/// The boot in another region, but for its intent; or why there is none.
async fn next(app: &App, region: &Region, saga: &Saga) -> ApiResult<Result<Saga, &'static str>> {
    if let Some(stays) = stays(app, &saga.order) {
        return Ok(Err(stays));
    }
    let order = Arc::new(saga.order.renewed().await?);
    let selection = order.choose().await?;
    if is_bound(region, &selection, &saga.passed) {
        return Ok(Err("no other region would do"));
    }
    Ok(Ok(Saga { order, selection, ..saga.clone() }))
}

/// Why a boot may not go to another region now; none where it may.
fn stays(app: &App, order: &Order) -> Option<&'static str> {
    let settings = &app.config.boot;
    let age_s = (local_now() - order.began_at) / SECOND;
    if u64::try_from(age_s).unwrap_or(0) >= settings.replace_within_s {
        return Some("its boot is too old");
    }
    match settings.replace_after_accept {
        Replace::Never => Some("servers never are here"),
        Replace::IfNoPortsOrVolumesNamed if order.is_pinned() => {
            Some("its boot names a port or a volume, which are in one region alone")
        }
        _ => None,
    }
}

/// No other region will ever do, and none was tried: what its region says of the server is all there is to say.
fn is_bound(region: &Region, selection: &Selection, passed: &Passed) -> bool {
    let others = selection.in_turn().any(|candidate| candidate.region.id() != region.id());
    let unfit = |refused: &Refused| refused.region == region.name() || refused.reason.why == Why::Unfit;
    !others && passed.all().is_empty() && selection.refused.iter().all(unfit)
}

/// Ends it in ERROR on top; what its region has of it is removed.
async fn give_up(app: &Arc<App>, region: &Arc<Region>, known: &Known, why: &str) -> ApiResult<()> {
    let message = format!("No valid host was found. {}: {why}", region.name());
    leave(app, region, known, Alone::Failed(&message), None, why).await?;
    Ok(())
}

/// Takes it out of its region and boots it in the next: `saga` is the boot there, but for its intent.
async fn move_on(app: &Arc<App>, region: &Arc<Region>, known: &Known, saga: Saga, why: &str) -> ApiResult<()> {
    saga.passed.add(region.name(), Reason::full(why));
    app.selector.failures.note(region.id(), &known.flavor_id);
    let next = Intent {
        id: Uuid::new_v4().to_string(),
        server_id: Some(known.id.clone()),
        phase: phase::PLANNED.into(),
        region_id: None,
        // The row is charged.
        charged_instances: 0,
        charged_cores: 0,
        charged_ram_mb: 0,
        ..saga.intent
    };
    let _held = app.boots_at_work.hold([next.id.clone()]);
    let Some(remnant) = leave(app, region, known, Alone::Placing, Some(next.clone()), why).await? else {
        return Ok(());
    };
    tracing::warn!(
        request_id = known.boot_request_id,
        server_id = known.id,
        region = region.name(),
        why,
        "a server is placed again"
    );
    metrics::counter!("cascade_placed_again_total", "region" => region.name().to_owned()).increment(1);
    await_gone(app, region, &remnant).await;
    let saga = Saga { intent: next, ..saga };
    let ended = saga.run().await;
    match &ended {
        Ok(Ended::Made(made)) => app.placings.remember(saga, made),
        // Looked for by its marker.
        Ok(Ended::Unknown(_)) => {}
        Ok(Ended::None(fault)) => {
            let tried = saga.passed.all();
            let message = match fault.status {
                status if status.is_server_error() => nowhere::message(&saga.selection, &tried),
                _ => format!("{}; before: {}", fault.message, nowhere::reasons(&[], &tried)),
            };
            stranded::again(app, &saga.intent, &message).await?;
        }
        // The intent is open, and whoever looks after open ones ends it.
        Err(_) => ended.map(|_| ())?,
    }
    Ok(())
}

/// Writes down that it is in its region no more. None where it was launched after all, or is to be deleted.
async fn leave(
    app: &Arc<App>,
    region: &Region,
    known: &Known,
    what: Alone<'_>,
    next: Option<Intent>,
    why: &str,
) -> ApiResult<Option<Removal>> {
    let local_id = known.local_id.as_deref().unwrap_or_default();
    let columns = alone::columns(&known.document, &known.into(), what, local_now());
    let columns = columns.ok_or_else(|| Fault::internal(format!("the document of {} cannot be read", known.id)))?;
    let remnant = Removal::new(region.id(), local_id, &known.id, reason::REMNANT, &known.boot_request_id);
    let message = format!("{}: {why}", region.name());
    let action = TopAction {
        server_id: known.id.clone(),
        action: "create".into(),
        request_id: known.boot_request_id.clone(),
        project_id: known.project_id.clone(),
        user_id: known.user_id.clone(),
        message: Some(message),
        started_at: columns.created_at,
        ended_at: None,
        failed: true,
    };
    let leave = Leave { columns, remnant, next, action };
    let left = placings::leave(&app.db, &leave).await?;
    region.health.add_servers(-i64::from(left));
    Ok(left.then_some(leave.remnant))
}

/// Removes what the region has of it, for as long as `boot.remnant_wait_ms`; the sync of the region does the rest.
async fn await_gone(app: &Arc<App>, region: &Arc<Region>, remnant: &Removal) {
    let deadline = Instant::now() + ms(app.config.boot.remnant_wait_ms);
    let api = RegionApi::new(app.service.clone(), region.clone(), ms(app.config.boot.remnant_wait_ms));
    while !region.health.is_failing() {
        let carried = tokio::time::timeout_at(deadline, removals::carry_out(app, &api, remnant)).await;
        if !matches!(carried, Ok(false)) {
            return;
        }
        tokio::time::sleep(ms(500)).await;
        if Instant::now() >= deadline {
            return;
        }
    }
}
