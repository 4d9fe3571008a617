//! `region list`

use std::sync::Arc;

use super::super::{CliResult, say};
use crate::app::App;
use crate::db::clock::{iso, local_now};
use crate::db::cursors::{self, Cursor};
use crate::db::servers;
use crate::regions::Region;
use crate::sync;

/// Prints a line for each.
pub(super) async fn run(app: &Arc<App>) -> CliResult {
    sync::discover(app).await;
    let counts = servers::counts(&app.db).await.map_err(|e| e.to_string())?;
    let cursors = cursors::all(&app.db).await.map_err(|e| e.to_string())?;
    say(&format!(
        "{:<24} {:<10} {:>6} {:<12} {:>8}  LAST ROUND",
        "REGION", "STATE", "WEIGHT", "MICROVERSION", "SERVERS"
    ));
    for region in app.registry.registered().iter() {
        let count = counts.iter().find(|(id, _)| id.as_deref() == Some(region.id())).map_or(0, |(_, count)| *count);
        let round = last_round(cursors.iter().find(|cursor| cursor.region_id == region.id()));
        let row = &region.row;
        let version = if row.microversion_max.is_empty() { "?" } else { &row.microversion_max };
        let state = if region.refusal().is_some() { REFUSED } else { &row.state };
        let (name, weight) = (&row.name, row.weight);
        say(&format!("{name:<24} {state:<10} {weight:>6} {version:<12} {count:>8}  {round}"));
    }
    say_refused(app);
    Ok(())
}

/// What is shown as the state of a region that is not used.
pub(super) const REFUSED: &str = "refused";

/// Says of each region that is not used why, and what to do.
pub(in crate::cli) fn say_refused(app: &App) {
    for region in app.registry.registered().iter() {
        if let Some(reason) = region.refusal() {
            say(&format!("{}: {}", region.name(), refused(region, reason)));
        }
    }
}

/// Why a region is not used, and what to do.
pub(in crate::cli) fn refused(region: &Region, reason: &str) -> String {
    let (remedy, of) = region.remedy();
    format!("{reason} ({of}), so it is not used: {remedy}")
}

/// When the sync last read a region whole.
pub(super) fn last_round(cursor: Option<&Cursor>) -> String {
    cursor.filter(|cursor| cursor.round_at > 0).map_or_else(
        || "never".into(),
        |cursor| format!("{} ({} s ago)", iso(cursor.round_at), (local_now() - cursor.round_at) / 1_000_000),
    )
}
