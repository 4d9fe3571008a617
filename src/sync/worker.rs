//! One region's worker: holds its lease, runs rounds.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::{Rounds, facts, ports, round};
use crate::app::App;
use crate::config::ms;
use crate::db::leases::{self, Lease};
use crate::regions::nova::RegionApi;

/// Works until shutdown.
pub async fn run(app: Arc<App>, region_id: String) {
    let name = format!("sync:{region_id}");
    while !app.shutdown.is_cancelled() {
        let seize = app.db.is_embedded();
        match leases::hold(&app.db, &name, &app.process_id, app.config.sync.lease_s, seize).await {
            Ok(Some(lease)) => {
                let rounds = app.sync.add(&region_id);
                rounds_while_held(&app, &region_id, lease, &rounds).await;
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
        let api = RegionApi::new(app.service.clone(), region.clone(), ms(settings.call_timeout_ms));
        let number = *rounds.begun.borrow() + 1;
        rounds.begun.send_replace(number);
        let unsettled = match next.work(app, &api, &lease).await {
            Ok(unsettled) => {
                rounds.done.send_replace(number);
                unsettled
            }
            Err(error) => {
                metrics::counter!("cascade_sync_errors_total", "region" => region.name().to_owned()).increment(1);
                tracing::warn!(region = region.name(), %error, "a sync round did not end");
                false
            }
        };
        region.health.set_unsettled(unsettled);
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
    /// One round and what is due beside it. True while a server of the region is unsettled.
    async fn work(&mut self, app: &Arc<App>, api: &RegionApi, lease: &Lease) -> Result<bool, round::SyncError> {
        let settings = &app.config.sync;
        let now = Instant::now();
        if self.facts_at.is_none_or(|at| now >= at) {
            facts::read(app, api).await?;
            self.facts_at = Some(now + Duration::from_secs(settings.facts_period_s));
        }
        let (unsettled, changed) = round::run(app, api, lease).await?;
        // A server that changed may have got or lost ports.
        if changed || self.ports_at.is_none_or(|at| now >= at) {
            ports::read(app, api, lease).await?;
            self.ports_at = Some(now + ms(settings.ports_period_ms));
        }
        Ok(unsettled)
    }
}
