//! What a query for usage asks (`nova/api/openstack/compute/simple_tenant_usage.py`, `_parse_qs_params`).

use chrono::NaiveDate;

use crate::api::Call;
use crate::db::clock::local_now;
use crate::error::{ApiResult, Fault};
use crate::microversion::v2;
use crate::query::Query;
use crate::views::usage::Period;

/// A query, read.
pub(super) struct Asked {
    /// It ends now at the latest.
    pub period: Period,
    /// Each server too.
    pub detailed: bool,
    /// At most so many servers.
    pub limit: usize,
    /// Behind this server, as it was asked for.
    pub marker: Option<String>,
    /// There are pages, from 2.40 on.
    pub paged: bool,
    /// When it was asked.
    pub now: i64,
}

impl Asked {
    /// Reads the query of a call.
    pub fn read(call: &Call) -> ApiResult<Self> {
        let query = call.query();
        let items_max = call.app.config.api.items_per_page_max;
        let paged = call.version >= v2(40);
        let (limit, marker) = if paged { query.page(items_max)? } else { (items_max, None) };
        let now = local_now();
        Ok(Self {
            period: period(&query, now)?,
            detailed: first(&query, "detailed") == Some("1"),
            limit,
            marker: marker.map(str::to_owned),
            paged,
            now,
        })
    }
}

/// The first value that is not empty: Nova reads these keys with Python's `parse_qs`.
fn first<'a>(query: &'a Query, key: &str) -> Option<&'a str> {
    query.all(key).into_iter().find(|value| !value.is_empty())
}

/// The period asked for. Nova looks at the clock for the start and then for the end, so both are there without a word.
fn period(query: &Query, now: i64) -> ApiResult<Period> {
    let time = |key: &str, default: i64| match first(query, key) {
        None => Ok(default),
        Some(text) => {
            let unreadable = || Fault::bad_request("Invalid datetime string: Datetime is in invalid format");
            parse(text).ok_or_else(unreadable)
        }
    };
    let (start, stop) = (time("start", now - 1)?, time("end", now)?);
    if start >= stop {
        return Err(Fault::bad_request("Invalid start time. The start time cannot occur after the end time."));
    }
    Ok(Period { start, stop: stop.min(now) })
}

/// `2026-11-23T15:05:44`, `2026-11-23T15:05:44.5` or `2026-11-23 15:05:44.5`; numbers may lack their leading zeros.
fn parse(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, rest)| (whole, Some(rest)));
    let parts = whole.split_once(['T', 't']).or_else(|| whole.split_once(' ').filter(|_| fraction.is_some()));
    let (date, time) = parts?;
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
    let year = i32::try_from(year).ok().filter(|year| date.starts_with(&format!("{year:04}-")))?;
    let time = NaiveDate::from_ymd_opt(year, month, day).filter(|_| year > 0)?.and_hms_opt(hour, minute, second)?;
    let micros = match fraction {
        None => 0,
        Some(digits) => i64::from(number(&format!("{digits:0<6}"), 6).filter(|_| !digits.is_empty())?),
    };
    Some(time.and_utc().timestamp_micros() + micros)
}

fn numbers(text: &str, separator: char, widths: [usize; 3]) -> Option<[u32; 3]> {
    let mut parts = text.split(separator);
    let [first, second, third] = widths.map(|width| parts.next().and_then(|part| number(part, width)));
    parts.next().is_none().then_some([first?, second?, third?])
}

/// Digits, at most so many.
fn number(text: &str, width: usize) -> Option<u32> {
    let digits = (1..=width).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::clock::naive;

    #[test]
    fn times_are_those_that_nova_reads() {
        for (text, expected) in [
            ("2026-11-23T15:05:44", "2026-11-23T15:05:44.000000"),
            ("2026-11-23T15:05:44.5", "2026-11-23T15:05:44.500000"),
            ("2026-11-23 15:05:44.123456", "2026-11-23T15:05:44.123456"),
            ("2026-1-2T3:4:5", "2026-01-02T03:04:05.000000"),
            ("0001-01-01T00:00:00", "0001-01-01T00:00:00.000000"),
        ] {
            assert_eq!(parse(text).map(naive).as_deref(), Some(expected), "{text}");
        }
        for bad in [
            "2026-11-23",
            "2026-11-23 15:05:44",
            "2026-11-23T15:05",
            "2026-11-23T15:05:44Z",
            "2026-11-23T15:05:44+01:00",
            "2026-11-23T15:05:44.",
            "2026-11-23T15:05:44.1234567",
            "2026-11-23T24:00:00",
            "2026-11-23T15:05:60",
            "2026-02-29T00:00:00",
            "26-11-23T15:05:44",
            "0000-11-23T15:05:44",
            "2026-11-023T15:05:44",
            "+2026-11-23T15:05:44",
            "2026-11-23T15:05:44.5.5",
            "x",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_period_ends_now_at_the_latest() {
        let now = parse("2026-11-23T15:05:44.5").expect("a time");
        let read = |text: &str| period(&Query::parse(text), now).map(|p| (now - p.start, now - p.stop));
        assert_eq!(read("").ok(), Some((1, 0)));
        assert_eq!(read("start=&end=").ok(), Some((1, 0)));
        assert_eq!(read("start=2026-11-23T15:05:43&start=x").ok(), Some((1_500_000, 0)));
        assert_eq!(read("start=2026-11-23T15:05:43&end=2026-11-23T15:05:44").ok(), Some((1_500_000, 500_000)));
        assert_eq!(read("start=2026-11-23T15:05:43&end=2027-01-01T00:00:00").ok(), Some((1_500_000, 0)));
        // Both ahead of now: the period runs backwards, as Nova's does.
        assert_eq!(read("start=2026-11-23T15:05:45&end=2026-11-23T15:05:46").ok(), Some((-500_000, 0)));
        for bad in ["end=2026-11-23T15:05:44", "start=2026-11-23T15:05:45", "start=x", "end=x"] {
            assert_eq!(read(bad).expect_err(bad).status.as_u16(), 400);
        }
    }
}
