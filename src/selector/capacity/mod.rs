//! Room for servers: what Placement says of a flavor, and whether a nova-compute is up. Asked by the service account,
//! remembered for all projects.

mod answer;
mod query;

use std::sync::Arc;
use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::Value;

use super::memory::{Good, Memory, Told};
use crate::config::{self, ms};
use crate::db::flavors::Flavor;
use crate::microversion::MIN;
use crate::regions::nova::{RegionApi, fault_message};
use crate::regions::{CallError, Region, ServiceAccount};

pub use query::Query;

/// Answers remembered of each kind, and for how long one that nobody asks for is.
const ENTRIES_MAX: u64 = 10_000;
const IDLE: Duration = Duration::from_hours(1);

/// How many servers of a flavor a region has room for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Room {
    /// So many at least.
    Fits(u64),
    /// None.
    Full,
    /// None, ever: what the flavor asks for is not known there, in Placement's words.
    Lacks(String),
    /// Nobody says.
    #[default]
    Unknown,
}

/// An answer of Placement, and how many servers of the top the region had then.
#[derive(Clone, Debug)]
struct Counted {
    room: Room,
    servers: i64,
}

/// The memory.
pub struct Capacity {
    service: ServiceAccount,
    /// For one call; the deadlines of those who wait are their own.
    timeout: Duration,
    hosts_max: usize,
    fresh: Duration,
    usable: Duration,
    full: Duration,
    rooms: Memory<Counted>,
    computes: Memory<Option<Vec<String>>>,
}

impl Capacity {
    /// An empty memory.
    #[must_use]
    pub fn new(service: ServiceAccount, boot: &config::Boot, region: &config::Region) -> Self {
        Self {
            service,
            timeout: ms(region.lookup_patience_ms),
            hosts_max: boot.capacity_hosts_max,
            fresh: Duration::from_secs(boot.capacity_fresh_s),
            usable: Duration::from_secs(boot.capacity_usable_s),
            full: Duration::from_secs(boot.capacity_full_s),
            rooms: Memory::new(ENTRIES_MAX, IDLE),
            computes: Memory::new(ENTRIES_MAX, IDLE),
        }
    }

    /// Room for servers of a flavor, less what the top has booted there since Placement said so. A region without
    /// Placement, or whose Placement says nothing within `wait`, is not known to be full: its own scheduler decides.
    pub async fn room(&self, region: &Arc<Region>, flavor: &Flavor, from_volume: bool, wait: Duration) -> Room {
        if region.row.placement_url.is_empty() {
            return Room::Unknown;
        }
        let query = Query::of(flavor, from_volume).render(self.hosts_max);
        let question = format!("{} {query}", region.id());
        let (api, servers) = (self.api(region), region.health.servers());
        let ask = || async move { Counted { room: ask_room(&api, &query).await, servers } };
        let judge = |told: &Told<Counted>| match left(&told.value, region) {
            // That is our count, not Placement's word: what was booted since may have been smaller.
            Room::Full if told.value.room != Room::Full => Good::Stale,
            Room::Full => Good::of(told.at, self.full, self.full),
            _ => Good::of(told.at, self.fresh, self.usable),
        };
        let counted = self.rooms.get(&question, wait, judge, ask).await;
        counted.map_or(Room::Unknown, |counted| left(&counted, region))
    }

    /// The zones of the nova-compute services that are enabled and up, one for each; none where the region does not say.
    pub async fn computes(&self, region: &Arc<Region>, wait: Duration) -> Option<Vec<String>> {
        let api = self.api(region);
        let ask = || async move {
            let told = ask_computes(&api).await;
            told.map_err(|error| tracing::warn!(%error, "the services of a region could not be read")).ok()
        };
        let judge = |told: &Told<Option<Vec<String>>>| match &told.value {
            Some(zones) if zones.is_empty() => Good::of(told.at, self.full, self.full),
            _ => Good::of(told.at, self.fresh, self.usable),
        };
        self.computes.get(region.id(), wait, judge, ask).await.flatten()
    }

    fn api(&self, region: &Arc<Region>) -> RegionApi {
        RegionApi::new(self.service.clone(), region.clone(), self.timeout)
    }
}

/// What is left of what Placement counted: each server that the top has booted there since counts as one of these.
fn left(counted: &Counted, region: &Region) -> Room {
    let Room::Fits(count) = counted.room else { return counted.room.clone() };
    let since = u64::try_from(region.health.servers() - counted.servers).unwrap_or(0);
    match count.saturating_sub(since) {
        0 => Room::Full,
        left => Room::Fits(left),
    }
}

async fn ask_room(api: &RegionApi, query: &str) -> Room {
    let region = api.region().name();
    let answer = match api.placement(&format!("/allocation_candidates?{query}")).await {
        Ok(answer) => answer,
        Err(error) => {
            tracing::warn!(%error, "Placement does not say what room there is; its region counts as having some");
            return Room::Unknown;
        }
    };
    let read = || serde_json::from_slice::<Value>(&answer.body).ok().as_ref().and_then(answer::count);
    let words = || fault_message(answer.status, &answer.body);
    match answer.status {
        StatusCode::OK => read().unwrap_or(Room::Unknown),
        StatusCode::BAD_REQUEST if answer::lacks(&words()).is_some() => {
            answer::lacks(&words()).map_or(Room::Unknown, Room::Lacks)
        }
        status => {
            tracing::warn!(region, %status, words = words(), "Placement does not say what room there is");
            Room::Unknown
        }
    }
}

async fn ask_computes(api: &RegionApi) -> Result<Vec<String>, CallError> {
    let answer = api.compute(Method::GET, "/os-services?binary=nova-compute", MIN, None).await?.json(api.region())?;
    Ok(answer::computes_up(&answer))
}
