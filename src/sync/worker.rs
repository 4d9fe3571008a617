//! One region's worker: holds its lease, runs rounds.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::round::SyncError;
use super::{Rounds, facts, notifications, owned, ports, round, strangers};
use crate::app::App;
use crate::cascade::removals;
use crate::config::ms;
use crate::db::leases::{self, Lease};
use crate::regions::Region;
use crate::regions::nova::RegionApi;

/// Works until shutdown.
pub async fn run(app: Arc<App>, region_id: String) {
    let name = format!("sync:{region_id}");
    while !app.shutdown.is_cancelled() {
        let seize = app.db.is_embedded();
        match leases::hold(&app.db, &name, &app.process_id, app.config.sync.lease_s, seize).await {
            Ok(Some(lease)) => {
                let rounds = app.sync.add(&region_id);
                tokio::select! {
                    () = rounds_while_held(&app, &region_id, lease, &rounds) => {}
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
    let mut next = Schedule::default();
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
        next.facts(app, region).await;
        let Some(region) = app.registry.get(region_id) else { return };
        let number = *rounds.begun.borrow() + 1;
        rounds.begun.send_replace(number);
        let unsettled = match next.round(app, &region, &lease).await {
            Ok(unsettled) => {
                rounds.done.send_replace(number);
                unsettled
            }
            Err(error) => {
                note(&region, "round", &error);
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

/// What runs more rarely than a round.
#[derive(Default)]
struct Schedule {
    facts_at: Option<Instant>,
    ports_at: Option<Instant>,
}

impl Schedule {
    /// Reads the region's microversion and zones when due. They come before the round: its documents are asked for at
    /// the version that the registry knows.
    async fn facts(&mut self, app: &Arc<App>, region: Arc<Region>) {
        let now = Instant::now();
        if self.facts_at.is_some_and(|at| now < at) {
            return;
        }
        match facts::read(app, &api(app, region.clone())).await {
            Ok(()) => self.facts_at = Some(now + Duration::from_secs(app.config.sync.facts_period_s)),
            Err(error) => note(&region, "facts", &error),
        }
    }

    /// One round over the servers, and over the ports when due. True while a server of the region is unsettled.
    async fn round(&mut self, app: &Arc<App>, region: &Arc<Region>, lease: &Lease) -> Result<bool, SyncError> {
        let api = api(app, region.clone());
        let now = Instant::now();
        let (unsettled, changed) = round::run(app, &api, lease).await?;
        // A server that changed may have got or lost ports.
        if changed || self.ports_at.is_none_or(|at| now >= at) {
            // A Neutron that does not answer must not make its Nova look silent.
            if let Err(error) = ports::read(app, &api, lease).await {
                note(region, "ports", &error);
            }
            self.ports_at = Some(now + ms(app.config.sync.ports_period_ms));
        }
        Ok(unsettled)
    }
}

pub(super) fn api(app: &Arc<App>, region: Arc<Region>) -> RegionApi {
    RegionApi::new(app.service.clone(), region, ms(app.config.sync.call_timeout_ms))
}

pub(super) fn note(region: &Region, part: &'static str, error: &SyncError) {
    metrics::counter!("cascade_sync_errors_total", "region" => region.name().to_owned(), "part" => part).increment(1);
    tracing::warn!(region = region.name(), part, %error, "a part of the sync did not end");
}
