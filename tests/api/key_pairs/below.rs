//! How a key pair comes into a region, and how it goes.

use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{KEY, OTHER_KEY, import, import_key};
use crate::sim::{Client, Fault, Kind, Service, SimCloud, SimRegion, nova::KeyPair};
use crate::support::{Database, World, accepted, on_each_database, refused, wait_until};

on_each_database!(
    a_key_pair_is_pushed_on_first_use,
    many_boots_at_once_push_it_once,
    what_is_not_on_top_is_400,
    what_a_region_has_otherwise_is_not_touched,
    what_a_region_has_already_is_used_and_kept,
    a_key_pair_that_a_region_lost_is_pushed_again,
    a_region_that_refuses_it_is_passed_by,
    a_region_before_other_users_is_passed_by,
    names_that_a_region_cannot_have_are_others_there,
    a_deleted_key_pair_goes_from_the_regions,
    a_region_that_was_down_is_asked_again,
    a_lost_answer_leaves_nothing_behind,
    the_same_key_again_is_the_tops,
    the_audit_forgets_what_is_gone,
);

/// A body that boots in this region with this key pair.
fn body(world: &World, zone: &str, key_name: &str) -> Value {
    let mut body = world.body_in(zone, "web");
    body["server"]["key_name"] = json!(key_name);
    body
}

async fn add(world: &World, body: Value) {
    assert_eq!(world.user("demo", "2.92").post("/os-keypairs", body).await.status, 201);
}

fn names(region: &SimRegion) -> Vec<String> {
    region.nova.keypairs().into_iter().map(|pair| pair.name).collect()
}

fn demo_key(world: &World, name: &str, key: &str) -> KeyPair {
    KeyPair::new(&world.cloud.keystone.user_id("demo"), name, key)
}

async fn a_key_pair_is_pushed_on_first_use(database: Arc<Database>) {
    let world = World::start(&database).await;
    add(&world, import("k")).await;
    assert!(names(world.one()).is_empty(), "nothing needs it yet");
    for _ in 0..2 {
        accepted(&world.demo().post("/servers", body(&world, "RegionTwo", "k")).await);
    }
    let there = world.two().nova.keypairs();
    assert_eq!((there.len(), world.two().nova.count("POST /os-keypairs")), (1, 1));
    let made = KeyPair { created: 0, ..there[0].clone() };
    assert_eq!(made, demo_key(&world, "k", KEY), "the user's, not the account's");
    assert!(names(world.one()).is_empty());
}

async fn many_boots_at_once_push_it_once(database: Arc<Database>) {
    let world = World::start(&database).await;
    add(&world, import("k")).await;
    let demo = world.demo();
    let answers = join_all((0..6).map(|_| demo.post("/servers", body(&world, "RegionOne", "k")))).await;
    answers.iter().for_each(|answer| drop(accepted(answer)));
    assert_eq!(world.one().nova.count("POST /os-keypairs"), 1);
}

async fn what_is_not_on_top_is_400(database: Arc<Database>) {
    let world = World::start(&database).await;
    // One of another user, and one that only the region knows.
    assert_eq!(world.user("alt", "2.2").post("/os-keypairs", import("theirs")).await.status, 201);
    world.one().nova.put_keypair(demo_key(&world, "below", KEY));
    for name in ["none", "theirs", "below"] {
        let answer = world.demo().post("/servers", body(&world, "RegionOne", name)).await;
        assert_eq!(refused(&answer, 400), "Invalid key_name provided.", "{name}");
    }
    assert_eq!(world.boots_sent(), 0);
    world.wait_no_intents().await;
    // What is no name at all is refused as Nova does.
    let mut odd = world.body_in("RegionOne", "web");
    odd["server"]["key_name"] = json!(null);
    let message = refused(&world.demo().post("/servers", odd).await, 400);
    assert!(message.ends_with("None is not of type 'string'"), "{message}");
    assert_eq!(world.boots_sent(), 0);
}

async fn what_a_region_has_otherwise_is_not_touched(database: Arc<Database>) {
    let world = World::start(&database).await;
    let theirs = demo_key(&world, "k", OTHER_KEY);
    world.one().nova.put_keypair(theirs.clone());
    add(&world, import("k")).await;
    for _ in 0..2 {
        let id = accepted(&world.demo().post("/servers", body(&world, "RegionOne", "k")).await);
        let local = world.one().nova.inspect(&id, |server| server.key_name.clone()).flatten();
        assert!(local.is_some_and(|name| name.starts_with("k-")), "another name there");
        // Ours on top, before the region has told of it and after.
        assert_eq!(world.show(&id).await["key_name"], "k");
        assert_eq!(world.wait_status(&id, "ACTIVE").await["key_name"], "k");
    }
    let there = world.one().nova.keypairs();
    assert_eq!((there.len(), &there[0]), (2, &theirs));
    assert_eq!(there[1].public_key, KEY);
    // Deleted on top, only ours goes; the servers keep the name.
    assert_eq!(world.demo().delete("/os-keypairs/k").await.status, 202);
    wait_until("ours gone", async || names(world.one()) == ["k"]).await;
    let id = world.one().nova.ids().remove(0);
    world.one().nova.edit(&id, |_| {});
    world.synced().await;
    assert_eq!(world.show(&id).await["key_name"], "k");
}

async fn what_a_region_has_already_is_used_and_kept(database: Arc<Database>) {
    let world = World::start(&database).await;
    let mut theirs = demo_key(&world, "k", KEY);
    theirs.public_key = KEY.replace("me@host", "another comment");
    world.one().nova.put_keypair(theirs.clone());
    add(&world, import("k")).await;
    accepted(&world.demo().post("/servers", body(&world, "RegionOne", "k")).await);
    assert_eq!(world.one().nova.keypairs(), [theirs.clone()]);
    assert_eq!(world.demo().delete("/os-keypairs/k").await.status, 202);
    wait_until("it is let go", async || left(&database).await == 0).await;
    assert_eq!(world.one().nova.keypairs(), [theirs], "the user had it there before");
}

/// Rows of key pairs in regions.
async fn left(database: &Database) -> usize {
    database.texts("SELECT local_name AS text FROM key_pair_regions").await.len()
}

async fn a_key_pair_that_a_region_lost_is_pushed_again(database: Arc<Database>) {
    let world = World::start(&database).await;
    add(&world, import("k")).await;
    for _ in 0..2 {
        accepted(&world.demo().post("/servers", body(&world, "RegionTwo", "k")).await);
        assert_eq!(names(world.two()), ["k"]);
        world.two().nova.remove_keypairs();
    }
    assert_eq!(world.two().nova.ids().len(), 2);
    // One that was made there meanwhile, with other contents, is told apart.
    world.two().nova.put_keypair(demo_key(&world, "other", OTHER_KEY));
    accepted(&world.demo().post("/servers", body(&world, "RegionTwo", "k")).await);
    assert_eq!(names(world.two()), ["other", "k"]);
    world.wait_no_intents().await;
}

async fn a_region_that_refuses_it_is_passed_by(database: Arc<Database>) {
    let world = World::start(&database).await;
    add(&world, import("k")).await;
    let refusal = Fault::new(Kind::Answer(403, "no key pairs here")).on(Service::Nova);
    world.one().faults.push(refusal.method("POST").path("/v2.1/os-keypairs"));
    let mut anywhere = world.body("web");
    anywhere["server"]["key_name"] = json!("k");
    for _ in 0..2 {
        let id = accepted(&world.demo().post("/servers", anywhere.clone()).await);
        assert!(world.two().nova.ids().contains(&id));
    }
    let message = refused(&world.demo().post("/servers", body(&world, "RegionOne", "k")).await, 503);
    assert!(message.contains("no key pairs here"), "{message}");
}

async fn a_region_before_other_users_is_passed_by(database: Arc<Database>) {
    let cloud = SimCloud::start(&["RegionOne", "RegionTwo"]).await;
    cloud.region("RegionOne").nova.set_max_minor(9);
    let world = World::over(cloud, &database, |_| {}).await;
    assert_eq!(world.demo().post("/os-keypairs", import("k")).await.status, 200);
    let message = refused(&world.demo().post("/servers", body(&world, "RegionOne", "k")).await, 503);
    assert!(message.contains("key pairs are made for other users"), "{message}");
    assert!(names(world.one()).is_empty());
}

async fn names_that_a_region_cannot_have_are_others_there(database: Arc<Database>) {
    let cloud = SimCloud::start(&["RegionOne", "RegionTwo"]).await;
    cloud.region("RegionOne").nova.set_max_minor(91);
    let world = World::over(cloud, &database, |_| {}).await;
    // Under `/v2` a name may be any.
    let v2 = Client::new(format!("{}/v2", world.top.url)).token(&world.cloud.token("demo"));
    assert_eq!(v2.post("/os-keypairs", import("me@host.org")).await.status, 200);
    for (zone, region) in [("RegionOne", world.one()), ("RegionTwo", world.two())] {
        let id = accepted(&world.demo().post("/servers", body(&world, zone, "me@host.org")).await);
        assert_eq!(world.wait_status(&id, "ACTIVE").await["key_name"], "me@host.org");
        let there = names(region);
        let other = zone == "RegionOne";
        assert!(
            there.len() == 1 && there[0].starts_with(if other { "me_host_org-" } else { "me@host.org" }),
            "{there:?}"
        );
    }
}

async fn a_deleted_key_pair_goes_from_the_regions(database: Arc<Database>) {
    let world = World::start(&database).await;
    add(&world, import("k")).await;
    add(&world, import_key("stays", OTHER_KEY)).await;
    for (zone, key) in [("RegionOne", "k"), ("RegionTwo", "k"), ("RegionTwo", "stays")] {
        accepted(&world.demo().post("/servers", body(&world, zone, key)).await);
    }
    assert_eq!(world.demo().delete("/os-keypairs/k").await.status, 202);
    wait_until("gone from both", async || names(world.one()).is_empty() && names(world.two()) == ["stays"]).await;
    wait_until("no more of it", async || left(&database).await == 1).await;
    // Of one that the user has replaced below, nothing is ours any more.
    world.two().nova.remove_keypairs();
    let theirs = demo_key(&world, "stays", KEY);
    world.two().nova.put_keypair(theirs.clone());
    assert_eq!(world.demo().delete("/os-keypairs/stays").await.status, 202);
    wait_until("it is let go", async || left(&database).await == 0).await;
    assert_eq!(world.two().nova.keypairs(), [theirs]);
}

async fn a_region_that_was_down_is_asked_again(database: Arc<Database>) {
    let world = World::with(&database, |config| config.sync.owned_period_s = 0).await;
    add(&world, import("k")).await;
    accepted(&world.demo().post("/servers", body(&world, "RegionOne", "k")).await);
    let down = Fault::new(Kind::CloseBeforeEffect).on(Service::Nova).method("DELETE");
    world.one().faults.push(down.path("/v2.1/os-keypairs").times(2));
    assert_eq!(world.demo().delete("/os-keypairs/k").await.status, 202);
    assert_eq!(world.demo().get("/os-keypairs/k").await.status, 404, "gone on top at once");
    wait_until("gone below", async || names(world.one()).is_empty()).await;
    wait_until("no more of it", async || left(&database).await == 0).await;
    assert!(world.one().nova.count("DELETE /os-keypairs/{name}") >= 1);
}

async fn a_lost_answer_leaves_nothing_behind(database: Arc<Database>) {
    let world = World::start(&database).await;
    add(&world, import("k")).await;
    let lost = Fault::new(Kind::CloseAfterEffect).on(Service::Nova).method("POST");
    world.one().faults.push(lost.path("/v2.1/os-keypairs").times(1));
    assert_eq!(world.demo().post("/servers", body(&world, "RegionOne", "k")).await.status, 503);
    assert_eq!(names(world.one()), ["k"], "the region has it");
    accepted(&world.demo().post("/servers", body(&world, "RegionOne", "k")).await);
    assert_eq!(world.one().nova.count("POST /os-keypairs"), 1, "it was found");
    assert_eq!(world.demo().delete("/os-keypairs/k").await.status, 202);
    wait_until("ours, and so deleted", async || names(world.one()).is_empty()).await;
}

async fn the_same_key_again_is_the_tops(database: Arc<Database>) {
    let world = World::start(&database).await;
    add(&world, import("k")).await;
    accepted(&world.demo().post("/servers", body(&world, "RegionOne", "k")).await);
    let down = Fault::new(Kind::CloseBeforeEffect).on(Service::Nova).method("DELETE").path("/v2.1/os-keypairs");
    world.one().faults.push(down);
    assert_eq!(world.demo().delete("/os-keypairs/k").await.status, 202);
    add(&world, import("k")).await;
    accepted(&world.demo().post("/servers", body(&world, "RegionOne", "k")).await);
    assert_eq!(left(&database).await, 1, "the row of the first has become that of the second");
    world.one().faults.clear();
    assert_eq!(world.demo().delete("/os-keypairs/k").await.status, 202);
    wait_until("gone below", async || names(world.one()).is_empty()).await;
}

async fn the_audit_forgets_what_is_gone(database: Arc<Database>) {
    let world = World::with(&database, |config| {
        config.sync.owned_period_s = 0;
        config.sync.owned_check_s = 0;
    })
    .await;
    add(&world, import("k")).await;
    accepted(&world.demo().post("/servers", body(&world, "RegionOne", "k")).await);
    world.one().nova.remove_keypairs();
    let seen = "SELECT local_name AS text FROM key_pair_regions WHERE checked_at > 0";
    wait_until("it is forgotten", async || database.texts(seen).await.is_empty()).await;
    let refusals = world.one().nova.count("POST /servers");
    accepted(&world.demo().post("/servers", body(&world, "RegionOne", "k")).await);
    assert_eq!(world.one().nova.count("POST /servers"), refusals + 1, "pushed before the boot, not after a refusal");
}
