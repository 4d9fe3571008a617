//! What is done in each cell.

use std::sync::Arc;
use std::time::Duration;

use nova_cascade::config::Config;
use serde_json::json;

use super::trap::Trap;
use crate::key_pairs;
use crate::sim::{Answer, BootOutcome, Fault, Kind, Service};
use crate::support::{Database, World, wait_until};

/// A course of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// A boot with everything that is brought into a region first.
    First,
    /// Its region never launches it, and the next one does.
    Again,
    /// No region launches it: it stands in ERROR on top.
    Stranded,
    /// Two servers of one request.
    Several,
    /// A server is deleted.
    Deleted,
    /// The same, and its region hears of it later.
    DeletedLater,
}

/// How long regions are waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// As usual: nothing goes wrong because the machine is busy.
    Usual,
    /// So short that what goes wrong is over soon.
    Hasty,
}

/// What the client was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Promise {
    /// All servers of the scenario are there, this one among them.
    Shown(String),
    /// None is there.
    Gone,
    /// Nothing was promised.
    Nothing,
}

impl Scenario {
    /// The world before it, at rest.
    pub async fn world(self, database: &Arc<Database>, trap: &Trap, pace: Pace) -> World {
        let listening = trap.clone();
        let world = World::listened(database, |config| self.settings(config, pace), move || listening.listen()).await;
        let demo = world.user("demo", "2.92");
        assert_eq!(demo.post("/os-keypairs", key_pairs::import("mine")).await.status, 201);
        let group =
            demo.post("/os-server-groups", json!({"server_group": {"name": "g", "policy": "soft-affinity"}})).await;
        assert_eq!(group.status, 200, "{group:?}");
        if matches!(self, Self::Again | Self::Stranded) {
            world.one().nova.next_boots([BootOutcome::NoValidHost]);
        }
        if self == Self::Stranded {
            world.two().nova.next_boots([BootOutcome::NoValidHost]);
        }
        if self.deletes() {
            world.boot("RegionOne", "web").await;
        }
        if self == Self::DeletedLater {
            let unheard = Fault::new(Kind::Answer(503, "not now")).on(Service::Nova).method("DELETE");
            world.one().faults.push(unheard.path("/v2.1/servers/").times(1));
        }
        world.synced().await;
        world
    }

    /// The client's request; its answer, if it got one.
    pub async fn act(self, world: &World) -> Option<Answer> {
        let demo = world.user("demo", "2.92");
        let (method, path, body) = if self.deletes() {
            let id = world.database.texts("SELECT id AS text FROM servers").await.concat();
            ("DELETE", format!("/servers/{id}"), None)
        } else {
            let groups = demo.get("/os-server-groups").await.json();
            let mut body = world.body("web");
            body["server"]["key_name"] = json!("mine");
            body["server"]["min_count"] = json!(self.servers());
            body["os:scheduler_hints"] = json!({"group": groups["server_groups"][0]["id"]});
            ("POST", "/servers".into(), Some(body))
        };
        let request = demo.send(method, &path, body);
        tokio::time::timeout(Duration::from_secs(20), request).await.ok()?.ok()
    }

    /// What an answer promises, if one came.
    pub fn promise(self, answer: Option<&Answer>) -> Promise {
        match answer.map(|answer| answer.status) {
            Some(202) => {
                Promise::Shown(answer.expect("one").json()["server"]["id"].as_str().expect("an id").to_owned())
            }
            Some(204) => Promise::Gone,
            _ => Promise::Nothing,
        }
    }

    /// Waits until it has ended well; nothing goes wrong.
    pub async fn wait(self, world: &World, promise: &Promise) {
        let end = if self == Self::Stranded { "ERROR" } else { "ACTIVE" };
        match promise {
            Promise::Shown(id) => drop(world.wait_status(id, end).await),
            Promise::Gone => {
                wait_until("gone", async || world.cloud.regions().all(|region| region.nova.ids().is_empty())).await;
            }
            Promise::Nothing => panic!("{self:?} does not begin"),
        }
    }

    /// Its own steps, which come each time.
    pub fn surely(self) -> &'static [&'static str] {
        match self {
            Self::First => &[
                "intents.open",
                "POST /os-keypairs",
                "key_pairs.announce",
                "POST /os-server-groups",
                "server_groups.announce",
                "flavors.place",
                "intents.advance",
                "POST /servers",
                "mappings.place",
            ],
            Self::Again => &["placings.leave", "removals.done", "intents.advance, time 2", "mappings.place, time 2"],
            Self::Stranded => &["placings.leave, time 2", "placings.strand_again", "removals.done, time 2"],
            Self::Several => &["intents.open", "POST /servers, time 2", "mappings.place, time 2"],
            Self::Deleted => &["DELETE /servers/{id}", "servers.unsettle", "servers.unsettle, time 2"],
            Self::DeletedLater => &["DELETE /servers/{id}, time 2", "removals.accept", "removals.done"],
        }
    }

    /// How many servers it is about.
    pub fn servers(self) -> usize {
        if self == Self::Several { 2 } else { 1 }
    }

    fn deletes(self) -> bool {
        matches!(self, Self::Deleted | Self::DeletedLater)
    }

    /// Room for its servers, and deadlines.
    pub fn settings(self, config: &mut Config, pace: Pace) {
        config.quota.instances = i64::try_from(self.servers()).expect("few");
        if pace == Pace::Hasty {
            config.boot.create_timeout_ms = 400;
            config.boot.outcome_wait_ms = 700;
            config.region.lookup_timeout_ms = 400;
            config.region.lookup_patience_ms = 400;
            config.region.call_timeout_ms = 400;
            config.sync.call_timeout_ms = 400;
        }
        // What the sync does with what the top owns comes when it comes, and is no step of a boot.
        config.sync.owned_period_s = 600;
    }
}
