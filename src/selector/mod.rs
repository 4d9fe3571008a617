//! The region selector: named filters take regions out and say why, named weighers order what is left. Chosen and
//! ordered by `[boot] filters` and `weighers`.

mod ask;
pub mod capacity;
pub mod facts;
pub mod failures;
pub mod filters;
#[cfg(test)]
pub(crate) mod fixtures;
mod kinds;
mod memory;
mod selection;
mod visibility;
pub mod weighers;

use std::sync::Arc;

use futures_util::future::join_all;

use crate::config::Config;
use crate::regions::{Region, Registry, ServiceAccount};

pub use ask::{Ask, GROUP_ELSEWHERE, Group, HintedRegions};
pub use capacity::{Capacity, Room};
pub use facts::{Facts, Has};
pub use failures::{Failures, Recent};
pub use filters::{Filter, Reason, Stage, Why};
pub use kinds::Kind;
pub use selection::{Candidate, Refused, Selection};
pub use visibility::{Asker, Visibility};
pub use weighers::Weigher;

/// Filters and weighers in their configured order, and what they remember of regions.
pub struct Selector {
    filters: Vec<&'static dyn Filter>,
    weighers: Vec<&'static dyn Weigher>,
    /// Room in the regions.
    pub capacity: Capacity,
    /// Boots that failed after a region had accepted them.
    pub failures: Failures,
}

impl Selector {
    /// From their names.
    ///
    /// # Errors
    /// Text for the operator naming what does not exist and what does.
    pub fn new(config: &Config, service: ServiceAccount) -> Result<Self, String> {
        let boot = &config.boot;
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
            filters: boot.filters.iter().map(filter).collect::<Result<_, _>>()?,
            weighers: boot.weighers.iter().map(weigher).collect::<Result<_, _>>()?,
            capacity: Capacity::new(service, boot, &config.region),
            failures: Failures::new(boot),
        })
    }

    /// The filters in the order in which they judge: those that go by what the top knows, those that go by what the
    /// regions say, those that yield.
    pub fn filters(&self) -> impl Iterator<Item = &'static dyn Filter> {
        Stage::ALL.into_iter().flat_map(|stage| self.of_stage(stage))
    }

    /// True where a weigher of this name is in use.
    #[must_use]
    pub fn weighs_by(&self, name: &str) -> bool {
        self.weighers.iter().any(|weigher| weigher.name() == name)
    }

    /// Asks the filters that need nothing from a region first, then all regions left at once for what they have.
    pub async fn select(&self, registry: &Registry, ask: &Ask, asker: &Asker<'_>) -> Selection {
        let mut selection = Selection::default();
        let mut yielding = Vec::new();
        let mut left: Vec<Facts> = registry.all().iter().map(|region| self.known(region, ask)).collect();
        for stage in Stage::ALL {
            if stage == Stage::Asked {
                let capacity = self.asks_room().then_some(&self.capacity);
                left = join_all(left.into_iter().map(|facts| facts.ask(ask, asker, capacity))).await;
            }
            for filter in self.of_stage(stage) {
                let (passed, yielded) = pass(filter, ask, left, &mut selection.refused);
                left = passed;
                yielding.extend(yielded);
            }
        }
        selection.refused.sort_by(|a, b| a.region.cmp(&b.region));
        let candidate = |facts: Facts| Candidate { region: facts.region.clone(), facts, weighed: Vec::new() };
        selection.candidates = left.into_iter().map(candidate).collect();
        selection.yielding = yielding.into_iter().map(candidate).collect();
        self.order(ask, &mut selection.candidates);
        self.order(ask, &mut selection.yielding);
        selection
    }

    /// Puts the best first: an earlier weigher outranks a later one. Where none prefers one, they stay as they are.
    pub fn order(&self, ask: &Ask, candidates: &mut [Candidate]) {
        for candidate in candidates.iter_mut() {
            let weigh = |weigher: &&'static dyn Weigher| (weigher.name(), weigher.weigh(ask, &candidate.facts));
            candidate.weighed = self.weighers.iter().map(weigh).collect();
        }
        let figures = |candidate: &Candidate| candidate.weighed.iter().map(|(_, figure)| *figure).collect::<Vec<_>>();
        candidates.sort_by(|a, b| {
            let each = figures(b).into_iter().zip(figures(a)).map(|(b, a)| b.total_cmp(&a));
            each.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
        });
    }

    fn of_stage(&self, stage: Stage) -> impl Iterator<Item = &'static dyn Filter> {
        self.filters.iter().copied().filter(move |filter| filter.stage() == stage)
    }

    fn known(&self, region: &Arc<Region>, ask: &Ask) -> Facts {
        let failures = self.failures.recent(region.id(), &ask.flavor.id);
        Facts { failures, ..Facts::unasked(region.clone()) }
    }

    fn asks_room(&self) -> bool {
        self.filters.iter().any(|filter| filter.needs_room()) || self.weighs_by(weighers::FREE_CAPACITY)
    }
}

/// The regions that the filter lets through, and those that it would rather not; the reasons of all others go to `refused`.
fn pass(filter: &dyn Filter, ask: &Ask, regions: Vec<Facts>, refused: &mut Vec<Refused>) -> (Vec<Facts>, Vec<Facts>) {
    let checked = regions.iter().map(|facts| filter.check(ask, facts)).collect::<Vec<_>>();
    if filter.stage() == Stage::Yielding && checked.iter().all(Result::is_err) {
        return (regions, Vec::new());
    }
    let mut yielded = Vec::new();
    let mut left = Vec::with_capacity(regions.len());
    for (facts, result) in regions.into_iter().zip(checked) {
        match result {
            Ok(()) => left.push(facts),
            Err(reason) => {
                refused.push(Refused { region: facts.region.name().to_owned(), filter: filter.name(), reason });
                if filter.stage() == Stage::Yielding {
                    yielded.push(facts);
                }
            }
        }
    }
    (left, yielded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::selector::fixtures::{ask, facts};

    struct Full;

    impl Filter for Full {
        fn name(&self) -> &'static str {
            "full"
        }

        fn stage(&self) -> Stage {
            Stage::Yielding
        }

        fn check(&self, _: &Ask, facts: &Facts) -> Result<(), Reason> {
            if facts.region.name() == "A" { Err(Reason::full("no room")) } else { Ok(()) }
        }
    }

    #[test]
    fn a_filter_that_yields_takes_none_out_where_no_other_is_left() {
        let names = |facts: &[Facts]| facts.iter().map(|facts| facts.region.name().to_owned()).collect::<Vec<_>>();
        let mut refused = Vec::new();
        assert_eq!(names(&pass(&Full, &ask(), vec![facts("A")], &mut refused).0), ["A"]);
        assert!(refused.is_empty());
        let (left, yielded) = pass(&Full, &ask(), vec![facts("A"), facts("B")], &mut refused);
        assert_eq!(names(&left), ["B"]);
        assert_eq!(names(&yielded), ["A"]);
        assert_eq!((refused[0].region.as_str(), refused[0].reason.why), ("A", Why::Full));
        assert!(pass(&Full, &ask(), Vec::new(), &mut refused).0.is_empty());
    }

    fn selector(weighers: &[&str]) -> Selector {
        let mut config = Config::default();
        config.boot.weighers = weighers.iter().map(ToString::to_string).collect();
        let service = ServiceAccount::new(&config.keystone, &config.region).expect("an account");
        Selector::new(&config, service).expect("a selector")
    }

    fn ordered(selector: &Selector, facts: Vec<Facts>) -> Vec<String> {
        let candidate = |facts: Facts| Candidate { region: facts.region.clone(), facts, weighed: Vec::new() };
        let mut candidates: Vec<Candidate> = facts.into_iter().map(candidate).collect();
        selector.order(&ask(), &mut candidates);
        candidates.iter().map(|candidate| candidate.region.name().to_owned()).collect()
    }

    #[test]
    fn an_earlier_weigher_outranks_a_later_one_and_ties_go_on() {
        let with = |name: &str, room, servers| Facts { room: Room::Fits(room), servers, ..facts(name) };
        let regions = || vec![with("A", 3, 5), with("B", 100, 9), with("C", 110, 7)];
        assert_eq!(ordered(&selector(&["free_capacity", "fewest_servers"]), regions()), ["C", "B", "A"]);
        assert_eq!(ordered(&selector(&["fewest_servers", "free_capacity"]), regions()), ["A", "C", "B"]);
        assert_eq!(ordered(&selector(&["most_servers"]), regions()), ["B", "C", "A"]);
        assert_eq!(ordered(&selector(&[]), regions()), ["A", "B", "C"]);
    }

    #[test]
    fn a_name_that_does_not_exist_is_told() {
        let mut config = Config::default();
        let service = ServiceAccount::new(&config.keystone, &config.region).expect("an account");
        config.boot.filters.push("moon".into());
        let error = Selector::new(&config, service).map(|_| ()).expect_err("refused");
        assert!(error.starts_with("boot.filters: there is no 'moon'; there are: enabled, up, "), "{error}");
    }
}
