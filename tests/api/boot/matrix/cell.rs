//! One step, and one thing that goes wrong at it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::judge;
use super::scenario::{self, Scenario};
use super::steps::Step;
use super::trap::Trap;
use crate::sim::{Answer, Fault, Kind, SimRegion};
use crate::support::{Backend, Database, World};

/// Longer than every deadline of the scenarios.
const TOO_LONG: Duration = Duration::from_millis(900);

/// How long a step may come after the client's answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What goes wrong.
#[derive(Clone, Debug)]
enum Wrong {
    /// The region does this.
    Region(Kind),
    /// The service dies while the region does this.
    Dies(Kind),
    /// The service dies behind its transaction.
    DiesBehind,
}

/// A cell of the matrix.
#[derive(Clone, Debug)]
pub struct Cell {
    scenario: Scenario,
    step: Step,
    wrong: Wrong,
}

/// All of one step.
pub fn of(scenario: Scenario, step: &Step) -> Vec<Cell> {
    let cell = |wrong| Cell { scenario, step: step.clone(), wrong };
    if let Step::Transaction(_) = step {
        return vec![cell(Wrong::DiesBehind)];
    }
    let region = [
        Kind::Answer(500, "Unexpected API Error."),
        Kind::CloseBeforeBody,
        Kind::CloseBeforeEffect,
        Kind::CloseAfterEffect,
        Kind::DelayAfter(TOO_LONG),
        Kind::Garbage(200, "<html>welcome</html>"),
    ];
    let dies = [Kind::Hang, Kind::HangAfter];
    region.map(Wrong::Region).into_iter().chain(dies.map(Wrong::Dies)).map(cell).collect()
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let step = match &self.step {
            Step::Call { region, service, route, .. } => format!("{region} {service} {route}"),
            Step::Transaction(name) => name.clone(),
        };
        write!(f, "{:?}: {step}: {:?}", self.scenario, self.wrong)
    }
}

impl Cell {
    /// Lets it go wrong, and judges what is left. False where the service did not come to the step.
    pub async fn run(self, backend: Backend) -> bool {
        let database =
            tokio::task::spawn_blocking(move || Arc::new(Database::create(backend))).await.expect("a database");
        let what = self.to_string();
        let trap = Trap::default();
        let mut world = self.scenario.world(&database, &trap).await;
        let (answer, reached) = match &self.wrong {
            Wrong::Region(kind) => {
                self.fault(&world, kind.clone());
                let before = self.calls(&world);
                let answer = self.scenario.act(&world).await;
                judge::quiet(&world).await;
                (answer, self.calls(&world) > before)
            }
            Wrong::Dies(kind) => {
                self.fault(&world, kind.clone());
                self.dies(&mut world, &trap).await
            }
            Wrong::DiesBehind => {
                if let Step::Transaction(name) = &self.step {
                    trap.set(name);
                }
                self.dies(&mut world, &trap).await
            }
        };
        let accepted = answer.filter(|answer| answer.status == 202);
        let accepted = accepted.map(|answer| answer.json()["server"]["id"].as_str().expect("an id").to_owned());
        for region in world.cloud.regions() {
            region.faults.clear();
        }
        judge::quiet(&world).await;
        judge::nothing_is_lost(&world, &what, accepted.as_deref()).await;
        drop(world);
        tokio::task::spawn_blocking(move || database.remove()).await.expect("an end");
        reached
    }

    fn fault(&self, world: &World, kind: Kind) {
        let Step::Call { region, method, prefix, .. } = &self.step else { return };
        let fault = Fault::new(kind).method(method).path(prefix).times(1);
        let fault = self.step.service().into_iter().fold(fault, Fault::on);
        world.cloud.region(region).faults.push(fault);
    }

    /// The client asks, the service reaches the step and dies; then it is started again. What the client was answered
    /// before that, and whether the step came.
    async fn dies(&self, world: &mut World, trap: &Trap) -> (Option<Answer>, bool) {
        let end = self.reach(world, trap).await;
        world.top.end();
        trap.release();
        world.restart(scenario::settings).await;
        end
    }

    /// A step may come before the client's answer, or long after it.
    async fn reach(&self, world: &World, trap: &Trap) -> (Option<Answer>, bool) {
        let before = self.calls(world);
        let reached = async {
            if let Step::Transaction(_) = self.step {
                return trap.caught().await;
            }
            while self.calls(world) == before {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            // What the region does at it is done.
            tokio::time::sleep(Duration::from_millis(30)).await;
        };
        let asked = self.scenario.act(world);
        tokio::pin!(asked, reached);
        tokio::select! {
            answer = &mut asked => (answer, tokio::time::timeout(PATIENCE, reached).await.is_ok()),
            () = &mut reached => (None, true),
        }
    }

    fn calls(&self, world: &World) -> u64 {
        let Step::Call { region, service, route, .. } = &self.step else { return 0 };
        let region: &SimRegion = world.cloud.region(region);
        match *service {
            "nova" => region.nova.count(route),
            "neutron" => region.neutron.record().count(route),
            _ => region.glance.record().count(route),
        }
    }
}
