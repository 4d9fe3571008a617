//! One region's worker: all that is done for a region while its lease is held, rounds above all.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::round::{Memory, SyncError};
use super::{Rounds, facts, neighbours, notifications, owned, round, strangers, sweep, tenure};
use crate::app::App;
use crate::cascade::removals;
use crate::config::ms;
use crate::db::leases::{self, Lease};
use crate::db::{DbError, cursors};
use crate::regions::Region;
use crate::regions::nova::RegionApi;

/// Works until shutdown.
pub async fn run(app: Arc<App>, region_id: String) {
    let name = super::lease_name(&region_id);
    while !app.shutdown.is_cancelled() {
        if app.registry.used(&region_id).is_none() {
            pause(&app, Duration::from_secs(1)).await;
            continue;
        }
        let seize = app.db.is_embedded();
        let asked_at = Instant::now();
        match leases::hold(&app.db, &name, &app.process_id, app.config.sync.lease_s, seize).await {
            Ok(Some(lease)) => {
                let rounds = app.sync.add(&region_id);
                tokio::select! {
                    () = tenure::keep(&app, &region_id, &lease, asked_at) => {}
                    () = rounds_while_held(&app, &region_id, &lease, &rounds) => {}
                    () = neighbours::keep(&app, &region_id, &lease) => {}
                    () = neighbours::keep_changed(&app, &region_id, &lease, &rounds) => {}
                    () = sweep::keep(&app, &region_id, &lease) => {}
                    () = owned::keep(&app, &region_id, &lease, &rounds) => {}
                    () = removals::keep(&app, &region_id) => {}
                    () = notifications::listen(&app, &region_id) => {}
                    () = strangers::keep(&app, &region_id, &lease, &rounds) => {}
                    // Everything above may be cut off anywhere, as a process that dies does.
                    () = app.shutdown.cancelled() => {
                        let _ = leases::release(&app.db, &lease).await;
                    }
                }
                app.sync.remove(&region_id);
                if let Some(region) = app.registry.get(&region_id) {
                    strangers::Kept::unmeasure(region.name());
                }
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(region_id, %error, "the lease of a region could not be asked for"),
        }
        pause(&app, Duration::from_secs(1)).await;
    }
}

async fn pause(app: &App, time: Duration) {
    tokio::select! {
        () = tokio::time::sleep(time) => {}
        () = app.shutdown.cancelled() => {}
    }
}

/// Rounds for as long as the lease is ours.
async fn rounds_while_held(app: &Arc<App>, region_id: &str, lease: &Lease, rounds: &Rounds) {
    let settings = &app.config.sync;
    let mut facts_at = Instant::now();
    let mut memory = Memory::new();
    loop {
        let Some(region) = app.registry.used(region_id) else { return };
        if Instant::now() >= facts_at && read_facts(app, region, lease).await {
            facts_at = Instant::now() + Duration::from_secs(settings.facts_period_s);
        }
        let Some(region) = app.registry.used(region_id) else { return };
        let spaced = Instant::now() + ms(settings.round_spacing_ms);
        let number = *rounds.begun.borrow() + 1;
        rounds.begun.send_replace(number);
        let api = api(app, region.clone());
        let unsettled = match round::run(app, &api, lease, rounds, &mut memory).await {
            Ok(unsettled) => {
                rounds.done.send_replace(number);
                unsettled
            }
            Err(SyncError::Db(DbError::LeaseLost(_))) => {
                return tracing::warn!(region = region.name(), "the lease of a region was lost");
            }
            Err(error) => {
                failed(app, &api, lease, "round", &error).await;
                false
            }
        };
        let period = if unsettled { settings.unsettled_period_ms } else { settings.poll_period_ms };
        tokio::select! {
            () = tokio::time::sleep(ms(period)) => {}
            () = woken(rounds, spaced) => {}
        }
    }
}

/// Somebody asks for a round, and the last one did not begin just now.
async fn woken(rounds: &Rounds, not_before: Instant) {
    rounds.wake.notified().await;
    tokio::time::sleep_until(not_before).await;
}

/// Reads the region's microversion and zones. They come before the round: its documents are asked for at the version
/// that the registry knows.
async fn read_facts(app: &Arc<App>, region: Arc<Region>, lease: &Lease) -> bool {
    let api = api(app, region);
    let read = facts::read(app, &api).await;
    if let Err(error) = &read {
        failed(app, &api, lease, "facts", error).await;
    }
    read.is_ok()
}

pub(super) fn api(app: &Arc<App>, region: Arc<Region>) -> RegionApi {
    RegionApi::new(app.service.clone(), region, ms(app.config.sync.call_timeout_ms))
}

/// Tells of a part of the sync that did not end, also where operators look (`region status`).
pub(super) async fn failed(app: &App, api: &RegionApi, lease: &Lease, part: &'static str, error: &SyncError) {
    let region = api.region();
    metrics::counter!("cascade_sync_errors_total", "region" => region.name().to_owned(), "part" => part).increment(1);
    tracing::warn!(region = region.name(), part, %error, "a part of the sync did not end");
    let kept = cursors::note_error(&app.db, lease, region.id(), &format!("{part}: {error}")).await;
    if let Err(error) = kept {
        tracing::debug!(%error, "an error could not be kept");
    }
}
