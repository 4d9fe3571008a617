//! Key pairs of servers, by their names on top: documents, filters, and rebuild.

use std::sync::Arc;

use serde_json::json;

use super::{KEY, OTHER_KEY, import, import_key};
use crate::sim::nova::KeyPair;
use crate::support::{Database, World, accepted, ids, on_each_database, refused};

on_each_database!(lists_speak_of_the_tops_names, a_rebuild_takes_a_key_pair_of_the_top);

async fn lists_speak_of_the_tops_names(database: Arc<Database>) {
    let world = World::start(&database).await;
    let demo_id = world.cloud.keystone.user_id("demo");
    world.one().nova.put_keypair(KeyPair::new(&demo_id, "b", OTHER_KEY));
    let demo = world.user("demo", "2.83");
    let mut made = Vec::new();
    for (name, key) in [("a", KEY), ("b", KEY), ("c", OTHER_KEY)] {
        assert_eq!(demo.post("/os-keypairs", import_key(name, key)).await.status, 201);
        let mut body = world.body_in("RegionOne", &format!("web-{name}"));
        body["server"]["key_name"] = json!(name);
        let id = accepted(&demo.post("/servers", body).await);
        world.wait_status(&id, "ACTIVE").await;
        made.push(id);
    }
    let local = world.one().nova.inspect(&made[1], |server| server.key_name.clone()).flatten().expect("a name");
    assert_ne!(local, "b");
    assert_eq!(ids(&demo.get("/servers?key_name=^b$").await), [made[1].clone()]);
    assert!(ids(&demo.get(&format!("/servers?key_name={local}")).await).is_empty());
    let sorted = demo.get("/servers?sort_key=key_name&sort_dir=desc").await;
    assert_eq!(ids(&sorted), [made[2].clone(), made[1].clone(), made[0].clone()]);
    let details = demo.get("/servers/detail?sort_key=key_name&sort_dir=asc").await.json();
    let shown: Vec<_> = details["servers"].as_array().expect("a list").iter().map(|s| s["key_name"].clone()).collect();
    assert_eq!(shown, ["a", "b", "c"]);
}

async fn a_rebuild_takes_a_key_pair_of_the_top(database: Arc<Database>) {
    let world = World::start(&database).await;
    let demo_id = world.cloud.keystone.user_id("demo");
    world.one().nova.put_keypair(KeyPair::new(&demo_id, "k", OTHER_KEY));
    let id = world.boot("RegionOne", "web").await;
    let path = format!("/servers/{id}/action");
    let rebuild = |key_name| json!({"rebuild": {"imageRef": world.image(), "key_name": key_name}});
    let demo = world.user("demo", "2.54");
    assert_eq!(refused(&demo.post(&path, rebuild(json!("k"))).await, 400), "Invalid key_name provided.");
    assert_eq!(demo.post("/os-keypairs", import("k")).await.status, 201);
    let answer = demo.post(&path, rebuild(json!("k"))).await;
    assert_eq!((answer.status, &answer.json()["server"]["key_name"]), (202, &json!("k")));
    let local = world.one().nova.inspect(&id, |server| server.key_name.clone()).flatten().expect("a name");
    assert!(local.starts_with("k-"), "{local}");
    let active = world.wait_status(&id, "ACTIVE").await;
    assert_eq!(active["key_name"], "k");
    let none = demo.post(&path, rebuild(json!(null))).await;
    assert_eq!((none.status, &none.json()["server"]["key_name"]), (202, &json!(null)));
    assert_eq!(world.wait_status(&id, "ACTIVE").await["key_name"], json!(null));
}
