//! How fresh the top's picture of each region is: read from the database, so that any process can tell.

use crate::app::App;
use crate::db::clock::local_now;
use crate::db::cursors::{self, Cursor};
use crate::db::servers::attention::{self, Attention};
use crate::db::set_aside::{self, Summary};
use crate::db::{DbResult, leases};

/// One region.
#[derive(Clone, Debug)]
pub struct Status {
    /// Its name.
    pub name: String,
    /// `enabled`, `draining` or `disabled`.
    pub state: String,
    /// Why it is not used, where it is not.
    pub refusal: Option<&'static str>,
    /// How far its sync has come, and what went wrong.
    pub cursor: Cursor,
    /// Rows that are not as they should be.
    pub attention: Attention,
    /// Its servers that could not be stored.
    pub set_aside: Summary,
    /// The process that syncs it, while its lease runs.
    pub holder: Option<String>,
    /// When this was read; our clock.
    pub at: i64,
}

impl Status {
    /// Age of a time in microseconds; none for one that never was.
    #[must_use]
    pub fn age(&self, at: i64) -> Option<i64> {
        (at > 0).then(|| (self.at - at).max(0))
    }

    /// How much of the sweep under way is done, from 0 to 1: ids are spread evenly.
    #[must_use]
    pub fn sweep_share(&self) -> Option<f64> {
        if self.cursor.sweep_began_at == 0 {
            return None;
        }
        let digits: String = self.cursor.sweep_after.chars().take(4).collect();
        Some(f64::from(u16::from_str_radix(&digits, 16).unwrap_or(0)) / f64::from(u16::MAX))
    }
}

/// All regions of the registry, by name.
///
/// # Errors
/// The database's.
pub async fn of_all(app: &App) -> DbResult<Vec<Status>> {
    let regions = app.registry.registered();
    let ids: Vec<&str> = regions.iter().map(|region| region.id()).collect();
    let counts = attention::counts(&app.db, &ids).await?;
    let set_aside = set_aside::summaries(&app.db, &ids).await?;
    let mut cursors = cursors::all(&app.db).await?;
    let holders = leases::holders(&app.db).await?;
    let at = local_now();
    let statuses = regions.iter().zip(counts).zip(set_aside).map(|((region, attention), set_aside)| {
        let known = cursors.iter().position(|cursor| cursor.region_id == region.id());
        let cursor = known.map(|at| cursors.swap_remove(at));
        let lease = super::lease_name(region.id());
        Status {
            name: region.name().to_owned(),
            state: region.row.state.clone(),
            refusal: region.refusal(),
            cursor: cursor.unwrap_or_else(|| Cursor { region_id: region.id().to_owned(), ..Cursor::default() }),
            attention,
            set_aside,
            holder: holders.iter().find(|(name, _)| *name == lease).map(|(_, owner)| owner.clone()),
            at,
        }
    });
    Ok(statuses.collect())
}

/// Sets the gauges of all regions.
pub(super) fn measure(statuses: &[Status]) {
    for status in statuses {
        let (cursor, attention) = (&status.cursor, &status.attention);
        let gauge = |name: &'static str, value: f64| {
            metrics::gauge!(name, "region" => status.name.clone()).set(value);
        };
        let gauges = [
            ("cascade_region_age_seconds", status.age(cursor.round_at)),
            ("cascade_region_sweep_age_seconds", status.age(cursor.swept_at)),
            ("cascade_region_lag_seconds", cursor.lag_us),
            ("cascade_region_skew_seconds", cursor.skew_us),
        ];
        for (name, micros) in gauges {
            if let Some(micros) = micros {
                gauge(name, seconds(micros));
            }
        }
        gauge("cascade_region_servers_unsettled", count(attention.unsettled));
        gauge("cascade_region_servers_missing", count(attention.missing));
        gauge("cascade_region_servers_unknown", count(attention.unknown));
        gauge("cascade_region_servers_set_aside", count(status.set_aside.count));
        gauge("cascade_region_refused", f64::from(u8::from(status.refusal.is_some())));
        gauge("cascade_region_sweep_share", status.sweep_share().unwrap_or(1.0));
        gauge("cascade_region_brake", f64::from(u8::from(cursor.brake_at > 0)));
    }
}

fn count(count: i64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Milliseconds are enough for people and graphs.
fn seconds(micros: i64) -> f64 {
    f64::from(i32::try_from(micros / 1_000).unwrap_or(i32::MAX)) / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweeps_share_is_told_by_its_place() {
        let at = |began_at, after: &str| {
            let cursor = Cursor { sweep_began_at: began_at, sweep_after: after.into(), ..Cursor::default() };
            let (name, state, attention) = (String::new(), String::new(), Attention::default());
            let set_aside = Summary::default();
            Status { name, state, refusal: None, cursor, attention, set_aside, holder: None, at: 9 }.sweep_share()
        };
        assert_eq!(at(0, ""), None);
        assert_eq!(at(1, ""), Some(0.0));
        assert_eq!(at(1, "ffff0000-"), Some(1.0));
        assert!(at(1, "8000").is_some_and(|share| (0.49..0.51).contains(&share)));
    }
}
