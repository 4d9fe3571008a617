//! A proxy in front of a region that compresses its answers.

use std::sync::Arc;

use serde_json::json;

use crate::sim::{Answer, Coding, Fault, Kind, Service};
use crate::support::{Database, World, accepted, on_each_database, refused, wait_until};

on_each_database!(
    a_region_is_asked_for_answers_that_are_not_compressed,
    an_answer_that_is_compressed_all_the_same_is_read,
    a_change_behind_an_answer_that_cannot_be_read_is_not_lost,
);

#[track_caller]
fn plain(answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert!(answer.header("content-encoding").is_none() && answer.json().is_object(), "{answer:?}");
}

/// Calls whose answers are rewritten on their way up, and one whose answer is not.
async fn every_answer_is_plain(world: &World) {
    let demo = world.user("demo", "2.90").header("accept-encoding", "gzip, deflate");
    let id = accepted(&demo.post("/servers", world.body_in("RegionOne", "web")).await);
    world.wait_status(&id, "ACTIVE").await;
    let path = format!("/servers/{id}");
    let renamed = demo.put(&path, json!({ "server": { "name": "api" } })).await;
    plain(&renamed, 200);
    assert_eq!(renamed.json()["server"]["name"], "api");
    let rebuild = json!({ "rebuild": { "imageRef": world.image() } });
    plain(&demo.post(&format!("{path}/action"), rebuild).await, 202);
    world.wait_status(&id, "ACTIVE").await;
    plain(&demo.get(&format!("{path}/os-instance-actions")).await, 200);
    plain(&demo.get(&format!("{path}/os-interface")).await, 200);
    assert_eq!(demo.delete(&path).await.status, 204);
    world.wait_gone(&id).await;
}

async fn a_region_is_asked_for_answers_that_are_not_compressed(database: Arc<Database>) {
    let world = World::start(&database).await;
    world.one().faults.push(Fault::new(Kind::CompressIfAccepted).on(Service::Nova));
    every_answer_is_plain(&world).await;
    let seen = world.one().nova.seen_on("PUT /servers/{id}").remove(0);
    assert_eq!(seen.header("accept-encoding"), Some("identity"));
}

async fn an_answer_that_is_compressed_all_the_same_is_read(database: Arc<Database>) {
    let world = World::start(&database).await;
    for coding in [Coding::Gzip, Coding::Deflate] {
        world.one().faults.clear();
        world.one().faults.push(Fault::new(Kind::Compress(coding)).on(Service::Nova));
        // By users and by the sync.
        every_answer_is_plain(&world).await;
    }
}

async fn a_change_behind_an_answer_that_cannot_be_read_is_not_lost(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionOne", "web").await;
    let fault = Fault::new(Kind::Compress(Coding::Unknown)).on(Service::Nova).method("PUT");
    world.one().faults.push(fault.path("/v2.1/servers/"));
    let answer = world.demo().put(&format!("/servers/{id}"), json!({ "server": { "name": "api" } })).await;
    let message = refused(&answer, 503);
    assert!(message.contains("may have happened; look at the server before you try again"), "{message}");
    assert!(answer.header("retry-after").is_none(), "{answer:?}");
    wait_until("its new name", async || world.show(&id).await["name"] == "api").await;
}
