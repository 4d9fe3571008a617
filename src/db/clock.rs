//! The database's clock, in microseconds since the epoch.

use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

use diesel::QueryResult;
use diesel::sql_types::BigInt;
use diesel_async::{AsyncMysqlConnection, RunQueryDsl};
use regex::Regex;

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

/// Parses what clients write: every form of ISO 8601 that oslo.utils' `parse_isotime` takes (`iso8601/iso8601.py`), from
/// the year alone to fractions and a zone. Without a zone it is UTC.
#[must_use]
pub fn parse_any(text: &str) -> Option<i64> {
    // Python's `$` lets a last line feed pass. A month without a dash is followed by a day: no YYYYMM.
    static FORM: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"(?x)\A(?<year>[0-9]{4})
            (?:(?:-(?<month>[0-9]{1,2})|(?<packed>[0-9]{2}))
                (?:(?:-(?<day>[0-9]{1,2})|(?<packed_day>[0-9]{2}))
                    (?:[\ T](?<hour>[0-9]{2})(?::?(?<minute>[0-9]{2}))?
                        (?::?(?<second>[0-9]{1,2})(?:[.,](?<fraction>[0-9]+))?)?
                        (?:Z|(?<sign>[-+])(?<zone_hour>[0-9]{2}):?(?<zone_minute>[0-9]{2})?)?
                    )?
                )?
            )?\n?\z",
        )
        .ok()
    });
    let found = FORM.as_ref()?.captures(text)?;
    let number = |names: &[&str]| {
        let digits = names.iter().find_map(|name| found.name(name))?;
        digits.as_str().parse::<u32>().ok()
    };
    let day = number(&["day", "packed_day"]);
    if found.name("packed").is_some() && day.is_none() {
        return None;
    }
    let year = i32::try_from(number(&["year"])?).ok().filter(|year| *year > 0)?;
    let date = chrono::NaiveDate::from_ymd_opt(year, number(&["month", "packed"]).unwrap_or(1), day.unwrap_or(1))?;
    let part = |name| number(&[name]).unwrap_or(0);
    let time = date.and_hms_opt(part("hour"), part("minute"), part("second"))?;
    let digits = found.name("fraction").map_or("", |fraction| fraction.as_str());
    let micros = digits.chars().chain("000000".chars()).take(6).collect::<String>().parse::<i64>().ok()?;
    let offset = i64::from(part("zone_hour")) * 3_600 + i64::from(part("zone_minute")) * 60;
    let east = if found.name("sign").is_some_and(|sign| sign.as_str() == "-") { -offset } else { offset };
    (offset < 86_400).then(|| time.and_utc().timestamp_micros() + micros - east * SECOND)
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
    }

    #[test]
    fn clients_write_times_in_every_form() {
        for (form, same) in [
            ("2026-11-23T15:05:44Z", "2026-11-23T15:05:44.000000"),
            ("2026-11-23 15:05:44", "2026-11-23T15:05:44.000000"),
            ("2026-11-23T16:05:44+01:00", "2026-11-23T15:05:44.000000"),
            ("2026-11-23T10:05:44-05", "2026-11-23T15:05:44.000000"),
            ("2026-11-23T20:35:44+0530", "2026-11-23T15:05:44.000000"),
            ("20261123T150544Z", "2026-11-23T15:05:44.000000"),
            ("202611-23T15:0544", "2026-11-23T15:05:44.000000"),
            ("2026-11-23T15:05:44,5", "2026-11-23T15:05:44.500000"),
            ("2026-11-23T15:05:44.1234567Z", "2026-11-23T15:05:44.123456"),
            ("2026-11-23T15:05", "2026-11-23T15:05:00.000000"),
            ("2026-11-23T15", "2026-11-23T15:00:00.000000"),
            // A lone digit behind the hour is of the second.
            ("2026-11-23T15:5", "2026-11-23T15:00:05.000000"),
            ("2026-11-23", "2026-11-23T00:00:00.000000"),
            ("2026-1-2", "2026-01-02T00:00:00.000000"),
            ("20261123", "2026-11-23T00:00:00.000000"),
            ("2026-01", "2026-01-01T00:00:00.000000"),
            ("2026-1", "2026-01-01T00:00:00.000000"),
            ("2026", "2026-01-01T00:00:00.000000"),
            ("2026\n", "2026-01-01T00:00:00.000000"),
        ] {
            assert_eq!(parse_any(form).map(naive).as_deref(), Some(same), "{form}");
        }
        for bad in [
            "",
            "yesterday",
            "202601",
            "0000",
            "26-01-01",
            "2026-13-01T00:00:00Z",
            "2026-02-30",
            "2026-11-23T24:00:00",
            "2026-11-23T15:05:60",
            "2026-11-23t15:05",
            "2026-11-23T15:05:44z",
            "2026-11-23T15:05:44.",
            "2026-11-23T15:05:44+24:00",
            "2026-11-23T15:05:44 Z",
            "2026-11-23Z",
            "15:05",
            "2026-11-23\n\n",
            "\u{0662}026",
        ] {
            assert_eq!(parse_any(bad), None, "{bad}");
        }
    }
}
