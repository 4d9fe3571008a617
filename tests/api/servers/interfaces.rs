//! `GET /servers/{id}/os-interface[/{port_id}]`.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::support::{Database, World, on_each_database, refused, wait_until};

on_each_database!(ports_are_the_regions_own, a_port_that_goes_down_below_is_down, ports_that_come_and_go_are_seen);

async fn ports_are_the_regions_own(database: Arc<Database>) {
    let world = World::with(&database, |config| config.sync.neighbours_page_size = 1).await;
    for (zone, region) in [("RegionOne", world.one()), ("RegionTwo", world.two())] {
        let id = world.boot(zone, "web").await;
        let path = format!("/servers/{id}/os-interface");
        for version in ["2.1", "2.70", "2.104"] {
            let below = world.below(region, "demo", version).get(&path).await.json();
            assert_eq!(below["interfaceAttachments"].as_array().map(Vec::len), Some(1));
            wait_until("the same ports", async || world.user("demo", version).get(&path).await.json() == below).await;
            let port = below["interfaceAttachments"][0].clone();
            let one = format!("{path}/{}", port["port_id"].as_str().unwrap());
            assert_eq!(world.user("demo", version).get(&one).await.json(), json!({ "interfaceAttachment": port }));
        }
        let message = refused(&world.demo().get(&format!("{path}/nothing")).await, 404);
        assert!(message.contains("nothing"), "{message}");
    }
}

async fn states(world: &World, id: &str) -> Vec<Value> {
    let answer = world.demo().get(&format!("/servers/{id}/os-interface")).await.json();
    let mut states: Vec<Value> =
        answer["interfaceAttachments"].as_array().unwrap().iter().map(|port| port["port_state"].clone()).collect();
    states.sort_by_key(Value::to_string);
    states
}

async fn a_port_that_goes_down_below_is_down(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionTwo", "web").await;
    wait_until("ACTIVE", async || states(&world, &id).await == ["ACTIVE"]).await;
    let port = world.two().neutron.ports_of(&id).remove(0).id;
    for status in ["DOWN", "ACTIVE"] {
        world.two().neutron.set_port_status(&port, status);
        wait_until(status, async || states(&world, &id).await == [status]).await;
    }
    assert_eq!(world.show(&id).await["status"], "ACTIVE");
}

async fn ports_that_come_and_go_are_seen(database: Arc<Database>) {
    let world = World::with(&database, |config| config.sync.neighbours_page_size = 2).await;
    let (web, other) = (world.boot("RegionOne", "web").await, world.boot("RegionOne", "other").await);
    let network = world.one().neutron.id_of("shared");
    let added = world.one().neutron.add_port(&network, "demo");
    world.one().neutron.edit_port(&added, |port| {
        port.device_id = web.clone();
        port.device_owner = "compute:nova".into();
    });
    wait_until("two ports", async || states(&world, &web).await == ["ACTIVE", "DOWN"]).await;
    world.one().neutron.remove_port(&added);
    wait_until("one port", async || states(&world, &web).await == ["ACTIVE"]).await;
    assert_eq!(states(&world, &other).await, ["ACTIVE"]);
}
