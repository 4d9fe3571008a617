//! Quota: limits, what they let pass, and sums that stay true.

mod charges;
mod limits;
mod mix;
mod regions;
mod sets;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::sim::{Answer, Client};
use crate::support::{World, wait_until};

/// A project's id.
fn project(world: &World, name: &str) -> String {
    world.cloud.keystone.project_id(name)
}

/// Sets limits as an admin.
async fn set(world: &World, name: &str, limits: Value) -> Answer {
    let admin = world.user("admin", "2.1");
    admin.put(&format!("/os-quota-sets/{}", project(world, name)), json!({ "quota_set": limits })).await
}

/// What the project demo uses: instances, cores, ram.
async fn used(world: &World) -> [i64; 3] {
    let path = format!("/os-quota-sets/{}/detail", project(world, "demo"));
    let answer = world.demo().get(&path).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    ["instances", "cores", "ram"].map(|name| answer.json()["quota_set"][name]["in_use"].as_i64().expect("a number"))
}

async fn wait_used(world: &World, wanted: [i64; 3]) {
    wait_until(&format!("{wanted:?} in use"), async || used(world).await == wanted).await;
}

/// No sum is other than its rows.
async fn sums_are_true(world: &World) {
    let drift = nova_cascade::db::quota::audit(&world.db, false).await.expect("an audit");
    assert!(drift.is_empty(), "{drift:?}");
}

/// The names in a document's only object.
fn keys(answer: &Answer, name: &str) -> Vec<String> {
    assert_eq!(answer.status, 200, "{answer:?}");
    let document = answer.json();
    let set: BTreeMap<String, Value> = serde_json::from_value(document[name].clone()).expect("an object");
    set.into_keys().collect()
}

/// Boots in RegionOne; the answer.
async fn boot(client: &Client, world: &World, name: &str) -> Answer {
    client.post("/servers", world.body_in("RegionOne", name)).await
}
