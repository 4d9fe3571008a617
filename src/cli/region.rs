//! `region`

use std::sync::Arc;

use clap::Subcommand;

use super::{CliResult, region_status, say};
use crate::app::App;
use crate::db::clock::{iso, local_now};
use crate::db::{cursors, servers};
use crate::sync;

/// Verbs of `region`.
#[derive(Subcommand)]
pub enum Command {
    /// List the regions: state, newest microversion, servers, last sync round.
    List,
    /// Tell how fresh the picture of each region is: age of the last round, lag of the last change and skew of the
    /// region's clock, rows under way, missing and of a cell that is down, the sweep under way and the age of the last
    /// one, errors, the brake.
    Status,
    /// Say that the servers of a region that are missing now are really gone: the brake no longer keeps their rows.
    Release {
        /// Its name.
        region: String,
    },
}

/// Runs the verb.
pub async fn run(command: Command, app: &Arc<App>) -> CliResult {
    match command {
        Command::List => list(app).await,
        Command::Status => region_status::run(app).await,
        Command::Release { region } => region_status::release(app, &region).await,
    }
}

async fn list(app: &Arc<App>) -> CliResult {
    sync::discover(app).await;
    let counts = servers::counts(&app.db).await.map_err(|e| e.to_string())?;
    let cursors = cursors::all(&app.db).await.map_err(|e| e.to_string())?;
    say(&format!("{:<24} {:<10} {:<12} {:>8}  LAST ROUND", "REGION", "STATE", "MICROVERSION", "SERVERS"));
    for region in app.registry.all().iter() {
        let count = counts.iter().find(|(id, _)| id.as_deref() == Some(region.id())).map_or(0, |(_, count)| *count);
        let round = cursors.iter().find(|cursor| cursor.region_id == region.id() && cursor.round_at > 0);
        let round = round.map_or_else(
            || "never".into(),
            |cursor| format!("{} ({} s ago)", iso(cursor.round_at), (local_now() - cursor.round_at) / 1_000_000),
        );
        let (state, version) = (&region.row.state, &region.row.microversion_max);
        let version = if version.is_empty() { "?" } else { version };
        say(&format!("{:<24} {state:<10} {version:<12} {count:>8}  {round}", region.name()));
    }
    Ok(())
}
