//! The strangers of one region that are kept in mind.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::views::server::document::Told;

/// Strangers kept in mind; what is above it is met again in the next sweep.
const MOST: usize = 10_000;

/// A stranger, and when it was read (our clock).
pub type Read = (Told, i64);

/// Those of one region.
#[derive(Debug, Default)]
pub struct Kept(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// All known, by their ids there.
    known: BTreeSet<String>,
    /// Those to be adopted.
    queue: BTreeMap<String, Read>,
}

impl Kept {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note; true the first time.
    pub fn note(&self, id: &str) -> bool {
        let mut kept = self.lock();
        kept.known.len() < MOST && kept.known.insert(id.to_owned())
    }

    /// Whether it was taken note of.
    pub fn knows(&self, id: &str) -> bool {
        self.lock().known.contains(id)
    }

    /// All taken note of.
    pub fn known(&self) -> Vec<String> {
        self.lock().known.iter().cloned().collect()
    }

    /// Lets go of some.
    pub fn forget<'a>(&self, ids: impl IntoIterator<Item = &'a str>) {
        let mut kept = self.lock();
        for id in ids {
            kept.known.remove(id);
            kept.queue.remove(id);
        }
    }

    /// Puts one into the queue; the length of that, unless it is full.
    pub fn push(&self, told: Told, read_at: i64) -> Option<usize> {
        let mut kept = self.lock();
        if kept.queue.len() >= MOST {
            return None;
        }
        kept.queue.insert(told.local_id.clone(), (told, read_at));
        Some(kept.queue.len())
    }

    /// Takes some out of the queue.
    pub fn pop(&self, count: usize) -> Vec<Read> {
        let mut kept = self.lock();
        let ids: Vec<String> = kept.queue.keys().take(count).cloned().collect();
        ids.iter().filter_map(|id| kept.queue.remove(id)).collect()
    }

    /// Puts back what was taken out; what was met meanwhile is newer, and what was let go of stays gone.
    pub fn put_back(&self, later: Vec<Read>) {
        let mut kept = self.lock();
        for (told, read_at) in later {
            if kept.known.contains(&told.local_id) {
                kept.queue.entry(told.local_id.clone()).or_insert((told, read_at));
            }
        }
    }

    /// Tells that this process knows none any more.
    pub fn unmeasure(region: &str) {
        metrics::gauge!("cascade_strangers", "region" => region.to_owned()).set(0.0);
    }

    /// Tells how many there are.
    pub fn measure(&self, region: &str) {
        let count = u32::try_from(self.lock().known.len()).unwrap_or(u32::MAX);
        metrics::gauge!("cascade_strangers", "region" => region.to_owned()).set(f64::from(count));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(id: &str, name: &str) -> Told {
        let document =
            json!({"id": id, "name": name, "OS-EXT-STS:vm_state": "active", "updated": "2026-11-23T15:00:04Z"});
        Told::read(document).expect("a document")
    }

    #[test]
    fn what_is_put_back_does_not_replace_what_is_newer() {
        let kept = Kept::default();
        for id in ["a", "b", "c"] {
            assert!(kept.note(id) && !kept.note(id));
            kept.push(told(id, "old"), 1);
        }
        let taken = kept.pop(9);
        assert_eq!(taken.len(), 3);
        kept.push(told("a", "new"), 2);
        kept.forget(["b"]);
        kept.put_back(taken);
        let queue: Vec<(String, i64)> = kept.pop(9).into_iter().map(|(told, at)| (told.local_id, at)).collect();
        assert_eq!(queue, [("a".to_owned(), 2), ("c".to_owned(), 1)]);
        assert_eq!(kept.known(), ["a", "c"]);
    }
}
