//! `flavor`

use std::sync::Arc;

use clap::Subcommand;
use serde_json::Value;

use super::{CliResult, actor, region, say};
use crate::app::App;
use crate::cascade::ensure;
use crate::config::ms;
use crate::db::audit;
use crate::db::flavors::{self, Flavor, Imported};
use crate::microversion::MIN;
use crate::regions::nova::RegionApi;

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
}

/// Runs the verb.
pub async fn run(command: Command, app: &Arc<App>) -> CliResult {
    match command {
        Command::Import { region } => import(app, &region).await,
        Command::List => list(app).await,
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
    let api = RegionApi::new(app.service.clone(), region.clone(), ms(app.config.sync.call_timeout_ms));
    let (mut added, mut same, mut conflicts) = (0, 0, 0);
    for flavor in ensure::flavor::all(&api).await.map_err(|e| e.to_string())? {
        let projects = if flavor.is_public { Vec::new() } else { projects(&api, &flavor.id).await? };
        match flavors::import(&app.db, &flavor, &projects).await.map_err(|e| e.to_string())? {
            Imported::Added => added += 1,
            Imported::Same => same += 1,
            Imported::Conflict(reason) => {
                conflicts += 1;
                say(&format!("conflict: {} ({}) of {name} was left out: {reason}", flavor.name, flavor.id));
                continue;
            }
        }
        let known = flavors::set_in_region(&app.db, &flavor.id, region.id(), &flavor.id, &flavor.name).await;
        known.map_err(|e| e.to_string())?;
    }
    let summary = format!("{added} added, {same} the same already, {conflicts} in conflict");
    audit::record(&app.db, &actor(), "flavor import", name, &summary).await.map_err(|e| e.to_string())?;
    say(&format!("{name}: {summary}"));
    Ok(())
}

async fn projects(api: &RegionApi, flavor_id: &str) -> Result<Vec<String>, String> {
    let path = format!("/flavors/{flavor_id}/os-flavor-access");
    let answer = api.compute(http::Method::GET, &path, MIN, None).await.map_err(|e| e.to_string())?;
    let document = answer.json(api.region()).map_err(|e| e.to_string())?;
    let access = document["flavor_access"].as_array().cloned().unwrap_or_default();
    Ok(access.iter().filter_map(|row: &Value| row["tenant_id"].as_str().map(str::to_owned)).collect())
}
