//! `region`

use std::sync::Arc;

use clap::Subcommand;

use super::{CliResult, region_add, say};
use crate::app::App;
use crate::db::clock::{iso, local_now};
use crate::db::{cursors, servers};
use crate::sync;

/// Verbs of `region`.
#[derive(Subcommand)]
pub enum Command {
    /// List the regions: state, newest microversion, servers, last sync round.
    List,
    /// Join a region: check what the service needs of it, register it, and take over the servers that it runs.
    Add(region_add::Args),
}

/// Runs the verb.
pub async fn run(command: Command, app: &Arc<App>) -> CliResult {
    match command {
        Command::List => list(app).await,
        Command::Add(args) => region_add::run(args, app).await,
    }
}

async fn list(app: &Arc<App>) -> CliResult {
    sync::discover(app).await;
    let counts = servers::counts(&app.db).await.map_err(|e| e.to_string())?;
    let cursors = cursors::all(&app.db).await.map_err(|e| e.to_string())?;
    say(&format!("{:<24} {:<10} {:<12} {:>8}  LAST ROUND", "REGION", "STATE", "MICROVERSION", "SERVERS"));
    for region in app.registry.all().iter() {
        let count = counts.iter().find(|(id, _)| id.as_deref() == Some(region.id())).map_or(0, |(_, count)| *count);
        let round = cursors.iter().find(|cursor| cursor.region_id == region.id());
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
