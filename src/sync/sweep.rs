//! The slow reading of everything that a region has, page by page in the order of ids: it finds what touches no
//! `updated` (tags, security groups, volumes), and rows whose servers it passed over without seeing them. It goes on
//! where it was after a restart, and waits while what it found is being looked at.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use super::intake::Intake;
use super::list::{self, Page};
use super::neighbours::END;
use super::round::SyncError;
use super::worker;
use crate::app::App;
use crate::config::ms;
use crate::db::clock::{local_now, micros};
use crate::db::cursors::{self, Cursor};
use crate::db::leases::Lease;
use crate::db::servers::{self, attention};
use crate::regions::nova::RegionApi;
use crate::regions::{CallError, Sent};

/// Longest time between two looks at whether a sweep is due.
const LOOK: Duration = Duration::from_secs(5);

/// Goes on for as long as the lease is held: the caller ends it. What it does may be cut off anywhere and done again.
pub(super) async fn keep(app: &Arc<App>, region_id: &str, lease: &Lease) {
    loop {
        let Some(region) = app.registry.get(region_id) else { return };
        let api = worker::api(app, region);
        let pause = match step(app, &api, lease).await {
            Ok(pause) => pause,
            Err(error) => {
                worker::failed(app, &api, lease, "sweep", &error).await;
                LOOK
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// Reads a page where one is due; returns the time until the next look.
async fn step(app: &Arc<App>, api: &RegionApi, lease: &Lease) -> Result<Duration, SyncError> {
    let settings = &app.config.sync;
    let region_id = api.region().id();
    let mut cursor = cursors::get(&app.db, region_id).await?;
    let between_pages = ms(settings.sweep_page_pause_ms);
    if cursor.sweep_began_at == 0 {
        // The first round reads everything as well.
        let wait = if cursor.round_at == 0 { LOOK } else { until(cursor.swept_at, settings.sweep_period_s) };
        if !wait.is_zero() {
            return Ok(wait.min(LOOK).max(between_pages));
        }
        cursor.sweep_began_at = local_now();
    }
    let due = attention::undocumented(&app.db, region_id).await?;
    if usize::try_from(due).unwrap_or(0) >= settings.shows_per_round {
        return Ok(ms(settings.unsettled_period_ms));
    }
    page(app, api, lease, &cursor).await?;
    Ok(between_pages)
}

fn until(last: i64, period_s: u64) -> Duration {
    let due_at = last.saturating_add(micros(period_s));
    Duration::from_micros(u64::try_from(due_at - local_now()).unwrap_or(0))
}

async fn page(app: &Arc<App>, api: &RegionApi, lease: &Lease, cursor: &Cursor) -> Result<(), SyncError> {
    let (region, after) = (api.region(), cursor.sweep_after.as_str());
    let Some(page) = list::page(app, api, list::ALL, after).await? else {
        // The server that it was to go on behind has been purged since.
        return Ok(cursors::sweep_on(&app.db, lease, region.id(), cursor.sweep_began_at, "").await?);
    };
    let Page { documents, next, read_seq, .. } = page;
    let told: Vec<String> =
        documents.iter().filter_map(|document| document["id"].as_str()).map(str::to_owned).collect();
    let in_order = told.iter().map(String::as_str).try_fold(after, |last, id| (last < id).then_some(id)).is_some();
    let mut intake = Intake::new(app, api, lease);
    intake.store(documents, read_seq, true).await?;
    if in_order {
        let told: HashSet<&str> = told.iter().map(String::as_str).collect();
        let end = next.as_deref().unwrap_or(END);
        let mut suspects = attention::between(&app.db, region.id(), after, end, read_seq).await?;
        suspects.retain(|local_id| !told.contains(local_id.as_str()));
        if !suspects.is_empty() {
            metrics::counter!("cascade_sync_suspects_total", "region" => region.name().to_owned())
                .increment(u64::try_from(suspects.len()).unwrap_or(0));
            servers::unsettle_local(&app.db, lease, region.id(), &suspects).await?;
            app.sync.wake(region.id());
        }
    }
    match next {
        Some(next) if next.as_str() > after => {
            Ok(cursors::sweep_on(&app.db, lease, region.id(), cursor.sweep_began_at, &next).await?)
        }
        Some(_) => {
            cursors::swept(&app.db, lease, region.id(), cursor.sweep_began_at).await?;
            let reason = "its servers are not listed in the order asked for: a sweep cannot see which are missing";
            Err(CallError::new(region.name(), Sent::Maybe, reason).into())
        }
        None => Ok(cursors::swept(&app.db, lease, region.id(), cursor.sweep_began_at).await?),
    }
}
