//! The selector's answer, and how it explains itself.

use std::fmt::Write as _;
use std::sync::Arc;

use super::facts::Facts;
use super::filters::{self, Reason, Stage, Why};
use crate::regions::Region;

/// A region that passed every filter.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The region.
    pub region: Arc<Region>,
    /// What the named things are called there.
    pub facts: Facts,
    /// What each weigher says of it, in their order.
    pub weighed: Vec<(&'static str, f64)>,
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
        let asked = filters::ALL.iter().any(|filter| filter.name() == self.filter && filter.stage() == Stage::Asked);
        asked && self.reason.why == Why::Unreachable
    }
}

/// The selector's answer.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Best first.
    pub candidates: Vec<Candidate>,
    /// Refused by filters that yield, best first: asked where none of the candidates takes it.
    pub yielding: Vec<Candidate>,
    /// The others, in the order of their names.
    pub refused: Vec<Refused>,
}

impl Selection {
    /// Regions in the order in which they are asked.
    pub fn in_turn(&self) -> impl Iterator<Item = &Candidate> {
        self.candidates.iter().chain(&self.yielding)
    }

    /// In one line: the regions, best first, each with what the weighers say; then the others with the filter and its
    /// reason.
    #[must_use]
    pub fn explain(&self) -> String {
        let mut text = String::new();
        for candidate in &self.candidates {
            let figures: Vec<String> =
                candidate.weighed.iter().map(|(name, figure)| format!("{name} {figure}")).collect();
            let _ = write!(text, "{}{} ({})", then(&text, " > "), candidate.region.name(), figures.join(", "));
        }
        for Refused { region, filter, reason } in &self.refused {
            let _ = write!(text, "{}not {region}: {} ({filter})", then(&text, "; "), reason.text);
        }
        if text.is_empty() { "no region is registered".into() } else { text }
    }
}

fn then(before: &str, mark: &'static str) -> &'static str {
    if before.is_empty() { "" } else { mark }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::selector::fixtures::region;

    #[test]
    fn it_explains_itself_in_a_line() {
        let candidate = |name: &str, servers: f64| {
            let region = region(name);
            let facts = Facts::unasked(region.clone());
            Candidate { region, facts, weighed: vec![("weight", 0.0), ("fewest_servers", -servers)] }
        };
        let refused = Refused { region: "C".into(), filter: "enabled", reason: Reason::unfit("it is draining") };
        let selection = Selection {
            candidates: vec![candidate("A", 1.0), candidate("B", 2.0)],
            refused: vec![refused],
            ..Selection::default()
        };
        assert_eq!(
            selection.explain(),
            "A (weight 0, fewest_servers -1) > B (weight 0, fewest_servers -2); not C: it is draining (enabled)"
        );
        assert_eq!(Selection::default().explain(), "no region is registered");
    }
}
