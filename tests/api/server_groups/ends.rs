//! The end of a group: on top, in its regions, and in what is shown of its servers.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::{body_in, group_of};
use crate::sim::{Fault, Kind, Service};
use crate::support::{Database, World, accepted, on_each_database, refused, wait_until};

on_each_database!(
    a_deleted_group_is_gone_everywhere,
    a_region_that_is_down_loses_the_group_later,
    a_group_deleted_while_its_server_boots_leaves_no_trace,
    the_audit_forgets_what_is_gone_below,
);

/// Groups that the service believes to be in regions.
async fn rows(database: &Database) -> Vec<String> {
    database.texts("SELECT group_id AS text FROM server_group_regions").await
}

async fn a_deleted_group_is_gone_everywhere(database: Arc<Database>) {
    let world = World::with(&database, |config| config.sync.owned_period_s = 1).await;
    let group = group_of(&world, "demo", "anti-affinity").await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        ids.push(accepted(&world.demo().post("/servers", body_in(&world, &group)).await));
    }
    assert!(world.cloud.regions().all(|region| region.nova.groups().len() == 1));
    assert_eq!(world.demo().delete(&format!("/os-server-groups/{group}")).await.status, 204);
    assert!(world.cloud.regions().all(|region| region.nova.groups().is_empty()), "at once, with the user's token");
    refused(&world.demo().get(&format!("/os-server-groups/{group}")).await, 404);
    refused(&world.demo().delete(&format!("/os-server-groups/{group}")).await, 404);
    refused(&world.demo().post("/servers", body_in(&world, &group)).await, 400);
    for id in ids {
        let shown = async || world.user("demo", "2.104").get(&format!("/servers/{id}")).await.json()["server"].clone();
        wait_until("a settled server", async || shown().await["status"] == "ACTIVE").await;
        let server = shown().await;
        assert_eq!(server["server_groups"], json!([]));
        // What was asked for at boot stays said.
        assert_eq!(server["scheduler_hints"], json!({"group": [group]}));
    }
    wait_until("the audit to have seen it", async || rows(&database).await.is_empty()).await;
}

async fn a_region_that_is_down_loses_the_group_later(database: Arc<Database>) {
    let world = World::with(&database, |config| config.sync.owned_period_s = 1).await;
    let (group, kept) = (group_of(&world, "demo", "affinity").await, group_of(&world, "demo", "affinity").await);
    for group in [&group, &kept] {
        let mut body = body_in(&world, group);
        body["server"]["availability_zone"] = json!("RegionOne");
        accepted(&world.demo().post("/servers", body).await);
    }
    // One that a crash left: no row tells its id.
    let name = nova_cascade::cascade::ensure::server_group::regional_name(&group);
    let twin = json!({"server_group": {"name": name, "policies": ["affinity"]}});
    assert_eq!(world.below(world.one(), "demo", "2.1").post("/os-server-groups", twin).await.status, 200);
    world.one().down_service(Service::Nova).await;
    assert_eq!(world.demo().delete(&format!("/os-server-groups/{group}")).await.status, 204);
    assert_eq!(world.one().nova.groups().len(), 3);
    world.one().up();
    wait_until("the audit to delete it", async || world.one().nova.groups().len() == 1).await;
    wait_until("the audit to forget it", async || rows(&database).await == [kept.clone()]).await;
    assert!(world.one().nova.groups()[0].name.contains(&kept));
}

async fn a_group_deleted_while_its_server_boots_leaves_no_trace(database: Arc<Database>) {
    let world = World::with(&database, |config| config.sync.owned_period_s = 1).await;
    let group = group_of(&world, "demo", "affinity").await;
    for region in world.cloud.regions() {
        let slow = Fault::new(Kind::DelayAfter(Duration::from_millis(600))).on(Service::Nova).method("POST");
        region.faults.push(slow.path("/v2.1/servers"));
    }
    let demo = world.demo();
    let boot = tokio::spawn({
        let (demo, body) = (world.demo(), body_in(&world, &group));
        async move { demo.post("/servers", body).await }
    });
    wait_until("the boot to be on its way", async || world.boots_sent() == 1).await;
    assert_eq!(demo.delete(&format!("/os-server-groups/{group}")).await.status, 204);
    let id = accepted(&boot.await.expect("an answer"));
    let show = world.user("demo", "2.71").get(&format!("/servers/{id}")).await.json();
    assert_eq!(show["server"]["server_groups"], json!([]));
    wait_until("no group in any region", async || {
        rows(&database).await.is_empty() && world.cloud.regions().all(|region| region.nova.groups().is_empty())
    })
    .await;
}

async fn the_audit_forgets_what_is_gone_below(database: Arc<Database>) {
    let world = World::with(&database, |config| config.sync.owned_period_s = 1).await;
    let group = group_of(&world, "demo", "affinity").await;
    accepted(&world.demo().post("/servers", body_in(&world, &group)).await);
    let alts = group_of(&world, "alt", "affinity").await;
    let answer = world.user("alt", "2.1").post("/servers", body_in(&world, &alts)).await;
    accepted(&answer);
    for region in world.cloud.regions() {
        for regional in region.nova.groups().iter().filter(|regional| regional.name.contains(&group)) {
            region.nova.delete_group(&regional.id);
        }
    }
    wait_until("the audit to forget it", async || rows(&database).await == [alts.clone()]).await;
    accepted(&world.demo().post("/servers", body_in(&world, &group)).await);
    assert_eq!(rows(&database).await.len(), 2, "made again");
}
