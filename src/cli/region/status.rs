//! `region status` and `region release`

use std::sync::Arc;

use super::super::{CliResult, actor, region, say};
use super::list::{REFUSED, say_refused};
use crate::app::App;
use crate::db::{audit, cursors};
use crate::regions::loop_guard;
use crate::sync::status::{self, Status};

/// How fresh the picture of each region is.
pub async fn run(app: &Arc<App>) -> CliResult {
    app.load_regions().await.map_err(|e| e.to_string())?;
    loop_guard::probe(&app.registry, &app.upstream).await;
    let statuses = status::of_all(app).await.map_err(|e| e.to_string())?;
    if statuses.is_empty() {
        return Err("no region is known yet: `region list` looks for them".into());
    }
    let head = ["ROUND", "LAG", "SKEW", "UNSETTLED", "MISSING", "UNKNOWN", "SWEEP", "SWEPT", "ERRORS"];
    say(&row("REGION", "STATE", head.map(str::to_owned)));
    for status in &statuses {
        say(&line(status));
    }
    for status in statuses.iter().filter(|status| status.refusal.is_none()) {
        for text in trouble(status) {
            say(&format!("{}: {text}", status.name));
        }
    }
    say_refused(app);
    Ok(())
}

/// Says that the servers of a region that are missing now are gone.
pub async fn release(app: &Arc<App>, name: &str) -> CliResult {
    let region = region(app, name).await?;
    cursors::release_brake(&app.db, region.id()).await.map_err(|e| e.to_string())?;
    audit::record(&app.db, &actor(), "region release", name, "").await.map_err(|e| e.to_string())?;
    say(&format!("{name}: what is missing now is closed as soon as the region says so once more"));
    Ok(())
}

fn row(
    name: &str,
    state: &str,
    [round, lag, skew, unsettled, missing, unknown, sweep, swept, errors]: [String; 9],
) -> String {
    format!(
        "{name:<24} {state:<10} {round:>9} {lag:>9} {skew:>9} {unsettled:>9} {missing:>8} {unknown:>8} {sweep:>6} \
         {swept:>9} {errors:>7}"
    )
}

fn line(status: &Status) -> String {
    let (cursor, attention) = (&status.cursor, &status.attention);
    let known = |micros: Option<i64>| micros.map_or_else(|| "-".to_owned(), seconds);
    let sweep = status.sweep_share().map_or_else(|| "-".to_owned(), |share| format!("{:.0} %", share * 100.0));
    let told = [
        known(status.age(cursor.round_at)),
        known(cursor.lag_us),
        known(cursor.skew_us),
        attention.unsettled.to_string(),
        attention.missing.to_string(),
        attention.unknown.to_string(),
        sweep,
        known(status.age(cursor.swept_at)),
        cursor.errors.to_string(),
    ];
    row(&status.name, if status.refusal.is_some() { REFUSED } else { &status.state }, told)
}

/// What an operator should know beside the figures.
fn trouble(status: &Status) -> Vec<String> {
    let cursor = &status.cursor;
    let mut told = Vec::new();
    if status.holder.is_none() {
        told.push("no process syncs it".to_owned());
    }
    if let Some(age) = status.age(cursor.brake_at) {
        told.push(format!(
            "the brake is on since {}: {} servers are missing, and none is closed. If they are really gone: \
             nova-cascade region release {}",
            seconds(age),
            status.attention.missing,
            status.name
        ));
    }
    if let Some((id, reason)) = &status.set_aside.last {
        told.push(format!(
            "{} servers cannot be stored and are set aside; the last: {id}: {reason}",
            status.set_aside.count
        ));
    }
    if let Some(age) = status.age(cursor.error_at) {
        told.push(format!("the last error was {} ago: {}", seconds(age), cursor.error));
    }
    told
}

fn seconds(micros: i64) -> String {
    let tenths = micros / 100_000;
    let sign = if tenths < 0 { "-" } else { "" };
    format!("{sign}{}.{} s", tenths.abs() / 10, tenths.abs() % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seconds() {
        let shown = [0, 1_250_000, -300_000, 3_600_000_000].map(seconds);
        assert_eq!(shown, ["0.0 s", "1.2 s", "-0.3 s", "3600.0 s"]);
    }
}
