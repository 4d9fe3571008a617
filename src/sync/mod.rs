//! The status sync: what keeps the top's rows equal to the regions (D4). One worker a region; a round is input-less
//! and idempotent, runs by period, and at once when somebody waits for it or something was changed.

mod brake;
mod canary;
mod closing;
mod facts;
mod intake;
mod list;
pub mod names;
mod neighbours;
pub mod notifications;
mod owned;
mod pending;
mod round;
mod second_name;
mod shows;
pub mod status;
mod strangers;
mod supervisor;
mod sweep;
mod tenure;
mod worker;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, watch};

use crate::regions::Registry;
use pending::Pending;

pub use supervisor::{discover, learn, run};

/// The rounds of one region, as those who wait for them see them.
#[derive(Debug)]
pub(crate) struct Rounds {
    wake: Notify,
    /// Number of the last round that began.
    begun: watch::Sender<u64>,
    /// Number of the last round that was stored.
    done: watch::Sender<u64>,
    /// Something that the top owns has changed.
    owned: Notify,
    /// Servers that are said to have changed.
    touched: Pending,
    /// Servers that a round saw change, and whose ports may have.
    changed: Pending,
    changed_wake: Notify,
    /// Servers that the top did not boot.
    strangers: strangers::Kept,
}

/// What the lease of a region's sync is called.
fn lease_name(region_id: &str) -> String {
    format!("sync:{region_id}")
}

impl Rounds {
    fn new() -> Self {
        Self {
            wake: Notify::new(),
            begun: watch::Sender::new(0),
            done: watch::Sender::new(0),
            owned: Notify::new(),
            touched: Pending::default(),
            changed: Pending::default(),
            changed_wake: Notify::new(),
            strangers: strangers::Kept::default(),
        }
    }

    fn note_changed(&self, local_ids: impl IntoIterator<Item = String>) {
        self.changed.add(local_ids);
        self.changed_wake.notify_one();
    }
}

/// The workers of this process; cheap to clone.
#[derive(Clone)]
pub struct Sync {
    registry: Arc<Registry>,
    rounds: Arc<Mutex<HashMap<String, Arc<Rounds>>>>,
    /// Regions that have a worker, for the life of the process.
    workers: Arc<Mutex<HashSet<String>>>,
    read_wait: Duration,
}

impl Sync {
    /// No workers yet; a read waits at most `read_wait` for a round.
    #[must_use]
    pub fn new(registry: Arc<Registry>, read_wait: Duration) -> Self {
        Self { registry, rounds: Arc::default(), workers: Arc::default(), read_wait }
    }

    /// True the first time that a region is asked for.
    fn needs_worker(&self, region_id: &str) -> bool {
        self.workers.lock().unwrap_or_else(PoisonError::into_inner).insert(region_id.to_owned())
    }

    fn get(&self, region_id: &str) -> Option<Arc<Rounds>> {
        self.rounds.lock().unwrap_or_else(PoisonError::into_inner).get(region_id).cloned()
    }

    fn add(&self, region_id: &str) -> Arc<Rounds> {
        let mut rounds = self.rounds.lock().unwrap_or_else(PoisonError::into_inner);
        rounds.entry(region_id.to_owned()).or_insert_with(|| Arc::new(Rounds::new())).clone()
    }

    fn remove(&self, region_id: &str) {
        self.rounds.lock().unwrap_or_else(PoisonError::into_inner).remove(region_id);
    }

    /// Asks for a round soon.
    pub fn wake(&self, region_id: &str) {
        if let Some(rounds) = self.get(region_id) {
            rounds.wake.notify_one();
        }
    }

    /// These servers, by their ids there, are said to have changed in what a list need not tell: each is looked at soon.
    /// Nothing is lost where another process syncs the region, or where too many come at once, but time.
    pub fn touch(&self, region_id: &str, local_ids: impl IntoIterator<Item = String>) {
        let Some(rounds) = self.get(region_id) else { return };
        rounds.touched.add(local_ids);
        rounds.wake.notify_one();
    }

    /// Something that regions have of the top's has changed: they are brought to it soon. Where another process has a
    /// region's lease, that finds it in the database.
    pub fn wake_owned(&self) {
        let rounds = self.rounds.lock().unwrap_or_else(PoisonError::into_inner);
        rounds.values().for_each(|rounds| rounds.owned.notify_one());
    }

    /// Waits until each of the regions has had a round that began after now: together with everyone else who waits
    /// (D3). A region that does not answer, or that another process syncs, is not waited for. True where one was.
    pub async fn refresh<'a>(&self, region_ids: impl IntoIterator<Item = &'a str>) -> bool {
        let mut waits = Vec::new();
        let mut seen = Vec::new();
        for id in region_ids {
            let up = self.registry.get(id).is_some_and(|region| !region.health.is_failing());
            if up && !seen.contains(&id) {
                seen.push(id);
                waits.extend(self.get(id).map(next_round));
            }
        }
        if waits.is_empty() {
            return false;
        }
        let all = futures_util::future::join_all(waits);
        // At the deadline the rows are what they are.
        let _ = tokio::time::timeout(self.read_wait, all).await;
        true
    }
}

async fn next_round(rounds: Arc<Rounds>) {
    let wanted = *rounds.begun.borrow() + 1;
    rounds.wake.notify_one();
    let mut done = rounds.done.subscribe();
    // Where the worker has ended meanwhile, the caller's deadline does.
    let _ = done.wait_for(|number| *number >= wanted).await;
}
