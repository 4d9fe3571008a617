//! What the steps of a scenario are: what happens in it and not while nothing is asked for.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::judge;
use super::scenario::{Pace, Scenario};
use super::trap::Trap;
use crate::sim::{Seen, Service, SimRegion};
use crate::support::{Database, World};

/// What is done in a step.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deed {
    /// A region gets a call.
    Call {
        region: String,
        service: &'static str,
        /// `POST /servers`
        route: String,
        method: String,
        /// What the path begins with.
        prefix: String,
    },
    /// The service commits a transaction.
    Transaction(String),
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub deed: Deed,
    /// How often it was done before in the same scenario.
    pub before: usize,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.deed {
            Deed::Call { region, service, route, .. } => write!(f, "{region} {service} {route}")?,
            Deed::Transaction(name) => f.write_str(name)?,
        }
        if self.before > 0 { write!(f, ", time {}", self.before + 1) } else { Ok(()) }
    }
}

impl Step {
    /// True for a step of one of these names, of whichever region.
    pub fn is_one_of(&self, names: &[&str]) -> bool {
        let own = self.to_string();
        names.iter().any(|name| own == *name || own.ends_with(&format!(" {name}")))
    }
}

impl Deed {
    /// The service that it calls.
    pub fn service(&self) -> Option<Service> {
        match self {
            Self::Call { service: "nova", .. } => Some(Service::Nova),
            Self::Call { service: "neutron", .. } => Some(Service::Neutron),
            Self::Call { service: "glance", .. } => Some(Service::Glance),
            Self::Call { .. } => Some(Service::Placement),
            Self::Transaction(_) => None,
        }
    }

    /// A look that is repeated is no other step: nothing has changed by it.
    fn is_look(&self) -> bool {
        matches!(self, Self::Call { method, .. } if method == "GET")
    }
}

/// Those of a scenario in which nothing goes wrong: what happens in it each time. Work beside it comes by chance.
pub async fn of(databases: [&Arc<Database>; 2], scenario: Scenario) -> Vec<Step> {
    let [first, second] = [once(databases[0], scenario).await, once(databases[1], scenario).await];
    let both = first.into_iter().filter_map(|(deed, times)| {
        let alike = *second.get(&deed)? == times && !deed.is_look();
        Some((deed, if alike { times } else { 1 }))
    });
    both.flat_map(|(deed, times)| (0..times).map(move |before| Step { deed: deed.clone(), before })).collect()
}

async fn once(database: &Arc<Database>, scenario: Scenario) -> BTreeMap<Deed, usize> {
    let trap = Trap::default();
    let world = scenario.world(database, &trap, Pace::Usual).await;
    let before = all(&world, &trap);
    for _ in 0..5 {
        world.synced().await;
    }
    let idle = all(&world, &trap);
    let answer = scenario.act(&world).await;
    let promise = scenario.promise(answer.as_ref());
    scenario.wait(&world, &promise).await;
    judge::quiet(&world).await;
    let mut steps = all(&world, &trap);
    steps.retain(|deed, times| {
        let known = idle.get(deed).copied().unwrap_or(0);
        *times -= known;
        *times > 0 && known == before.get(deed).copied().unwrap_or(0)
    });
    judge::kept(&world, &format!("{scenario:?} without a fault"), scenario, &promise).await;
    steps
}

/// Everything that has happened so far, and how often.
fn all(world: &World, trap: &Trap) -> BTreeMap<Deed, usize> {
    let calls = world.cloud.regions().flat_map(calls);
    let mut all = BTreeMap::new();
    for deed in calls.chain(trap.seen().into_iter().map(Deed::Transaction)) {
        *all.entry(deed).or_default() += 1;
    }
    all
}

fn calls(region: &SimRegion) -> Vec<Deed> {
    let services = [
        ("nova", region.nova.record().seen()),
        ("neutron", region.neutron.record().seen()),
        ("glance", region.glance.record().seen()),
        ("placement", region.placement.record().seen()),
    ];
    let steps = services.into_iter().flat_map(|(service, seen)| seen.into_iter().map(move |seen| (service, seen)));
    steps.map(|(service, seen)| call(region, service, &seen)).collect()
}

fn call(region: &SimRegion, service: &'static str, seen: &Seen) -> Deed {
    let template = seen.route.split_once(' ').map_or("", |(_, template)| template);
    let literal = template.split('{').next().unwrap_or_default();
    let end = seen.path.find(literal).map_or(seen.path.len(), |at| at + literal.len());
    Deed::Call {
        region: region.name.clone(),
        service,
        route: seen.route.clone(),
        method: seen.method.clone(),
        prefix: seen.path[..end].to_owned(),
    }
}
