//! The database's clock, in microseconds since the epoch.

use std::time::{SystemTime, UNIX_EPOCH};

use diesel::QueryResult;
use diesel::sql_types::BigInt;
use diesel_async::{AsyncMysqlConnection, RunQueryDsl};

use super::pools::AsyncSqlite;

/// Microseconds in a second.
pub const SECOND: i64 = 1_000_000;

/// So many seconds in microseconds; what does not fit is as long as can be.
#[must_use]
pub fn micros(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX / SECOND).saturating_mul(SECOND)
}

/// This machine's clock; for what never leaves the process.
#[must_use]
pub fn local_now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// A connection that can tell the time of its database.
pub trait Clock {
    /// Microseconds since the epoch.
    fn now(&mut self) -> impl Future<Output = QueryResult<i64>> + Send;
}

impl Clock for AsyncSqlite {
    /// The file's database has no clock but the machine's, and one machine has it open.
    async fn now(&mut self) -> QueryResult<i64> {
        Ok(local_now())
    }
}

impl Clock for AsyncMysqlConnection {
    async fn now(&mut self) -> QueryResult<i64> {
        let now = diesel::dsl::sql::<BigInt>("CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED)");
        diesel::select(now).get_result(self).await
    }
}

/// `2026-11-23T15:05:44Z`, as Nova writes times (`utils.isotime`).
#[must_use]
pub fn iso(micros: i64) -> String {
    chrono::DateTime::from_timestamp_micros(micros).unwrap_or_default().format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// `2026-11-23T15:05:44.000000`, as Nova's old documents have times.
#[must_use]
pub fn naive(micros: i64) -> String {
    chrono::DateTime::from_timestamp_micros(micros).unwrap_or_default().format("%Y-%m-%dT%H:%M:%S%.6f").to_string()
}

/// Parses the times in Nova's documents: `2026-11-23T15:05:44Z`, or `2026-11-23T15:05:44.000000` in old fields.
#[must_use]
pub fn parse(text: &str) -> Option<i64> {
    let naive = chrono::NaiveDateTime::parse_from_str(text.trim_end_matches('Z'), "%Y-%m-%dT%H:%M:%S%.f");
    naive.ok().map(|time| time.and_utc().timestamp_micros())
}

/// Parses what clients write: ISO 8601 with or without time, zone, and separators (oslo.utils, `parse_isotime`).
#[must_use]
pub fn parse_any(text: &str) -> Option<i64> {
    const TIMES: [&str; 6] = [
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%dT%H:%M",
        "%Y-%m-%d %H:%M",
        "%Y%m%dT%H%M%S%.f",
        "%Y%m%dT%H%M",
    ];
    let zoned = |format: &&str| {
        let format = format!("{format}%#z");
        chrono::DateTime::parse_from_str(text, &format).ok().map(|time| time.timestamp_micros())
    };
    let bare = text.trim_end_matches('Z');
    let naive = |format: &&str| chrono::NaiveDateTime::parse_from_str(bare, format).ok();
    let date = |format: &&str| chrono::NaiveDate::parse_from_str(bare, format).ok()?.and_hms_opt(0, 0, 0);
    let whole = TIMES.iter().find_map(naive).or_else(|| ["%Y-%m-%d", "%Y%m%d"].iter().find_map(date));
    whole.map(|time| time.and_utc().timestamp_micros()).or_else(|| TIMES.iter().find_map(zoned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_novas() {
        let micros = parse("2026-11-23T15:05:44Z").expect("a time");
        assert_eq!(iso(micros), "2026-11-23T15:05:44Z");
        assert_eq!(parse("2026-11-23T15:05:44.500000"), Some(micros + SECOND / 2));
        assert_eq!(parse("yesterday"), None);
        for same in ["2026-11-23T15:05:44Z", "2026-11-23 15:05:44", "2026-11-23T16:05:44+01:00", "20261123T150544Z"] {
            assert_eq!(parse_any(same), Some(micros), "{same}");
        }
        assert_eq!(parse_any("2026-11-23").map(iso).as_deref(), Some("2026-11-23T00:00:00Z"));
        for bad in ["", "yesterday", "2026-13-01T00:00:00Z", "15:05"] {
            assert_eq!(parse_any(bad), None, "{bad}");
        }
    }
}
