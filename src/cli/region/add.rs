//! `region add`

use std::sync::Arc;

use super::super::progress::Progress;
use super::super::{CliResult, actor, check, say};
use crate::app::App;
use crate::cascade::adopt::{self, Tally};
use crate::config::ms;
use crate::db::{audit, regions};
use crate::regions::nova::RegionApi;
use crate::regions::{Region, Registry, discovery};
use crate::sync;

/// Arguments of `region add`.
#[derive(clap::Args)]
pub struct Args {
    /// Its name in the Keystone catalog, or in a section of regions in the configuration.
    name: String,
    /// Give every server that it runs a row on top, now: shown, charged and changed like all others. May be run again,
    /// and while the service serves; what has a row stays as it is.
    #[arg(long)]
    adopt: bool,
}

/// Checks, registers, adopts.
///
/// # Errors
/// Text for the operator; what was done before it stays, and is not done again by the next try.
pub async fn run(args: Args, app: &Arc<App>) -> CliResult {
    let region = register(app, &args.name).await?;
    let api = RegionApi::new(app.service.clone(), region.clone(), ms(app.config.sync.call_timeout_ms));
    if !args.adopt {
        say_next(&region);
        return Ok(());
    }
    let total = adopt::count(&api).await;
    let mut progress = Progress::new(format!("{}: servers", region.name()), total);
    let tally = adopt::take_over(app, &api, |tally| progress.tell(tally.seen))
        .await
        .map_err(|e| format!("{e}; run the command again, it goes on where it stopped"))?;
    drop(progress);
    tell(app, region.name(), &tally).await
}

/// Registers one region that answers as it should; the others of the catalog stay as they are.
async fn register(app: &Arc<App>, name: &str) -> Result<Arc<Region>, String> {
    // Who this top is must be known before the region is asked.
    app.load_regions().await.map_err(|e| e.to_string())?;
    let found = discovery::find(&app.config, &app.service).await.map_err(|e| e.to_string())?;
    let names: Vec<&str> = found.iter().map(|region| region.name.as_str()).collect();
    let Some(found) = found.iter().find(|region| region.name == name) else {
        let names = if names.is_empty() { "none".into() } else { names.join(", ") };
        return Err(format!(
            "neither [[regions]] nor the catalog (interface {}) has a compute endpoint for {name}; there are: {names}",
            app.config.region.interface
        ));
    };
    // Looked at before anything is written.
    let registry = Registry::of(app.registry.top_id().clone());
    registry.load(vec![regions::RegionRow::found(found)], &app.config.region);
    let candidate = registry.by_name(name).ok_or("the region is not known")?;
    let api = RegionApi::new(app.service.clone(), candidate, ms(app.config.sync.call_timeout_ms));
    for (what, result) in [("compute", check::compute(&api).await), ("network", check::network(&api).await)] {
        match result {
            Ok(detail) => say(&format!("ok    {name} {what}: {detail}")),
            Err(reason) => return Err(format!("{name} {what}: {reason}; nothing was registered")),
        }
    }
    regions::register(&app.db, std::slice::from_ref(found)).await.map_err(|e| e.to_string())?;
    app.load_regions().await.map_err(|e| e.to_string())?;
    let region = app.registry.by_name(name).ok_or("the region is not registered")?;
    sync::learn(app, region).await.map_err(|e| e.to_string())?;
    let region = app.registry.by_name(name).ok_or("the region is not registered")?;
    audit::record(&app.db, &actor(), "region add", name, &found.compute_url).await.map_err(|e| e.to_string())?;
    say(&format!("ok    {name} is registered, {}", region.row.state));
    Ok(region)
}

fn say_next(region: &Region) {
    let name = region.name();
    say(&format!("`server audit --region {name}` lists the servers that it runs and that the top does not know; with"));
    say(
        "sync.strangers = \"adopt\" the service takes them over as it meets them, with `region add --adopt` this does.",
    );
}

async fn tell(app: &App, name: &str, tally: &Tally) -> CliResult {
    let Tally { seen, adopted, known, waiting, silent, refused } = tally;
    let summary = format!("{seen} servers: {adopted} adopted, {known} had rows");
    audit::record(&app.db, &actor(), "region add --adopt", name, &summary).await.map_err(|e| e.to_string())?;
    say(&format!("{name}: {summary}"));
    for (id, why) in refused {
        say(&format!("{id} was not adopted: {why}"));
    }
    let left = [
        (*waiting, "may be of boots that are under way"),
        (*silent, "are in a cell that is down and tell nothing"),
        (refused.len(), "cannot be adopted"),
    ];
    let left: Vec<String> =
        left.iter().filter(|(count, _)| *count > 0).map(|(count, why)| format!("{count} {why}")).collect();
    if left.is_empty() { Ok(()) } else { Err(format!("{}; run the command again later", left.join(", "))) }
}
