//! Boots that this process works on now. One of them may be old because a region is slow: it is not left, whatever its age.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The ids of their intents, each with how often it is held.
#[derive(Clone, Default)]
pub struct AtWork(Arc<Mutex<HashMap<String, usize>>>);

/// Intents that are worked on until this is dropped, however the work ends.
#[must_use]
pub struct Held {
    at_work: AtWork,
    ids: Vec<String>,
}

impl AtWork {
    /// Notes that these are worked on; before they are written, so that no look at the rows comes in between.
    pub fn hold(&self, ids: impl IntoIterator<Item = String>) -> Held {
        let ids: Vec<String> = ids.into_iter().collect();
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for id in &ids {
            *held.entry(id.clone()).or_default() += 1;
        }
        Held { at_work: self.clone(), ids }
    }

    /// Whether this one is worked on.
    #[must_use]
    pub fn has(&self, id: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains_key(id)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut held = self.at_work.0.lock().unwrap_or_else(PoisonError::into_inner);
        for id in &self.ids {
            let left = held.get(id).map_or(0, |count| count.saturating_sub(1));
            if left == 0 {
                held.remove(id);
            } else {
                held.insert(id.clone(), left);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_intent_is_worked_on_until_the_last_who_holds_it_is_done() {
        let at_work = AtWork::default();
        let first = at_work.hold(["a".to_owned(), "b".to_owned()]);
        let second = at_work.hold(["a".to_owned()]);
        drop(first);
        assert!(at_work.has("a") && !at_work.has("b"));
        drop(second);
        assert!(!at_work.has("a"));
    }
}
