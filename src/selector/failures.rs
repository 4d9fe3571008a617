//! Boots that failed in a region after it had accepted them, by flavor: remembered for a while by this process.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::config;

/// Regions and flavors remembered; beyond them those that failed longest ago are forgotten.
const ENTRIES_MAX: usize = 10_000;

/// Region and flavor, by their ids on top.
type Key = (String, String);

/// The memory.
#[derive(Debug)]
pub struct Failures {
    most: usize,
    window: Duration,
    /// The latest failures, oldest first, at most `most` of each.
    noted: Mutex<HashMap<Key, VecDeque<Instant>>>,
}

/// What is remembered of one region and flavor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recent {
    /// Failures within `boot.failures_window_s`, counted to `boot.failures_max`.
    pub count: usize,
    /// There were that many.
    pub too_many: bool,
}

impl Failures {
    /// An empty memory.
    #[must_use]
    pub fn new(boot: &config::Boot) -> Self {
        let window = Duration::from_secs(boot.failures_window_s);
        Self { most: boot.failures_max.max(1), window, noted: Mutex::default() }
    }

    /// Notes that a region did not bring up a server of the flavor: for want of a host, by a fault of its own.
    pub fn note(&self, region_id: &str, flavor_id: &str) {
        let now = Instant::now();
        let mut noted = self.lock();
        let times = noted.entry((region_id.to_owned(), flavor_id.to_owned())).or_default();
        times.push_back(now);
        while times.len() > self.most {
            times.pop_front();
        }
        if noted.len() > ENTRIES_MAX {
            noted.retain(|_, times| times.back().is_some_and(|last| now.duration_since(*last) < self.window));
        }
        if noted.len() > ENTRIES_MAX {
            let oldest = noted.iter().min_by_key(|(_, times)| times.back()).map(|(key, _)| key.clone());
            oldest.and_then(|key| noted.remove(&key));
        }
    }

    /// What is remembered of a region and a flavor.
    #[must_use]
    pub fn recent(&self, region_id: &str, flavor_id: &str) -> Recent {
        let now = Instant::now();
        let noted = self.lock();
        let times = noted.get(&(region_id.to_owned(), flavor_id.to_owned()));
        let lately = times.into_iter().flatten().filter(|at| now.duration_since(**at) < self.window);
        let count = lately.count();
        Recent { count, too_many: count >= self.most }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, VecDeque<Instant>>> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failures(failures_max: usize, failures_window_s: u64) -> Failures {
        Failures::new(&config::Boot { failures_max, failures_window_s, ..Default::default() })
    }

    #[test]
    fn they_count_by_region_and_flavor_and_no_further_than_the_limit() {
        let failures = failures(2, 300);
        assert_eq!(failures.recent("r", "f"), Recent::default());
        failures.note("r", "f");
        assert_eq!(failures.recent("r", "f"), Recent { count: 1, too_many: false });
        failures.note("r", "f");
        failures.note("r", "f");
        assert_eq!(failures.recent("r", "f"), Recent { count: 2, too_many: true });
        assert_eq!((failures.recent("r", "g"), failures.recent("s", "f")), (Recent::default(), Recent::default()));
    }

    #[test]
    fn they_are_forgotten_with_time_and_bounded_in_number() {
        let forgetful = failures(2, 0);
        forgetful.note("r", "f");
        assert_eq!(forgetful.recent("r", "f"), Recent::default());
        let failures = failures(2, 300);
        for number in 0..=ENTRIES_MAX {
            failures.note("r", &number.to_string());
        }
        assert_eq!(failures.lock().len(), ENTRIES_MAX);
        assert_eq!(failures.recent("r", "0"), Recent::default(), "the oldest is gone");
        assert_eq!(failures.recent("r", "1").count, 1);
    }
}
