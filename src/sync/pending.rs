//! Servers of a region that wait for something, by their ids there.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// So many at most; of what comes beyond, later rounds, pages and sweeps tell.
const MOST: usize = 1_000;

/// Each once, however often it is added.
#[derive(Debug, Default)]
pub(super) struct Pending(Mutex<BTreeSet<String>>);

impl Pending {
    /// Adds some, as far as there is room.
    pub fn add(&self, ids: impl IntoIterator<Item = String>) {
        let mut pending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = MOST.saturating_sub(pending.len());
        pending.extend(ids.into_iter().take(room));
    }

    /// Takes all.
    pub fn take(&self) -> Vec<String> {
        let mut pending = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *pending).into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_waits_once_and_too_many_do_not() {
        let pending = Pending::default();
        pending.add(["b", "a", "b"].map(str::to_owned));
        assert_eq!(pending.take(), ["a", "b"]);
        assert!(pending.take().is_empty());
        pending.add((0..MOST + 5).map(|number| number.to_string()));
        assert_eq!(pending.take().len(), MOST);
    }
}
