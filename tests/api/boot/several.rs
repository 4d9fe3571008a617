//! Several servers of one request: each a boot of its own, in as many regions as it takes.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::sim::{Fault, Kind, Service};
use crate::support::{Database, Top, World, accepted, ids, names, on_each_database, refused, wait_until};

on_each_database!(
    what_does_not_fit_in_one_region_lands_in_the_next,
    as_many_as_fit_when_enough_do,
    all_or_none_when_too_few_do,
    a_lost_answer_among_them_is_found,
    a_kill_among_them_loses_nothing,
    too_many_are_refused,
);

fn several(world: &World, least: usize, most: usize) -> Value {
    let mut body = world.body("web");
    body["server"]["min_count"] = json!(least);
    body["server"]["max_count"] = json!(most);
    body
}

fn made(world: &World) -> usize {
    world.one().nova.ids().len() + world.two().nova.ids().len()
}

/// A region counts before it makes, as Nova does: of several boots at once too many may pass its limit.
async fn one_by_one(database: &Arc<Database>) -> World {
    World::with(database, |config| config.boot.concurrent_max = 1).await
}

async fn what_does_not_fit_in_one_region_lands_in_the_next(database: Arc<Database>) {
    let world = one_by_one(&database).await;
    world.one().nova.set_quota_instances(Some(2));
    world.two().nova.set_quota_instances(Some(3));
    let first = accepted(&world.demo().post("/servers", several(&world, 5, 5)).await);
    assert_eq!((world.one().nova.ids().len(), world.two().nova.ids().len()), (2, 3));
    let listed =
        world.user("admin", "2.96").get("/servers/detail?all_tenants=1&sort_key=launch_index&sort_dir=asc").await;
    assert_eq!(names(&listed), ["web-1", "web-2", "web-3", "web-4", "web-5"]);
    assert_eq!(ids(&listed)[0], first);
    let documents = listed.json()["servers"].as_array().cloned().unwrap_or_default();
    let each = |key: &str| documents.iter().map(|server| server[key].clone()).collect::<Vec<_>>();
    assert_eq!(each("OS-EXT-SRV-ATTR:launch_index"), [0, 1, 2, 3, 4].map(|index| json!(index)));
    let reservations: BTreeSet<String> =
        each("OS-EXT-SRV-ATTR:reservation_id").iter().map(|id| id.as_str().unwrap_or_default().to_owned()).collect();
    assert_eq!(reservations.len(), 1);
    let reservation = reservations.first().expect("a reservation");
    let found = world.demo().get(&format!("/servers?reservation_id={reservation}")).await;
    assert_eq!(ids(&found).len(), 5);
    world.wait_no_intents().await;
}

async fn as_many_as_fit_when_enough_do(database: Arc<Database>) {
    let world = one_by_one(&database).await;
    world.one().nova.set_quota_instances(Some(2));
    world.two().nova.set_quota_instances(Some(1));
    accepted(&world.demo().post("/servers", several(&world, 2, 9)).await);
    assert_eq!(made(&world), 3);
    // The others stand in ERROR, as where Nova's scheduler finds no host.
    assert_eq!(ids(&world.demo().get("/servers").await).len(), 9);
    let failed = world.demo().get("/servers?status=ERROR").await;
    assert_eq!(ids(&failed).len(), 6);
    world.wait_no_intents().await;
}

async fn all_or_none_when_too_few_do(database: Arc<Database>) {
    let world = one_by_one(&database).await;
    let refusal = Fault::new(Kind::Answer(400, "not like this")).on(Service::Nova).method("POST").path("/v2.1/servers");
    for region in [world.one(), world.two()] {
        region.faults.push(refusal.clone().after(1));
    }
    let message = refused(&world.demo().post("/servers", several(&world, 4, 9)).await, 400);
    assert_eq!(message, "not like this");
    wait_until("those made to be deleted again", async || {
        made(&world) == 0 && ids(&world.demo().get("/servers").await).is_empty()
    })
    .await;
    world.wait_no_intents().await;
}

async fn a_lost_answer_among_them_is_found(database: Arc<Database>) {
    let world = World::start(&database).await;
    for region in [world.one(), world.two()] {
        let second = Fault::new(Kind::CloseAfterEffect).on(Service::Nova).method("POST").path("/v2.1/servers");
        region.faults.push(second.after(1).times(1));
    }
    accepted(&world.user("demo", "2.42").post("/servers", several(&world, 4, 4)).await);
    wait_until("all four", async || ids(&world.demo().get("/servers").await).len() == 4).await;
    assert_eq!((made(&world), world.boots_sent()), (4, 4), "none twice");
    world.wait_no_intents().await;
}

async fn a_kill_among_them_loses_nothing(database: Arc<Database>) {
    let world = World::start(&database).await;
    for region in [world.one(), world.two()] {
        let later = Fault::new(Kind::DelayAfter(Duration::from_secs(5))).on(Service::Nova).method("POST");
        region.faults.push(later.path("/v2.1/servers").after(1));
    }
    let (client, body) = (world.demo(), several(&world, 6, 6));
    let asking = tokio::spawn(async move { client.send("POST", "/servers", Some(body)).await });
    wait_until("several on their way", async || world.boots_sent() >= 4).await;
    let World { cloud, top, database, db } = world;
    top.kill();
    asking.abort();
    for name in ["RegionOne", "RegionTwo"] {
        cloud.region(name).faults.clear();
    }
    let top = Top::start(&cloud, &database, |_| {}).await;
    let world = World { cloud, top, database, db };
    wait_until("every server below to be shown", async || {
        let mut below: Vec<String> = world.one().nova.ids();
        below.extend(world.two().nova.ids());
        let mut shown = ids(&world.demo().get("/servers").await);
        below.sort();
        shown.sort();
        below.len() >= 4 && below == shown
    })
    .await;
}

async fn too_many_are_refused(database: Arc<Database>) {
    let world = World::with(&database, |config| config.boot.servers_per_request_max = 3).await;
    let message = refused(&world.demo().post("/servers", several(&world, 4, 5)).await, 403);
    assert_eq!(message, "Quota exceeded for instances: Requested 4-5, but already used 0 of 3 instances");
    accepted(&world.demo().post("/servers", several(&world, 1, 5)).await);
    assert_eq!(names(&world.demo().get("/servers").await).len(), 3, "no more than may be");
    assert_eq!(made(&world), 3);
}
