//! However many notifications come, rounds are asked for no more often than so: the first one at once, those that come
//! within the pause together at its end.

use std::time::Duration;

use tokio::time::Instant;

/// When to wake next.
#[derive(Debug)]
pub struct Throttle {
    pause: Duration,
    /// Before that nobody is woken.
    free_at: Instant,
    wanted: bool,
}

impl Throttle {
    /// Free from `now` on.
    #[must_use]
    pub fn new(pause: Duration, now: Instant) -> Self {
        Self { pause, free_at: now, wanted: false }
    }

    /// A round is wanted.
    pub fn want(&mut self) {
        self.wanted = true;
    }

    /// When the round that is wanted may run; `None`: none is.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        self.wanted.then_some(self.free_at)
    }

    /// The round is asked for now; the pause begins.
    pub fn woken(&mut self, now: Instant) {
        self.wanted = false;
        self.free_at = now + self.pause;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Wakes while notifications come at these milliseconds, by a clock of ours.
    fn wakes(pause_ms: u64, at_ms: &[u64]) -> Vec<u64> {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut throttle = Throttle::new(Duration::from_millis(pause_ms), start);
        let mut found = Vec::new();
        for now in 0..2_000 {
            at_ms.iter().filter(|ms| **ms == now).for_each(|_| throttle.want());
            if throttle.due().is_some_and(|due| due <= at(now)) {
                throttle.woken(at(now));
                found.push(now);
            }
        }
        found
    }

    #[test]
    fn the_first_wakes_at_once_and_the_others_together() {
        assert_eq!(wakes(250, &[10, 20, 20, 30, 900]), [10, 260, 900]);
    }

    #[test]
    fn a_storm_wakes_once_a_pause_and_its_last_is_not_lost() {
        let storm: Vec<u64> = (0..1_000).collect();
        assert_eq!(wakes(250, &storm), [0, 250, 500, 750, 1_000]);
    }

    #[test]
    fn without_a_notification_nobody_is_woken() {
        assert!(wakes(250, &[]).is_empty());
    }
}
