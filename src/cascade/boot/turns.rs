//! Searches for open boots, one region beside the other: how long one region takes is nothing to the others.

use std::collections::{BTreeMap, HashSet};
use std::pin::Pin;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;

use crate::db::intents::Intent;

/// Where a boot was sent; none: nowhere yet.
type RegionId = Option<String>;

/// The work under way, of each region one turn at a time.
#[derive(Default)]
pub struct Turns {
    busy: HashSet<RegionId>,
    under_way: FuturesUnordered<Pin<Box<dyn Future<Output = RegionId> + Send>>>,
}

impl Turns {
    /// Begins a turn of each region that these were sent to, but of those whose last is still under way.
    pub fn begin<F>(&mut self, intents: Vec<Intent>, turn: impl Fn(RegionId, Vec<Intent>) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let mut by_region: BTreeMap<RegionId, Vec<Intent>> = BTreeMap::new();
        for intent in intents {
            by_region.entry(intent.region_id.clone()).or_default().push(intent);
        }
        for (region_id, intents) in by_region {
            if self.busy.insert(region_id.clone()) {
                let work = turn(region_id.clone(), intents);
                self.under_way.push(Box::pin(async move {
                    work.await;
                    region_id
                }));
            }
        }
    }

    /// Lets them go on for so long.
    pub async fn go_on(&mut self, time: Duration) {
        let over = tokio::time::sleep(time);
        tokio::pin!(over);
        loop {
            tokio::select! {
                () = &mut over => return,
                Some(region_id) = self.under_way.next() => {
                    self.busy.remove(&region_id);
                }
            }
        }
    }
}
