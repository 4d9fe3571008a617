//! `project_affinity`: the region with the most live servers of the same project first.

use super::{Ask, Facts, Weigher, figure};

/// Its name.
pub const NAME: &str = "project_affinity";

/// See the module.
pub struct ProjectAffinity;

impl Weigher for ProjectAffinity {
    fn name(&self) -> &'static str {
        NAME
    }

    fn weigh(&self, ask: &Ask, facts: &Facts) -> f64 {
        let known = ask.project_servers.get(facts.region.id()).copied().unwrap_or(0);
        figure(known + ask.ahead_in(facts.region.id()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::selector::fixtures::{ask, facts};

    #[test]
    fn only_the_projects_own_count() {
        let mut ask = Ask { project_servers: [("a".to_owned(), 2)].into(), ..ask() };
        let weigh = |ask: &Ask, name: &str| ProjectAffinity.weigh(ask, &Facts { servers: 50, ..facts(name) });
        assert!(weigh(&ask, "A") > weigh(&ask, "B"));
        ask.ahead.insert("b".into(), 3);
        assert!(weigh(&ask, "A") < weigh(&ask, "B"));
    }
}
