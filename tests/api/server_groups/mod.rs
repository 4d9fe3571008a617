//! `/os-server-groups`, and what a group does to the boots of its servers.

mod boots;
mod crud;
mod ends;
mod hints;
mod policies;

use serde_json::{Value, json};

use crate::sim::{Answer, SimRegion};
use crate::support::World;

/// Makes a group of a user's; its id.
async fn group_of(world: &World, user: &str, policy: &str) -> String {
    let body = json!({"server_group": {"name": "web", "policy": policy}});
    made(&world.user(user, "2.64").post("/os-server-groups", body).await)
}

/// The id in the answer that made a group.
#[track_caller]
fn made(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    answer.json()["server_group"]["id"].as_str().expect("an id").to_owned()
}

/// A body that boots anywhere, with these hints.
fn hinted(world: &World, name: &str, hints: Value) -> Value {
    let mut body = world.body(name);
    body["os:scheduler_hints"] = hints;
    body
}

/// A body that boots anywhere into a group.
fn body_in(world: &World, group: &str) -> Value {
    hinted(world, "web", json!({ "group": group }))
}

/// The group as its owner sees it at a microversion.
async fn shown(world: &World, group: &str, version: &str) -> Value {
    let answer = world.user("demo", version).get(&format!("/os-server-groups/{group}")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["server_group"].clone()
}

/// Ids of the group's members, sorted.
async fn members(world: &World, group: &str) -> Vec<String> {
    let group = shown(world, group, "2.1").await;
    let members = group["members"].as_array().expect("members").iter();
    crate::support::sorted(members.map(|id| id.as_str().expect("an id")))
}

/// Live servers in each region.
fn counts(world: &World) -> (usize, usize) {
    (world.one().nova.ids().len(), world.two().nova.ids().len())
}

/// The hosts of all of a region's live servers, sorted.
fn hosts(region: &SimRegion) -> Vec<String> {
    let of = |id: &String| region.nova.inspect(id, |server| server.host.clone().unwrap_or_default());
    crate::support::sorted(region.nova.ids().iter().filter_map(of))
}
