//! The regions in use, swapped as a whole when the registry changes; readers take no lock.

use std::sync::Arc;

use super::fair_queue::FairQueue;
use super::health::Health;
use super::loop_guard::{Guard, TopId};
use crate::config;
use crate::db::regions::RegionRow;
use crate::microversion::{MAX_KNOWN, MIN, Microversion};
use arc_swap::ArcSwap;

/// A region as calls need it.
#[derive(Debug)]
pub struct Region {
    /// As registered.
    pub row: RegionRow,
    /// Kept over reloads.
    pub health: Arc<Health>,
    /// Permits of users' calls, by project (docs/decisions/0028-shares.md).
    pub permits: Arc<FairQueue>,
    /// Whether it is one at all; kept over reloads.
    pub guard: Arc<Guard>,
}

impl Region {
    /// Opaque id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.row.id
    }

    /// Name for people.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.row.name
    }

    /// Nova's compatibility mode, which stands beside the version registered.
    #[must_use]
    pub fn compat_url(&self) -> String {
        let base = self.row.compute_url.trim_end_matches('/');
        format!("{}/v2", base.strip_suffix("/v2.1").unwrap_or(base))
    }

    /// Newest microversion that both it and our tables speak; 2.1 until it has answered once.
    #[must_use]
    pub fn microversion(&self) -> Microversion {
        Microversion::parse(&self.row.microversion_max).map_or(MIN, |newest| newest.min(MAX_KNOWN))
    }
}

/// All regions.
#[derive(Debug, Default)]
pub struct Registry {
    regions: ArcSwap<Vec<Arc<Region>>>,
    top_id: TopId,
}

impl Registry {
    /// No regions yet, of the top with this id.
    #[must_use]
    pub fn of(top_id: TopId) -> Self {
        Self { top_id, ..Self::default() }
    }

    /// Who this top is.
    #[must_use]
    pub fn top_id(&self) -> &TopId {
        &self.top_id
    }

    /// Takes over the rows of the database; health, permits and guard of known regions stay.
    pub fn load(&self, rows: Vec<RegionRow>, settings: &config::Region) {
        let old = self.regions.load_full();
        let regions = rows.into_iter().map(|row| {
            let known = old.iter().find(|region| region.id() == row.id);
            let permits = || FairQueue::new(settings.inflight_max, settings.queue_max);
            let fresh = || (Arc::new(Health::new(settings)), Arc::new(permits()));
            let (health, permits) = known.map_or_else(fresh, |r| (r.health.clone(), r.permits.clone()));
            let guard = known.map_or_else(|| Arc::new(Guard::new(&self.top_id)), |region| region.guard.clone());
            Arc::new(Region { row, health, permits, guard })
        });
        self.regions.store(Arc::new(regions.collect()));
    }

    /// All that are used, by name.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Region>> {
        self.regions.load().iter().filter(|region| region.refusal().is_none()).cloned().collect()
    }

    /// All, by name; also those that get no requests ([`Region::refusal`]).
    #[must_use]
    pub fn registered(&self) -> Arc<Vec<Arc<Region>>> {
        self.regions.load_full()
    }

    /// One by its opaque id, where it is used.
    #[must_use]
    pub fn used(&self, id: &str) -> Option<Arc<Region>> {
        self.get(id).filter(|region| region.refusal().is_none())
    }

    /// One by its opaque id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<Arc<Region>> {
        self.regions.load().iter().find(|region| region.id() == id).cloned()
    }

    /// One by its name.
    #[must_use]
    pub fn by_name(&self, name: &str) -> Option<Arc<Region>> {
        self.regions.load().iter().find(|region| region.name() == name).cloned()
    }

    /// The newest microversion the top may serve: what every enabled region that ever answered speaks, at most
    /// `cap`. It is taken from stored maxima and so does not move when a region is down (D8).
    #[must_use]
    pub fn microversion(&self, cap: Microversion) -> Microversion {
        let regions = self.all();
        let spoken = regions.iter().filter(|r| r.row.state == "enabled" && !r.row.microversion_max.is_empty());
        spoken.map(|region| region.microversion()).min().unwrap_or(MAX_KNOWN).min(cap)
    }
}
