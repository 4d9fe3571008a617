//! What is done in each cell.

use std::sync::Arc;
use std::time::Duration;

use nova_cascade::config::Config;
use serde_json::json;

use super::trap::Trap;
use crate::key_pairs;
use crate::sim::{Answer, BootOutcome};
use crate::support::{Database, World};

/// A course of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// A boot with everything that is brought into a region first.
    First,
    /// Its region never launches it, and the next one does.
    Again,
}

impl Scenario {
    /// The world before it, at rest.
    pub async fn world(self, database: &Arc<Database>, trap: &Trap) -> World {
        let listening = trap.clone();
        let world = World::listened(database, settings, move || listening.listen()).await;
        let demo = world.user("demo", "2.92");
        assert_eq!(demo.post("/os-keypairs", key_pairs::import("mine")).await.status, 201);
        let group =
            demo.post("/os-server-groups", json!({"server_group": {"name": "g", "policy": "soft-affinity"}})).await;
        assert_eq!(group.status, 200, "{group:?}");
        if self == Self::Again {
            world.one().nova.next_boots([BootOutcome::NoValidHost]);
        }
        world.synced().await;
        world
    }

    /// The client's request; its answer, if it got one.
    pub async fn act(self, world: &World) -> Option<Answer> {
        let demo = world.user("demo", "2.92");
        let groups = demo.get("/os-server-groups").await.json();
        let mut body = world.body("web");
        body["server"]["key_name"] = json!("mine");
        body["os:scheduler_hints"] = json!({"group": groups["server_groups"][0]["id"]});
        let request = demo.send("POST", "/servers", Some(body));
        tokio::time::timeout(Duration::from_secs(20), request).await.ok()?.ok()
    }
}

/// Short deadlines, and room for one server.
pub fn settings(config: &mut Config) {
    config.quota.instances = 1;
    config.boot.intent_takeover_s = 4;
    config.boot.create_timeout_ms = 400;
    config.boot.outcome_wait_ms = 700;
    config.region.lookup_timeout_ms = 400;
    config.region.lookup_patience_ms = 400;
    config.region.call_timeout_ms = 400;
    config.sync.call_timeout_ms = 400;
    // What the sync does with what the top owns comes when it comes, and is no step of a boot.
    config.sync.owned_period_s = 600;
}
