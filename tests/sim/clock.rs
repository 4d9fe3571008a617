//! A region's clock: real time plus an offset that a test sets.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Utc};

/// The time as one region sees it.
#[derive(Debug, Default)]
pub struct Clock {
    offset_s: AtomicI64,
}

impl Clock {
    /// Puts the region this many seconds ahead of real time (behind, if negative).
    pub fn set_offset_s(&self, seconds: i64) {
        self.offset_s.store(seconds, Ordering::Relaxed);
    }

    /// Whole seconds since the epoch, which is all that Nova's database keeps.
    pub fn now_s(&self) -> i64 {
        Utc::now().timestamp() + self.offset_s.load(Ordering::Relaxed)
    }
}

/// `2026-08-01T10:00:00Z`, as in `created` and `updated`.
pub fn iso(seconds: i64) -> String {
    at(seconds).format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// `2026-08-01T10:00:00.000000`, as in `OS-SRV-USG:launched_at`: with fractions and without a zone.
pub fn iso_micros(seconds: i64) -> String {
    at(seconds).format("%Y-%m-%dT%H:%M:%S.000000").to_string()
}

/// `Sat, 01 Aug 2026 10:00:00 GMT`, as in the header `Date`.
pub fn http_date(seconds: i64) -> String {
    at(seconds).format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Reads the date forms that clients send; a time without a zone is taken as UTC.
pub fn parse(text: &str) -> Option<i64> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.timestamp());
    }
    let bare = text.trim_end_matches('Z');
    ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"]
        .iter()
        .find_map(|form| chrono::NaiveDateTime::parse_from_str(bare, form).ok())
        .map(|time| time.and_utc().timestamp())
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default()
}
