//! What a project is charged, and what it is not.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::{boot, set, sums_are_true, used, wait_used};
use crate::sim::{Fault, Kind, Pace, Service};
use crate::support::{Database, World, accepted, ids, on_each_database, refused, wait_until};

on_each_database!(
    a_boot_above_quota_is_refused_in_novas_words,
    as_many_as_fit_are_booted,
    what_fails_is_charged_nothing,
    a_resize_charges_the_larger_until_it_is_done,
    a_refused_resize_is_taken_back,
    a_resize_under_way_is_charged_whatever_is_read_meanwhile,
    a_resize_that_was_not_sent_is_charged_nothing,
    what_is_softly_deleted_is_charged_nothing,
    of_many_boots_at_once_exactly_the_quota_stands,
    sums_that_went_wrong_are_set_right,
);

async fn a_boot_above_quota_is_refused_in_novas_words(database: Arc<Database>) {
    let world = World::start(&database).await;
    assert_eq!(set(&world, "demo", json!({ "instances": 1, "cores": 2, "ram": 600 })).await.status, 200);
    let id = accepted(&boot(&world.demo(), &world, "a").await);
    assert_eq!(used(&world).await, [1, 1, 512]);
    let words = "Quota exceeded for instances, ram: Requested 1, 512, but already used 1, 512 of 1, 600 instances, ram";
    assert_eq!(refused(&boot(&world.demo(), &world, "b").await, 403), words);
    // Another project has limits of its own.
    accepted(&boot(&world.user("alt", "2.1"), &world, "b").await);
    world.wait_status(&id, "ACTIVE").await;
    assert_eq!(world.demo().delete(&format!("/servers/{id}")).await.status, 204);
    world.wait_gone(&id).await;
    assert_eq!(used(&world).await, [0, 0, 0]);
    accepted(&boot(&world.demo(), &world, "b").await);
    sums_are_true(&world).await;
}

async fn as_many_as_fit_are_booted(database: Arc<Database>) {
    let world = World::start(&database).await;
    assert_eq!(set(&world, "demo", json!({ "cores": 3 })).await.status, 200);
    let mut body = world.body_in("RegionOne", "web");
    body["server"]["min_count"] = json!(2);
    body["server"]["max_count"] = json!(8);
    accepted(&world.demo().post("/servers", body.clone()).await);
    assert_eq!(ids(&world.demo().get("/servers").await).len(), 3);
    world.wait_no_intents().await;
    assert_eq!(used(&world).await, [3, 3, 1536]);
    let words = "Quota exceeded for cores: Requested 8, but already used 3 of 3 cores";
    assert_eq!(refused(&world.demo().post("/servers", body).await, 403), words);
    sums_are_true(&world).await;
}

async fn what_fails_is_charged_nothing(database: Arc<Database>) {
    let world = World::start(&database).await;
    let refusal = Fault::new(Kind::Answer(400, "no")).on(Service::Nova).method("POST");
    world.one().faults.push(refusal.times(1));
    refused(&boot(&world.demo(), &world, "a").await, 400);
    assert_eq!(used(&world).await, [0, 0, 0]);
    // A lost answer stays charged until it is known that there is no server.
    let lost = Fault::new(Kind::CloseBeforeEffect).on(Service::Nova).method("POST");
    world.one().faults.push(lost.times(1));
    refused(&boot(&world.demo(), &world, "b").await, 503);
    world.wait_no_intents().await;
    assert_eq!(used(&world).await, [0, 0, 0]);
    // A server in ERROR is there, and charged, as in Nova.
    world.one().nova.next_boots([crate::sim::BootOutcome::NoValidHost]);
    let id = accepted(&boot(&world.demo(), &world, "c").await);
    world.wait_status(&id, "ERROR").await;
    assert_eq!(used(&world).await, [1, 1, 512]);
    sums_are_true(&world).await;
}

async fn act(world: &World, id: &str, body: serde_json::Value) -> crate::sim::Answer {
    world.demo().post(&format!("/servers/{id}/action"), body).await
}

async fn a_resize_charges_the_larger_until_it_is_done(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionOne", "web").await;
    assert_eq!(set(&world, "demo", json!({ "ram": 2100, "force": true })).await.status, 200);
    let words = "Quota exceeded for ram: Requested 3584, but already used 512 of 2100 ram";
    assert_eq!(refused(&act(&world, &id, json!({ "resize": { "flavorRef": "3" } })).await, 403), words);
    assert_eq!(act(&world, &id, json!({ "resize": { "flavorRef": "2" } })).await.status, 202);
    assert_eq!(used(&world).await, [1, 1, 2048]);
    world.wait_status(&id, "VERIFY_RESIZE").await;
    assert_eq!(act(&world, &id, json!({ "revertResize": null })).await.status, 202);
    world.wait_status(&id, "ACTIVE").await;
    wait_used(&world, [1, 1, 512]).await;
    assert_eq!(act(&world, &id, json!({ "resize": { "flavorRef": "2" } })).await.status, 202);
    world.wait_status(&id, "VERIFY_RESIZE").await;
    assert_eq!(act(&world, &id, json!({ "confirmResize": null })).await.status, 204);
    world.wait_status(&id, "ACTIVE").await;
    wait_used(&world, [1, 1, 2048]).await;
    // Down again: the larger is charged until it is certain.
    assert_eq!(act(&world, &id, json!({ "resize": { "flavorRef": "1" } })).await.status, 202);
    world.wait_status(&id, "VERIFY_RESIZE").await;
    assert_eq!(used(&world).await, [1, 1, 2048], "a revert always fits");
    assert_eq!(act(&world, &id, json!({ "confirmResize": null })).await.status, 204);
    wait_used(&world, [1, 1, 512]).await;
    sums_are_true(&world).await;
}

async fn a_refused_resize_is_taken_back(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionOne", "web").await;
    world.one().nova.set_action_pace(Pace::ByHand);
    assert_eq!(act(&world, &id, json!({ "pause": null })).await.status, 202);
    refused(&act(&world, &id, json!({ "resize": { "flavorRef": "3" } })).await, 409);
    assert_eq!(used(&world).await, [1, 1, 512]);
    world.one().nova.finish_boot(&id);
    world.wait_status(&id, "PAUSED").await;
    // One whose answer was lost is taken back when the region has shown what came of it.
    world.one().faults.push(Fault::new(Kind::CloseBeforeEffect).on(Service::Nova).method("POST").times(1));
    refused(&act(&world, &id, json!({ "resize": { "flavorRef": "3" } })).await, 503);
    wait_used(&world, [1, 1, 512]).await;
    sums_are_true(&world).await;
}

async fn a_resize_under_way_is_charged_whatever_is_read_meanwhile(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionOne", "web").await;
    let slow = Fault::new(Kind::DelayBefore(Duration::from_secs(4))).on(Service::Nova).method("POST");
    world.one().faults.push(slow.path("/v2.1/servers/").times(1));
    let (demo, path) = (world.demo(), format!("/servers/{id}/action"));
    let resize = tokio::spawn(async move { demo.post(&path, json!({ "resize": { "flavorRef": "3" } })).await });
    wait_used(&world, [1, 2, 4096]).await;
    while !resize.is_finished() {
        assert_eq!(used(&world).await, [1, 2, 4096]);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(resize.await.unwrap().status, 202);
    assert_eq!(used(&world).await, [1, 2, 4096]);
    world.wait_status(&id, "VERIFY_RESIZE").await;
    sums_are_true(&world).await;
}

/// The flavor cannot be brought into the region.
async fn a_resize_that_was_not_sent_is_charged_nothing(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionOne", "web").await;
    world.one().down_service(Service::Nova).await;
    refused(&act(&world, &id, json!({ "resize": { "flavorRef": "3" } })).await, 503);
    assert_eq!(used(&world).await, [1, 1, 512]);
    sums_are_true(&world).await;
}

async fn what_is_softly_deleted_is_charged_nothing(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionOne", "old").await;
    world.one().nova.set_status(&id, "soft-delete");
    wait_used(&world, [0, 0, 0]).await;
    assert_eq!(set(&world, "demo", json!({ "instances": 1 })).await.status, 200);
    let new = world.boot("RegionOne", "new").await;
    let words = "Quota exceeded for instances: Requested 1, but already used 1 of 1 instances";
    let restore = json!({ "restore": null });
    assert_eq!(refused(&act(&world, &id, restore.clone()).await, 403), words);
    world.demo().delete(&format!("/servers/{new}")).await;
    world.wait_gone(&new).await;
    let answer = act(&world, &id, restore).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    assert_eq!(used(&world).await, [1, 1, 512]);
    world.wait_status(&id, "ACTIVE").await;
    assert_eq!(used(&world).await, [1, 1, 512]);
    sums_are_true(&world).await;
}

async fn of_many_boots_at_once_exactly_the_quota_stands(database: Arc<Database>) {
    let world = World::start(&database).await;
    assert_eq!(set(&world, "demo", json!({ "instances": 7 })).await.status, 200);
    let boots = (0..30).map(|number| {
        let (demo, body) = (world.demo(), world.body(&format!("web {number}")));
        async move { demo.post("/servers", body).await }
    });
    let answers = futures_util::future::join_all(boots).await;
    let count = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((count(202), count(403)), (7, 23));
    world.wait_no_intents().await;
    assert_eq!(used(&world).await, [7, 7, 7 * 512]);
    assert_eq!(world.one().nova.ids().len() + world.two().nova.ids().len(), 7);
    sums_are_true(&world).await;
}

async fn sums_that_went_wrong_are_set_right(database: Arc<Database>) {
    let world = World::start(&database).await;
    world.boot("RegionOne", "web").await;
    database.execute("UPDATE quota_usage SET in_use = 5 WHERE resource = 'cores' AND user_id = ''").await;
    database.execute("DELETE FROM quota_usage WHERE resource = 'ram'").await;
    let drift = nova_cascade::db::quota::audit(&world.db, false).await.expect("an audit");
    assert_eq!(drift.len(), 3, "{drift:?}");
    assert_eq!(nova_cascade::db::quota::audit(&world.db, true).await.expect("an audit"), drift);
    sums_are_true(&world).await;
    wait_until("what it was", async || used(&world).await == [1, 1, 512]).await;
}
