//! What is given up, and what is not: a region that takes its time destroys nothing of a user's.

use std::sync::Arc;

use nova_cascade::config::Config;
use serde_json::json;

use crate::sim::{Fault, Kind, Pace, Service, SimCloud};
use crate::support::{Database, World, accepted, on_each_database, wait_until};

on_each_database!(
    a_host_that_is_up_may_take_as_long_as_it_likes,
    without_a_setting_there_is_no_deadline,
    a_server_that_would_take_a_volume_along_is_never_given_up,
    one_that_came_up_after_it_was_given_up_is_the_server,
    one_that_runs_in_two_regions_is_left_until_its_owner_deletes_it,
);

/// A deadline that passes when the test says so.
fn long(config: &mut Config) {
    config.boot.build_deadline_s = 600;
}

/// All that is watched has been built for decades.
async fn overdue(world: &World) {
    world.database.execute("UPDATE placings SET begun_at = 1").await;
}

async fn watched(world: &World) -> Vec<String> {
    world.database.texts("SELECT server_id AS text FROM placings").await
}

async fn removals(world: &World, condition: &str) -> usize {
    world.database.texts(&format!("SELECT local_id AS text FROM removals WHERE {condition}")).await.len()
}

/// A server that RegionOne builds by hand.
async fn building(world: &World) -> String {
    world.one().nova.set_boot_pace(Pace::ByHand);
    let id = accepted(&world.demo().post("/servers", world.body("web")).await);
    assert_eq!(world.one().nova.ids(), [id.clone()], "the first region was not asked first");
    id
}

async fn a_host_that_is_up_may_take_as_long_as_it_likes(database: Arc<Database>) {
    let world = World::with(&database, long).await;
    let id = building(&world).await;
    let hosts = world.one().nova.hosts();
    world.one().nova.edit(&id, |server| {
        server.host = Some(hosts[0].clone());
        server.task_state = Some("spawning".into());
    });
    for _ in 0..2 {
        overdue(&world).await;
        wait_until("the deadline begins anew", async || {
            let begun = world.database.texts("SELECT CAST(begun_at AS CHAR) AS text FROM placings").await;
            begun.len() == 1 && begun[0] != "1"
        })
        .await;
    }
    assert_eq!(world.one().nova.ids(), [id.clone()]);
    assert_eq!(world.show(&id).await["status"], "BUILD");
    assert!(world.two().nova.ids().is_empty());
    world.one().nova.stop_computes(&hosts);
    overdue(&world).await;
    let shown = world.wait_status(&id, "ACTIVE").await;
    assert_eq!(shown["OS-EXT-AZ:availability_zone"], "RegionTwo-nova");
}

async fn without_a_setting_there_is_no_deadline(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = building(&world).await;
    overdue(&world).await;
    let looks = world.one().nova.count("GET /os-services");
    wait_until("more looks", async || world.one().nova.count("GET /os-services") > looks + 10).await;
    assert_eq!(watched(&world).await, [id.clone()]);
    assert_eq!(world.one().nova.ids(), [id.clone()]);
    world.one().nova.finish_boot(&id);
    world.wait_status(&id, "ACTIVE").await;
}

async fn a_server_that_would_take_a_volume_along_is_never_given_up(database: Arc<Database>) {
    let cloud = SimCloud::start(&["RegionOne", "RegionTwo"]).await;
    cloud.region("RegionOne").offer_volumes(&cloud);
    let world = World::over(cloud, &database, long).await;
    world.one().nova.set_boot_pace(Pace::ByHand);
    // The answer of the second is lost: its row is made of the region's document.
    let mut made = Vec::new();
    for lost in [false, true] {
        if lost {
            let fault = Fault::new(Kind::CloseAfterEffect).on(Service::Nova).method("POST").path("/v2.1/servers");
            world.one().faults.push(fault.times(1));
        }
        let mut body = world.body("web");
        body["server"]["imageRef"] = json!("");
        body["server"]["block_device_mapping_v2"] = json!([{
            "source_type": "volume", "destination_type": "volume", "uuid": world.one().cinder.add_volume("demo"),
            "boot_index": 0, "delete_on_termination": true,
        }]);
        made.push(accepted(&world.demo().post("/servers", body).await));
    }
    overdue(&world).await;
    wait_until("nobody watches them", async || watched(&world).await.is_empty()).await;
    assert_eq!(removals(&world, "1 = 1").await, 0);
    for id in &made {
        assert!(world.one().nova.ids().contains(id));
        world.one().nova.finish_boot(id);
        world.wait_status(id, "ACTIVE").await;
    }
}

async fn one_that_came_up_after_it_was_given_up_is_the_server(database: Arc<Database>) {
    let world = World::with(&database, long).await;
    // A port is in one region alone: there is no other.
    let port = world.one().neutron.add_port(&world.one().neutron.id_of("shared"), "demo");
    let mut body = world.body("web");
    body["server"]["networks"] = json!([{ "port": port }]);
    world.one().nova.set_boot_pace(Pace::ByHand);
    let id = accepted(&world.demo().post("/servers", body).await);
    world.one().down().await;
    overdue(&world).await;
    world.wait_status(&id, "ERROR").await;
    assert_eq!(removals(&world, "reason = 'remnant'").await, 1);
    world.one().nova.finish_boot(&id);
    world.one().up();
    let shown = world.wait_status(&id, "ACTIVE").await;
    assert!(shown.get("fault").is_none(), "{shown}");
    assert_eq!(world.one().nova.status(&id), Some("ACTIVE"));
    assert_eq!(removals(&world, "1 = 1").await, 0);
    assert_eq!(world.live(world.one()).await, [id.clone()]);
    assert_eq!(world.demo().delete(&format!("/servers/{id}")).await.status, 204);
    world.wait_gone(&id).await;
    assert!(world.one().nova.ids().is_empty());
}

async fn one_that_runs_in_two_regions_is_left_until_its_owner_deletes_it(database: Arc<Database>) {
    let world = World::with(&database, long).await;
    let id = building(&world).await;
    world.one().down().await;
    overdue(&world).await;
    let shown = world.wait_status(&id, "ACTIVE").await;
    assert_eq!(shown["OS-EXT-AZ:availability_zone"], "RegionTwo-nova");
    world.one().nova.finish_boot(&id);
    world.one().up();
    let looks = world.one().nova.count("GET /servers/{id}");
    wait_until("it is looked at", async || world.one().nova.count("GET /servers/{id}") > looks + 1).await;
    assert_eq!(world.one().nova.status(&id), Some("ACTIVE"));
    let shown = world.show(&id).await;
    assert_eq!((&shown["status"], &shown["OS-EXT-AZ:availability_zone"]), (&json!("ACTIVE"), &json!("RegionTwo-nova")));
    assert_eq!(world.demo().delete(&format!("/servers/{id}")).await.status, 204);
    world.wait_gone(&id).await;
    wait_until("both are gone", async || {
        world.one().nova.ids().is_empty() && world.two().nova.ids().is_empty() && removals(&world, "1 = 1").await == 0
    })
    .await;
}
