//! The hints `same_host` and `different_host`.

use std::sync::Arc;

use serde_json::{Value, json};

use super::hinted;
use crate::support::{Database, World, accepted, on_each_database, refused};

on_each_database!(
    the_same_host_is_in_the_servers_region,
    different_hosts_are_anywhere,
    unknown_servers_pass_as_they_are,
    malformed_hints_are_refused,
    servers_of_other_projects_say_nothing,
);

async fn host(world: &World, id: &str) -> Value {
    world.wait_status(id, "ACTIVE").await["OS-EXT-SRV-ATTR:host"].clone()
}

async fn the_same_host_is_in_the_servers_region(database: Arc<Database>) {
    let world = World::start(&database).await;
    for zone in ["RegionOne", "RegionTwo"] {
        let first = world.boot(zone, "first").await;
        for hint in [json!(first), json!([first])] {
            let body = hinted(&world, "second", json!({ "same_host": hint }));
            let second = accepted(&world.demo().post("/servers", body).await);
            assert_eq!(host(&world, &second).await, host(&world, &first).await);
            let show = world.user("demo", "2.100").get(&format!("/servers/{second}")).await.json();
            assert_eq!(show["server"]["scheduler_hints"], json!({"same_host": [first]}));
        }
        let mut body = hinted(&world, "third", json!({ "same_host": first }));
        body["server"]["availability_zone"] = json!(if zone == "RegionOne" { "RegionTwo" } else { "RegionOne" });
        let message = refused(&world.demo().post("/servers", body).await, 400);
        assert!(message.starts_with("No valid host was found. "), "{message}");
        assert!(message.contains("the server whose host is to be shared is in another region"), "{message}");
    }
}

async fn different_hosts_are_anywhere(database: Arc<Database>) {
    let world = World::start(&database).await;
    let (one, two) = (world.boot("RegionOne", "one").await, world.boot("RegionTwo", "two").await);
    let mut hosts = vec![host(&world, &one).await, host(&world, &two).await];
    for _ in 0..2 {
        let body = hinted(&world, "other", json!({"different_host": [one, two]}));
        let id = accepted(&world.demo().post("/servers", body).await);
        let host = host(&world, &id).await;
        assert!(!hosts[..2].contains(&host), "{host} of {hosts:?}");
        hosts.push(host);
        let show = world.user("demo", "2.100").get(&format!("/servers/{id}")).await.json();
        assert_eq!(show["server"]["scheduler_hints"], json!({"different_host": [one, two]}), "all that were named");
    }
}

async fn unknown_servers_pass_as_they_are(database: Arc<Database>) {
    let world = World::start(&database).await;
    let unknown = uuid::Uuid::new_v4().to_string();
    let body = hinted(&world, "web", json!({ "different_host": unknown, "mine": {"a": 1} }));
    let id = accepted(&world.demo().post("/servers", body).await);
    world.wait_status(&id, "ACTIVE").await;
    let body = hinted(&world, "web", json!({ "same_host": unknown }));
    let id = accepted(&world.demo().post("/servers", body).await);
    let failed = world.wait_status(&id, "ERROR").await;
    let message = failed["fault"]["message"].as_str().unwrap_or_default();
    assert!(message.ends_with("No valid host was found. There are not enough hosts available."), "{message}");
    let sent: Vec<Value> = world.cloud.regions().flat_map(|region| region.nova.created_bodies()).collect();
    assert!(sent.iter().any(|body| body["os:scheduler_hints"]["mine"] == json!({"a": 1})));
    assert!(sent.iter().any(|body| body["os:scheduler_hints"]["same_host"] == json!(unknown)));
}

async fn malformed_hints_are_refused(database: Arc<Database>) {
    let world = World::start(&database).await;
    let none = "is not valid under any of the given schemas";
    for (hints, reason) in [
        (json!([]), "os:scheduler_hints. Value: []. [] is not of type 'object'".to_owned()),
        (json!({"same_host": ["x"]}), "0. Value: x. 'x' is not a 'uuid'".to_owned()),
        (json!({"different_host": {}}), format!("different_host. Value: {{}}. {{}} {none}")),
    ] {
        let message = refused(&world.demo().post("/servers", hinted(&world, "web", hints)).await, 400);
        assert_eq!(message, format!("Invalid input for field/attribute {reason}"));
    }
    assert_eq!(world.boots_sent(), 0);
}

async fn servers_of_other_projects_say_nothing(database: Arc<Database>) {
    let world = World::start(&database).await;
    let alts = world.boot_as("alt", "RegionTwo", "theirs").await;
    // As if it were unknown: where it is cannot be found out.
    let mut body = hinted(&world, "web", json!({ "same_host": alts }));
    body["server"]["availability_zone"] = json!("RegionOne");
    accepted(&world.demo().post("/servers", body.clone()).await);
    let message = refused(&world.user("admin", "2.1").post("/servers", body).await, 400);
    assert!(message.contains("the server whose host is to be shared is in another region"), "{message}");
}
