//! What the steps of a scenario are: what happens in it and not while nothing is asked for.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::judge;
use super::scenario::Scenario;
use super::trap::Trap;
use crate::sim::{Seen, Service, SimRegion};
use crate::support::{Database, World, accepted};

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
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

impl Step {
    /// True for the step of this route or transaction.
    pub fn is(&self, name: &str) -> bool {
        match self {
            Self::Call { route, .. } => route == name,
            Self::Transaction(transaction) => transaction == name,
        }
    }

    /// The service that it calls.
    pub fn service(&self) -> Option<Service> {
        match self {
            Self::Call { service: "nova", .. } => Some(Service::Nova),
            Self::Call { service: "neutron", .. } => Some(Service::Neutron),
            Self::Call { .. } => Some(Service::Glance),
            Self::Transaction(_) => None,
        }
    }
}

/// Those of a scenario in which nothing goes wrong: what happens in it each time. Work beside it comes by chance.
pub async fn of(databases: [&Arc<Database>; 2], scenario: Scenario) -> Vec<Step> {
    let [first, second] = [once(databases[0], scenario).await, once(databases[1], scenario).await];
    first.intersection(&second).cloned().collect()
}

async fn once(database: &Arc<Database>, scenario: Scenario) -> BTreeSet<Step> {
    let trap = Trap::default();
    let world = scenario.world(database, &trap).await;
    for _ in 0..5 {
        world.synced().await;
    }
    let idle = all(&world, &trap);
    let answer = scenario.act(&world).await.expect("an answer");
    let id = accepted(&answer);
    world.wait_status(&id, "ACTIVE").await;
    judge::quiet(&world).await;
    let steps = all(&world, &trap).difference(&idle).cloned().collect();
    judge::nothing_is_lost(&world, "in a boot without a fault", Some(id.as_str())).await;
    steps
}

/// Everything that has happened so far.
fn all(world: &World, trap: &Trap) -> BTreeSet<Step> {
    let calls = world.cloud.regions().flat_map(calls);
    calls.chain(trap.seen().into_iter().map(Step::Transaction)).collect()
}

fn calls(region: &SimRegion) -> Vec<Step> {
    let services = [
        ("nova", region.nova.record().seen()),
        ("neutron", region.neutron.record().seen()),
        ("glance", region.glance.record().seen()),
    ];
    let steps = services.into_iter().flat_map(|(service, seen)| seen.into_iter().map(move |seen| (service, seen)));
    steps.map(|(service, seen)| call(region, service, &seen)).collect()
}

fn call(region: &SimRegion, service: &'static str, seen: &Seen) -> Step {
    let template = seen.route.split_once(' ').map_or("", |(_, template)| template);
    let literal = template.split('{').next().unwrap_or_default();
    let end = seen.path.find(literal).map_or(seen.path.len(), |at| at + literal.len());
    Step::Call {
        region: region.name.clone(),
        service,
        route: seen.route.clone(),
        method: seen.method.clone(),
        prefix: seen.path[..end].to_owned(),
    }
}
