//! How a region is doing: a circuit breaker over calls, and the age of what we know.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::time::Duration;

use http::StatusCode;

use super::CallError;
use super::breaker::Breaker;
use crate::config;
use crate::db::clock::{SECOND, local_now};

/// Counters of one region, shared by all who call it.
#[derive(Debug)]
pub struct Health {
    breaker: Breaker,
    round_at: AtomicI64,
    servers: AtomicI64,
    /// Microseconds; 0: not measured yet.
    latency_us: AtomicI64,
}

/// How much of the average one more call is.
const LATENCY_SHARE: i64 = 8;

impl Health {
    /// A region not called yet counts as up.
    #[must_use]
    pub fn new(settings: &config::Region) -> Self {
        Self {
            breaker: Breaker::new(settings.failures_before_down, settings.retry_down_ms),
            round_at: AtomicI64::new(0),
            servers: AtomicI64::new(0),
            latency_us: AtomicI64::new(0),
        }
    }

    /// Notes how a call to the region's compute API ended: with this status, or without an answer.
    pub fn note(&self, result: Result<StatusCode, &CallError>) {
        match result {
            // A gateway in front of a dead Nova answers for it.
            Ok(status) if matches!(status.as_u16(), 502..=504) => {
                self.breaker.failed(&format!("it answered {}", status.as_u16()));
            }
            Ok(_) => self.breaker.succeeded(),
            Err(error) => self.breaker.failed(&error.reason),
        }
    }

    /// Why users' requests should not go there now; `None` when they may. After `region.retry_down_ms` one is let
    /// through; the sync keeps trying all the time and closes the breaker by itself.
    #[must_use]
    pub fn down(&self) -> Option<String> {
        self.breaker.down()
    }

    /// True while calls fail; unlike [`Self::down`] it lets nobody through.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        self.breaker.is_failing()
    }

    /// The last failure, for people.
    #[must_use]
    pub fn reason(&self) -> String {
        self.breaker.reason()
    }

    /// Notes the start of a completed sync round (microseconds, our clock).
    pub fn set_round_at(&self, at: i64) {
        self.round_at.fetch_max(at, Relaxed);
    }

    /// Age of what we know of the region in seconds; 0 before the first round of this process.
    #[must_use]
    pub fn age_s(&self) -> u64 {
        match self.round_at.load(Relaxed) {
            0 => 0,
            at => u64::try_from((local_now() - at) / SECOND).unwrap_or(0),
        }
    }

    /// Notes how long an answer of its compute API took. Only calls of the service account count: these are the same in
    /// every region, so that their times can be compared.
    pub fn note_latency(&self, took: Duration) {
        let took = i64::try_from(took.as_micros()).unwrap_or(i64::MAX / LATENCY_SHARE).max(1);
        let mixed = |average: i64| if average == 0 { took } else { average + (took - average) / LATENCY_SHARE };
        let _ = self.latency_us.fetch_update(Relaxed, Relaxed, |average| Some(mixed(average)));
    }

    /// The moving average of these; none before the first.
    #[must_use]
    pub fn latency(&self) -> Option<Duration> {
        u64::try_from(self.latency_us.load(Relaxed)).ok().filter(|us| *us > 0).map(Duration::from_micros)
    }

    /// Notes how many live servers the region has.
    pub fn set_servers(&self, count: i64) {
        self.servers.store(count, Relaxed);
    }

    /// Notes that there are so many more (or fewer).
    pub fn add_servers(&self, more: i64) {
        self.servers.fetch_add(more, Relaxed);
    }

    /// Live servers, about.
    #[must_use]
    pub fn servers(&self) -> i64 {
        self.servers.load(Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_failures_take_a_region_down_and_an_answer_brings_it_back() {
        let health = Health::new(&config::Region::default());
        health.breaker.failed("no route");
        health.breaker.failed("no route");
        assert!(health.down().is_none());
        health.breaker.failed("refused");
        assert_eq!(health.down().as_deref(), Some("refused"));
        health.note(Ok(StatusCode::NOT_FOUND));
        assert!(health.down().is_none());
    }

    #[test]
    fn latency_is_an_average_that_forgets() {
        let health = Health::new(&config::Region::default());
        assert_eq!(health.latency(), None);
        health.note_latency(Duration::from_millis(8));
        assert_eq!(health.latency(), Some(Duration::from_millis(8)));
        health.note_latency(Duration::from_millis(16));
        assert_eq!(health.latency(), Some(Duration::from_millis(9)));
        for _ in 0..100 {
            health.note_latency(Duration::from_millis(2));
        }
        assert!(health.latency().is_some_and(|latency| latency < Duration::from_millis(3)));
    }

    #[test]
    fn one_request_is_let_through_when_the_wait_is_over() {
        let health = Health::new(&config::Region { retry_down_ms: 0, failures_before_down: 1, ..Default::default() });
        health.breaker.failed("refused");
        assert!(health.down().is_none());
    }
}
