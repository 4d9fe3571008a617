//! One region's worker: holds its lease, runs rounds.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::round::{Quiet, SyncError};
use super::{Rounds, facts, neighbours, notifications, owned, round, strangers, sweep};
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
        let seize = app.db.is_embedded();
        match leases::hold(&app.db, &name, &app.process_id, app.config.sync.lease_s, seize).await {
            Ok(Some(lease)) => {
                let rounds = app.sync.add(&region_id);
                tokio::select! {
                    () = rounds_while_held(&app, &region_id, lease.clone(), &rounds) => {}
                    () = neighbours::keep(&app, &region_id, &lease) => {}
                    () = neighbours::keep_changed(&app, &region_id, &lease, &rounds) => {}
                    () = sweep::keep(&app, &region_id, &lease) => {}
                    () = owned::keep(&app, &region_id, &rounds) => {}
                    () = removals::keep(&app, &region_id) => {}
                    () = notifications::listen(&app, &region_id) => {}
                    () = strangers::keep(&app, &region_id, &rounds) => {}
                }
                app.sync.remove(&region_id);
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
async fn rounds_while_held(app: &Arc<App>, region_id: &str, mut lease: Lease, rounds: &Rounds) {
    let settings = &app.config.sync;
    let renew_every = Duration::from_secs(settings.lease_s) / 3;
    let mut renew_at = Instant::now() + renew_every;
    let mut facts_at = Instant::now();
    let mut quiet = Quiet::new();
    loop {
        let Some(region) = app.registry.get(region_id) else { return };
        if Instant::now() >= renew_at {
            match leases::hold(&app.db, &lease.name, &app.process_id, settings.lease_s, false).await {
                Ok(Some(held)) if held.epoch == lease.epoch => lease = held,
                Ok(_) => return tracing::warn!(region = region.name(), "another process does this region now"),
                Err(error) => return tracing::warn!(region = region.name(), %error, "the lease could not be renewed"),
            }
            renew_at = Instant::now() + renew_every;
        }
        if Instant::now() >= facts_at && read_facts(app, region, &lease).await {
            facts_at = Instant::now() + Duration::from_secs(settings.facts_period_s);
        }
        let Some(region) = app.registry.get(region_id) else { return };
        let number = *rounds.begun.borrow() + 1;
        rounds.begun.send_replace(number);
        let api = api(app, region.clone());
        let unsettled = match round::run(app, &api, &lease, rounds, &mut quiet).await {
            Ok(unsettled) => {
                rounds.done.send_replace(number);
                unsettled
            }
            Err(SyncError::Db(DbError::LeaseLost(_))) => {
                return tracing::warn!(region = region.name(), "another process does this region now");
            }
            Err(error) => {
                failed(app, &api, &lease, "round", &error).await;
                false
            }
        };
        let period = if unsettled { settings.unsettled_period_ms } else { settings.poll_period_ms };
        tokio::select! {
            () = tokio::time::sleep(ms(period)) => {}
            () = rounds.wake.notified() => {}
            () = app.shutdown.cancelled() => {
                let _ = leases::release(&app.db, &lease).await;
                return;
            }
        }
    }
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

pub(super) fn note(region: &Region, part: &'static str, error: &SyncError) {
    metrics::counter!("cascade_sync_errors_total", "region" => region.name().to_owned(), "part" => part).increment(1);
    tracing::warn!(region = region.name(), part, %error, "a part of the sync did not end");
}

/// [`note`], kept where operators look (`region status`).
pub(super) async fn failed(app: &App, api: &RegionApi, lease: &Lease, part: &'static str, error: &SyncError) {
    note(api.region(), part, error);
    let kept = cursors::note_error(&app.db, lease, api.region().id(), &format!("{part}: {error}")).await;
    if let Err(error) = kept {
        tracing::debug!(%error, "an error could not be kept");
    }
}
