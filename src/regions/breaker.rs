//! A circuit breaker: what failed some times in a row is left alone for a while, and then tried by one caller at a time.

use std::sync::atomic::{AtomicI64, AtomicU32, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use crate::db::clock::local_now;

/// Shared by all who call the same thing. Closed at first.
#[derive(Debug)]
pub struct Breaker {
    failures_before_down: u32,
    retry_down_us: i64,
    failures: AtomicU32,
    retry_at: AtomicI64,
    reason: Mutex<String>,
}

impl Breaker {
    /// Opens at so many failures in a row, and lets one caller through after each `retry_down_ms`.
    #[must_use]
    pub fn new(failures_before_down: u32, retry_down_ms: u64) -> Self {
        Self {
            failures_before_down: failures_before_down.max(1),
            retry_down_us: i64::try_from(retry_down_ms).unwrap_or(i64::MAX / 1_000) * 1_000,
            failures: AtomicU32::new(0),
            retry_at: AtomicI64::new(0),
            reason: Mutex::new(String::new()),
        }
    }

    /// Notes an answer.
    pub fn succeeded(&self) {
        self.failures.store(0, Relaxed);
    }

    /// Notes a failure.
    pub fn failed(&self, reason: &str) {
        if self.failures.fetch_add(1, Relaxed) + 1 >= self.failures_before_down {
            self.retry_at.store(local_now() + self.retry_down_us, Relaxed);
        }
        reason.clone_into(&mut self.reason.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Opens at once: what failed is needed by every call.
    pub fn open(&self, reason: &str) {
        self.failures.fetch_max(self.failures_before_down - 1, Relaxed);
        self.failed(reason);
    }

    /// Why a call should not be made now; `None` when it may be, to one caller in each `retry_down_ms` while calls fail.
    #[must_use]
    pub fn down(&self) -> Option<String> {
        if !self.is_failing() {
            return None;
        }
        let now = local_now();
        let retry_at = self.retry_at.load(Relaxed);
        let next = now + self.retry_down_us;
        if now >= retry_at && self.retry_at.compare_exchange(retry_at, next, Relaxed, Relaxed).is_ok() {
            return None;
        }
        Some(self.reason())
    }

    /// True while calls fail; unlike [`Self::down`] it lets nobody through.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        self.failures.load(Relaxed) >= self.failures_before_down
    }

    /// The last failure, for people.
    #[must_use]
    pub fn reason(&self) -> String {
        self.reason.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_caller_at_a_time_tries_again() {
        let breaker = Breaker::new(2, 60_000);
        breaker.failed("first");
        assert_eq!(breaker.down(), None);
        breaker.failed("second");
        assert_eq!((breaker.down().as_deref(), breaker.is_failing()), (Some("second"), true));
        breaker.succeeded();
        assert_eq!((breaker.down(), breaker.is_failing()), (None, false));
        breaker.open("at once");
        assert_eq!(breaker.down().as_deref(), Some("at once"));
        let soon = Breaker::new(1, 0);
        soon.failed("now");
        assert_eq!(soon.down(), None, "the time is over: one may try");
    }
}
