//! Which regions there are, and that each has a worker.

use std::sync::Arc;
use std::time::Duration;

use super::round::SyncError;
use super::{facts, status, worker};
use crate::app::App;
use crate::config::ms;
use crate::db::regions::Found;
use crate::db::{DbResult, regions, servers};
use crate::regions::nova::RegionApi;
use crate::regions::{Region, discovery, loop_guard};

/// Time between two looks at what the database knows of the regions (other processes change it too).
const LOOK_PERIOD: Duration = Duration::from_secs(5);

/// Keeps the registry and the workers; ends at shutdown, after its workers.
pub async fn run(app: Arc<App>) {
    let mut next_discovery = tokio::time::Instant::now();
    loop {
        let due = tokio::time::Instant::now() >= next_discovery;
        if due {
            discover(&app).await;
            next_discovery = tokio::time::Instant::now() + Duration::from_secs(app.config.region.discovery_period_s);
        }
        if let Err(error) = look(&app, due).await {
            tracing::error!(%error, "the regions could not be read from the database");
        }
        for region in app.registry.all().iter().filter(|region| region.row.state != "disabled") {
            if app.sync.needs_worker(region.id()) {
                let region_id = region.id().to_owned();
                app.keep("sync worker", move |app| worker::run(app, region_id.clone()));
            }
        }
        // A catalog that could not be read is asked for again soon.
        if app.registry.all().is_empty() {
            next_discovery = tokio::time::Instant::now();
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_PERIOD) => {}
            () = app.shutdown.cancelled() => return,
        }
    }
}

/// Reads the catalog (or the configuration) into the database and the registry, and asks what is registered whether it is
/// a region at all. A Keystone that does not answer changes nothing.
pub async fn discover(app: &Arc<App>) {
    let found = discovery::find(&app.config, &app.service).await;
    match &found {
        Ok(found) => {
            if let Err(error) = regions::register(&app.db, found).await {
                tracing::error!(%error, "the regions found could not be registered");
            }
        }
        Err(error) => tracing::warn!(%error, "the catalog could not be read; the regions known so far stay"),
    }
    if let Err(error) = app.load_regions().await {
        tracing::error!(%error, "the regions could not be read from the database");
    }
    loop_guard::probe(&app.registry, &app.upstream).await;
    if let Ok(found) = found
        && let Err(error) = forget_tops(app, &found).await
    {
        tracing::error!(%error, "what is no region could not be forgotten");
    }
}

/// Forgets tops that were taken for regions, where the operator has taken them out since.
async fn forget_tops(app: &App, found: &[Found]) -> DbResult<()> {
    let mut forgotten = false;
    for region in app.registry.registered().iter() {
        let there = found.iter().any(|found| found.name == region.name());
        if region.refusal().is_some() && !there && regions::forget(&app.db, region.id()).await? {
            loop_guard::unmeasure(region.name());
            forgotten = true;
        }
    }
    if forgotten { app.load_regions().await } else { Ok(()) }
}

/// Reads a region's microversion and zones now; the command line does, where no process has served yet.
///
/// # Errors
/// The region does not answer, or the database.
pub async fn learn(app: &Arc<App>, region: Arc<Region>) -> Result<(), SyncError> {
    let timeout = ms(app.config.sync.call_timeout_ms);
    facts::read(app, &RegionApi::new(app.service.clone(), region, timeout)).await
}

/// Takes over what other processes changed. Servers are counted (`recount`) rarely, since that reads an index from end
/// to end; in between, boots and deletes move the figure.
async fn look(app: &Arc<App>, recount: bool) -> DbResult<()> {
    app.load_regions().await?;
    if recount {
        let counts = servers::counts(&app.db).await?;
        for region in &*app.registry.all() {
            let count = counts.iter().find(|(id, _)| id.as_deref() == Some(region.id())).map_or(0, |(_, count)| *count);
            region.health.set_servers(count);
        }
    }
    let statuses = status::of_all(app).await?;
    for status in &statuses {
        if let Some(region) = app.registry.get(&status.cursor.region_id) {
            region.health.set_round_at(status.cursor.round_at);
        }
    }
    status::measure(&statuses);
    Ok(())
}
