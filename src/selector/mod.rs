//! The region selector: named filters take regions out and say why, named weighers order what is left. Chosen and
//! ordered by `[boot] filters` and `weighers`.

pub mod facts;
pub mod filters;
mod visibility;
pub mod weighers;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::config;
use crate::db::flavors::Flavor;
use crate::regions::{Region, Registry};

pub use facts::{Facts, Has};
pub use filters::{Filter, Reason, Why};
pub use visibility::{Asker, Kind, Visibility};
pub use weighers::Weigher;

/// What a boot needs of a region.
#[derive(Clone, Debug)]
pub struct Ask {
    /// For whom.
    pub project_id: String,
    /// Size.
    pub flavor: Flavor,
    /// Image to boot from, by the id the user named.
    pub image: Option<String>,
    /// Networks named.
    pub networks: Vec<String>,
    /// Ports named; each is in one region.
    pub ports: Vec<String>,
    /// Zone asked for: its region, and its name there (empty: any).
    pub zone: Option<(String, String)>,
    /// Server group to join.
    pub group: Option<Group>,
    /// Regions with a host that it may share; none: any.
    pub same_host: Vec<String>,
}

/// A server group, as far as regions matter.
#[derive(Clone, Debug)]
pub struct Group {
    /// One of `db::server_groups::policy`.
    pub policy: String,
    /// How many of its servers are in each region, or on their way there.
    pub spread: BTreeMap<String, i64>,
}

/// Why a group that is kept in one region is not let into another.
pub const GROUP_ELSEWHERE: &str = "the servers of the server group are in another region";

/// A region that passed every filter.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The region.
    pub region: Arc<Region>,
    /// What the named things are called there.
    pub facts: Facts,
}

/// Why a region did not.
#[derive(Clone, Debug)]
pub struct Refused {
    /// Its name.
    pub region: String,
    /// The filter that took it out.
    pub filter: &'static str,
    /// Its reason.
    pub reason: Reason,
}

impl Refused {
    /// It was up and did not say in time what it has.
    #[must_use]
    pub fn was_slow(&self) -> bool {
        let asked = filters::ALL.iter().any(|filter| filter.name() == self.filter && filter.asks_regions());
        asked && self.reason.why == Why::Unreachable
    }
}

/// The selector's answer.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Best first.
    pub candidates: Vec<Candidate>,
    /// The others, in the order of their names.
    pub refused: Vec<Refused>,
}

/// Filters and weighers in their configured order.
pub struct Selector {
    filters: Vec<&'static dyn Filter>,
    weighers: Vec<&'static dyn Weigher>,
}

impl Selector {
    /// From their names.
    ///
    /// # Errors
    /// Text for the operator naming what does not exist and what does.
    pub fn new(settings: &config::Boot) -> Result<Self, String> {
        let known = |kind: &str, name: &str, names: Vec<&str>| {
            format!("boot.{kind}: there is no '{name}'; there are: {}", names.join(", "))
        };
        let filter = |name: &String| {
            let found = filters::ALL.iter().find(|filter| filter.name() == name).copied();
            found.ok_or_else(|| known("filters", name, filters::ALL.iter().map(|f| f.name()).collect()))
        };
        let weigher = |name: &String| {
            let found = weighers::ALL.iter().find(|weigher| weigher.name() == name).copied();
            found.ok_or_else(|| known("weighers", name, weighers::ALL.iter().map(|w| w.name()).collect()))
        };
        Ok(Self {
            filters: settings.filters.iter().map(filter).collect::<Result<_, _>>()?,
            weighers: settings.weighers.iter().map(weigher).collect::<Result<_, _>>()?,
        })
    }

    /// Asks the filters that need nothing from a region first, then all regions left at once for what they have.
    pub async fn select(&self, registry: &Registry, ask: &Ask, asker: &Asker<'_>) -> Selection {
        let mut selection = Selection::default();
        let mut left: Vec<Facts> = registry.all().iter().map(|region| Facts::unasked(region.clone())).collect();
        for asks_regions in [false, true] {
            if asks_regions {
                left = futures_util::future::join_all(left.into_iter().map(|facts| facts.ask(ask, asker))).await;
            }
            for filter in self.filters.iter().filter(|filter| filter.asks_regions() == asks_regions) {
                left.retain(|facts| match filter.check(ask, facts) {
                    Ok(()) => true,
                    Err(reason) => {
                        let region = facts.region.name().to_owned();
                        selection.refused.push(Refused { region, filter: filter.name(), reason });
                        false
                    }
                });
            }
        }
        self.order(ask, &mut left, |facts| facts);
        selection.refused.sort_by(|a, b| a.region.cmp(&b.region));
        let candidate = |facts: Facts| Candidate { region: facts.region.clone(), facts };
        selection.candidates = left.into_iter().map(candidate).collect();
        selection
    }

    /// Puts the best first. Stable: an earlier weigher outranks a later one, so the last is sorted by first.
    pub fn order<T>(&self, ask: &Ask, regions: &mut [T], facts: impl Fn(&T) -> &Facts) {
        for weigher in self.weighers.iter().rev() {
            regions.sort_by(|a, b| weigher.weigh(ask, facts(b)).total_cmp(&weigher.weigh(ask, facts(a))));
        }
    }
}
