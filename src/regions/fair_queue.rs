//! A bounded number of permits, shared fairly by those who ask: the calls to one region, by project.
//!
//! One rule holds for permits and for places in the queue: a key gets one more only while it holds fewer than twice as
//! many as are free (dynamic thresholds, Choudhury and Hahne 1998). A key that is alone gets two thirds of them; of n
//! greedy keys each has two parts in 2n + 1, and one part is free for the next. So one key, or a few, cannot take all for as
//! long as their calls last. What becomes free goes round the keys that wait, and in the order of arrival within a key.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

/// Whether a key may have one more of something.
fn may_have_more(has: usize, free: usize) -> bool {
    has < free.saturating_mul(2)
}

/// Why there is no permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The key has its share of the places in the queue.
    #[error("the queue is full")]
    Full,
    /// No permit within the time given.
    #[error("the wait took too long")]
    Late,
}

/// The permits and who waits for one.
#[derive(Debug)]
pub struct FairQueue {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    free: usize,
    places_free: usize,
    keys: HashMap<Arc<str>, Key>,
    /// Keys with someone waiting, each once, the next one in front.
    round: VecDeque<Arc<str>>,
    last_id: u64,
}

/// Of one key; there only while it holds or waits for something.
#[derive(Debug, Default)]
struct Key {
    held: usize,
    waiting: VecDeque<Waiter>,
}

#[derive(Debug)]
struct Waiter {
    id: u64,
    granted: oneshot::Sender<Permit>,
}

/// A permit; dropping it gives it back.
#[derive(Debug)]
#[must_use]
pub struct Permit {
    queue: Arc<FairQueue>,
    key: Arc<str>,
    /// Whether what it gives back is to be given to others at once.
    passes_on: bool,
}

/// A place in the queue; dropping it leaves the queue.
struct Place<'a> {
    queue: &'a FairQueue,
    key: Arc<str>,
    id: u64,
}

impl FairQueue {
    /// A queue with all permits and places free.
    #[must_use]
    pub fn new(permits: usize, places: usize) -> Self {
        let (keys, round) = (HashMap::new(), VecDeque::new());
        Self { state: Mutex::new(State { free: permits, places_free: places, keys, round, last_id: 0 }) }
    }

    /// A permit for `key`, waited for at most for `patience`. A caller that is dropped while it waits leaves nothing
    /// behind.
    ///
    /// # Errors
    /// [`Refused`].
    pub async fn acquire(self: &Arc<Self>, key: &str, patience: Duration) -> Result<Permit, Refused> {
        let (place, granted) = match self.enter(key)? {
            Entered::Granted(permit) => return Ok(permit),
            Entered::Waiting(place, granted) => (place, granted),
        };
        let permit = tokio::time::timeout(patience, granted).await;
        drop(place);
        match permit {
            Ok(Ok(permit)) => Ok(permit),
            Ok(Err(_)) | Err(_) => Err(Refused::Late),
        }
    }

    fn enter(self: &Arc<Self>, key: &str) -> Result<Entered<'_>, Refused> {
        let mut state = self.lock();
        let (name, free, places_free) = (state.name(key), state.free, state.places_free);
        let of_key = state.keys.entry(name.clone()).or_default();
        // Those who wait could not have what is free: nobody is passed.
        if of_key.waiting.is_empty() && may_have_more(of_key.held, free) {
            of_key.held += 1;
            state.free -= 1;
            return Ok(Entered::Granted(self.permit(name)));
        }
        if !may_have_more(of_key.waiting.len(), places_free) {
            state.forget(&name);
            return Err(Refused::Full);
        }
        state.last_id += 1;
        let id = state.last_id;
        let (granted, receiver) = oneshot::channel();
        state.places_free -= 1;
        let of_key = state.keys.entry(name.clone()).or_default();
        of_key.waiting.push_back(Waiter { id, granted });
        if of_key.waiting.len() == 1 {
            state.round.push_back(name.clone());
        }
        Ok(Entered::Waiting(Place { queue: self, key: name, id }, receiver))
    }

    /// Gives what is free to those whose turn it is.
    fn grant<'a>(self: &'a Arc<Self>, mut state: MutexGuard<'a, State>) {
        loop {
            let granted: Vec<_> = std::iter::from_fn(|| state.next()).collect();
            drop(state);
            let mut given_back = false;
            for (key, waiter) in granted {
                // One who has gone meanwhile does not receive it, and the next is to have it.
                if let Err(mut permit) = waiter.granted.send(self.permit(key)) {
                    permit.passes_on = false;
                    given_back = true;
                }
            }
            if !given_back {
                return;
            }
            state = self.lock();
        }
    }

    fn permit(self: &Arc<Self>, key: Arc<str>) -> Permit {
        Permit { queue: self.clone(), key, passes_on: true }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Entered<'a> {
    Granted(Permit),
    Waiting(Place<'a>, oneshot::Receiver<Permit>),
}

impl State {
    fn name(&self, key: &str) -> Arc<str> {
        self.keys.get_key_value(key).map_or_else(|| key.into(), |(name, _)| name.clone())
    }

    /// Takes the next one who may have a permit out of the queue, with the permit.
    fn next(&mut self) -> Option<(Arc<str>, Waiter)> {
        for _ in 0..self.round.len() {
            let name = self.round.pop_front()?;
            let Some(key) = self.keys.get_mut(&name).filter(|key| !key.waiting.is_empty()) else { continue };
            if !may_have_more(key.held, self.free) {
                self.round.push_back(name);
                continue;
            }
            let waiter = key.waiting.pop_front()?;
            key.held += 1;
            self.free -= 1;
            self.places_free += 1;
            if !key.waiting.is_empty() {
                self.round.push_back(name.clone());
            }
            return Some((name, waiter));
        }
        None
    }

    fn forget(&mut self, name: &Arc<str>) {
        if self.keys.get(name).is_some_and(|key| key.held == 0 && key.waiting.is_empty()) {
            self.keys.remove(name);
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut state = self.queue.lock();
        state.free += 1;
        if let Some(key) = state.keys.get_mut(&self.key) {
            key.held -= 1;
        }
        state.forget(&self.key);
        if self.passes_on {
            self.queue.grant(state);
        }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.queue.lock();
        let Some(key) = state.keys.get_mut(&self.key) else { return };
        let before = key.waiting.len();
        key.waiting.retain(|waiter| waiter.id != self.id);
        let (left, none) = (before - key.waiting.len(), key.waiting.is_empty());
        state.places_free += left;
        if left > 0 && none {
            state.round.retain(|name| *name != self.key);
        }
        state.forget(&self.key);
    }
}

#[cfg(test)]
mod tests;
