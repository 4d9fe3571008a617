//! `flavor`

use std::sync::Arc;

use clap::Subcommand;

use super::{CliResult, actor, region, say};
use crate::app::App;
use crate::cascade::ensure;
use crate::cascade::ensure::flavor::remote;
use crate::config::ms;
use crate::db::flavors::{self, Flavor, Imported};
use crate::db::{DbResult, audit};
use crate::regions::Region;
use crate::regions::nova::RegionApi;
use crate::sync;

/// Verbs of `flavor`.
#[derive(Subcommand)]
pub enum Command {
    /// Take over a region's flavors. Nothing on top is changed; what conflicts is reported.
    Import {
        /// Region to read from.
        region: String,
    },
    /// List the top's flavors.
    List,
    /// Bring what regions have of the top's flavors to what the top says, and tell what differed.
    Audit {
        /// This one only.
        #[arg(long)]
        region: Option<String>,
    },
}

/// Runs the verb.
pub async fn run(command: Command, app: &Arc<App>) -> CliResult {
    match command {
        Command::Import { region } => import(app, &region).await,
        Command::List => list(app).await,
        Command::Audit { region } => audit_regions(app, region.as_deref()).await,
    }
}

async fn list(app: &Arc<App>) -> CliResult {
    say(&format!("{:<38} {:<24} {:>5} {:>8} {:>6}", "ID", "NAME", "VCPUS", "RAM MB", "DISK"));
    for flavor in flavors::all(&app.db).await.map_err(|e| e.to_string())? {
        let Flavor { id, name, vcpus, ram_mb, disk_gb, .. } = flavor;
        say(&format!("{id:<38} {name:<24} {vcpus:>5} {ram_mb:>8} {disk_gb:>6}"));
    }
    Ok(())
}

async fn import(app: &Arc<App>, name: &str) -> CliResult {
    let region = region(app, name).await?;
    let api = api(app, &region);
    let mapped = flavors::known_in(&app.db, region.id()).await.map_err(|e| e.to_string())?;
    let (mut added, mut same, mut conflicts) = (0, 0, 0);
    for flavor in remote::all(&api).await.map_err(|e| e.to_string())? {
        let Flavor { id, name: called, .. } = &flavor;
        // What the top has made there under another name is no new flavor.
        if mapped.iter().any(|known| known.local_id == *id && known.flavor_id != *id) {
            same += 1;
            continue;
        }
        let projects = if flavor.is_public { Ok(Vec::new()) } else { remote::access(&api, id).await };
        let projects = projects.map_err(|e| e.to_string())?;
        let equal = match flavors::import(&app.db, &flavor, &projects).await.map_err(|e| e.to_string())? {
            Imported::Added => {
                added += 1;
                true
            }
            Imported::Same(others) => {
                same += 1;
                if !others.is_empty() {
                    let others = others.join(", ");
                    say(&format!(
                        "access: {called} ({id}) of {name} will be for the projects it is for on top ({others} differ)"
                    ));
                }
                others.is_empty()
            }
            Imported::Conflict(reason) => {
                conflicts += 1;
                say(&format!("conflict: {called} ({id}) of {name} was left out: {reason}"));
                continue;
            }
        };
        known(app, region.id(), &flavor, equal).await.map_err(|e| e.to_string())?;
    }
    let summary = format!("{added} added, {same} the same already, {conflicts} in conflict");
    audit::record(&app.db, &actor(), "flavor import", name, &summary).await.map_err(|e| e.to_string())?;
    say(&format!("{name}: {summary}"));
    Ok(())
}

/// Notes that a region's flavor is the top's, and whether it is equal to it in all.
async fn known(app: &Arc<App>, region_id: &str, flavor: &Flavor, equal: bool) -> DbResult<()> {
    flavors::adopt(&app.db, &flavor.id, region_id, &flavor.id, &flavor.name).await?;
    let Some(own) = flavors::get(&app.db, &flavor.id).await?.filter(|_| equal) else { return Ok(()) };
    flavors::confirm(&app.db, &flavor.id, region_id, &flavor.id, own.revision).await?;
    Ok(())
}

async fn audit_regions(app: &Arc<App>, only: Option<&str>) -> CliResult {
    sync::discover(app).await;
    let regions = app.registry.all();
    let wanted =
        |region: &&Arc<Region>| only.is_none_or(|name| region.name() == name) && region.row.state != "disabled";
    let wanted: Vec<_> = regions.iter().filter(wanted).collect();
    if wanted.is_empty() {
        return Err(only.map_or_else(|| "no region is known".into(), |name| format!("no region is called {name}")));
    }
    let mut failures = 0;
    for region in wanted {
        let name = region.name();
        match ensure::flavor::audit::whole(app, &api(app, region)).await {
            Ok(done) => {
                failures += done.iter().filter(|change| change.failed).count();
                for change in &done {
                    let verb = if change.failed { "failed" } else { "mended" };
                    say(&format!("{verb}: flavor {} in {name}: {}", change.flavor_id, change.what));
                }
                say(&format!("{name}: {} differed", done.len()));
            }
            Err(error) => {
                failures += 1;
                say(&format!("{name}: {error}"));
            }
        }
    }
    if failures == 0 { Ok(()) } else { Err(format!("{failures} could not be mended")) }
}

fn api(app: &Arc<App>, region: &Arc<Region>) -> RegionApi {
    RegionApi::new(app.service.clone(), region.clone(), ms(app.config.sync.call_timeout_ms))
}
