//! What a region's answer to a boot means: elsewhere, or looked for and never sent twice.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::sim::{Fault, Kind, Pace, Service, SimCloud};
use crate::support::{Database, World, accepted, ids, on_each_database, refused, wait_until};

on_each_database!(
    a_region_that_refuses_connections_is_passed_by,
    a_region_that_is_busy_or_full_is_passed_by,
    an_answer_that_is_lost_is_found_by_the_marker,
    a_request_that_made_nothing_is_not_sent_again,
    a_failure_of_novas_own_is_settled_in_the_request,
    what_nova_fails_at_is_refused_before_a_region_is_asked,
    an_answer_that_comes_too_late_is_found_by_the_marker,
    without_hints_an_answer_that_is_lost_is_found_by_what_it_is,
    two_alike_are_never_guessed,
    what_another_boot_may_have_made_is_not_taken,
    the_sync_may_see_a_server_before_its_answer,
);

fn on_boot(kind: Kind) -> Fault {
    Fault::new(kind).on(Service::Nova).method("POST").path("/v2.1/servers").times(1)
}

async fn a_region_that_refuses_connections_is_passed_by(database: Arc<Database>) {
    let world = World::start(&database).await;
    // Neutron says it has the network; Nova, asked to boot, is not there.
    world.one().down_service(Service::Nova).await;
    for name in ["a", "b", "c"] {
        let id = accepted(&world.demo().post("/servers", world.body(name)).await);
        assert!(world.two().nova.ids().contains(&id));
        world.wait_status(&id, "ACTIVE").await;
    }
    assert_eq!(ids(&world.demo().get("/servers").await).len(), 3);
    world.wait_no_intents().await;
}

async fn a_region_that_is_busy_or_full_is_passed_by(database: Arc<Database>) {
    let world = World::start(&database).await;
    for status in [503, 502, 429] {
        world.one().faults.push(on_boot(Kind::Answer(status, "later")));
        let sent = world.boots_sent();
        while world.one().nova.count("POST /servers") == 0 || world.boots_sent() < sent + 2 {
            let id = accepted(&world.demo().post("/servers", world.body("web")).await);
            world.wait_status(&id, "ACTIVE").await;
        }
    }
    world.one().nova.set_quota_instances(Some(0));
    let made = world.one().nova.ids().len();
    for _ in 0..3 {
        let id = accepted(&world.demo().post("/servers", world.body("web")).await);
        assert!(world.two().nova.ids().contains(&id));
    }
    assert_eq!(world.one().nova.ids().len(), made);
    world.two().nova.set_quota_instances(Some(0));
    let id = accepted(&world.demo().post("/servers", world.body("web")).await);
    let shown = world.show(&id).await;
    let message = shown["fault"]["message"].as_str().unwrap_or_default();
    assert!(message.contains("RegionOne: Quota exceeded") && message.contains("RegionTwo: Quota"), "{message}");
    world.wait_no_intents().await;
}

/// Boots while the fault is on; one request must have left, and one server must be there in the end.
async fn found(world: &World, kind: Kind, name: &str) {
    let sent = world.boots_sent();
    world.one().faults.push(on_boot(kind.clone()));
    let answer = world.user("demo", "2.42").post("/servers", world.body_in("RegionOne", name)).await;
    let id = accepted(&answer);
    let location = answer.header("location").expect("a location");
    assert_eq!(location, format!("{}/v2.1/servers/{id}", world.top.url), "{kind:?}");
    assert_eq!(world.one().nova.inspect(&id, |server| server.name.clone()).as_deref(), Some(name), "{kind:?}");
    let active = world.wait_status(&id, "ACTIVE").await;
    assert_eq!(active["name"], name);
    world.wait_no_intents().await;
    assert_eq!(world.boots_sent(), sent + 1, "{kind:?}");
    world.one().faults.clear();
}

async fn an_answer_that_is_lost_is_found_by_the_marker(database: Arc<Database>) {
    let world = World::start(&database).await;
    found(&world, Kind::CloseAfterEffect, "closed").await;
    found(&world, Kind::Cut, "cut").await;
    assert_eq!(world.one().nova.ids().len(), 2);
    assert!(world.two().nova.ids().is_empty());
    assert_eq!(ids(&world.demo().get("/servers").await).len(), 2);
}

async fn an_answer_that_comes_too_late_is_found_by_the_marker(database: Arc<Database>) {
    let world = World::with(&database, |config| config.boot.create_timeout_ms = 300).await;
    found(&world, Kind::HangAfter, "silent").await;
    found(&world, Kind::DelayAfter(Duration::from_secs(1)), "slow").await;
    // The request is worked on only after nobody waits for it any more.
    found(&world, Kind::DelayBefore(Duration::from_secs(1)), "later").await;
    assert_eq!(world.one().nova.ids().len(), 3);
    assert!(world.two().nova.ids().is_empty());
}

async fn a_request_that_made_nothing_is_not_sent_again(database: Arc<Database>) {
    let world = World::with(&database, |config| {
        config.boot.outcome_wait_ms = 300;
        config.boot.create_timeout_ms = 300;
        config.boot.intent_search_s = 8;
    })
    .await;
    let kinds = [
        Kind::CloseBeforeBody,
        Kind::CloseBeforeEffect,
        Kind::Hang,
        Kind::Garbage(500, "<html>sorry</html>"),
        Kind::Answer(504, "gateway"),
        Kind::Garbage(200, "<html>welcome</html>"),
        Kind::Garbage(202, "{\"server\": {}}"),
        Kind::Garbage(202, "[]"),
    ];
    for kind in kinds {
        let sent = world.boots_sent();
        world.one().faults.push(on_boot(kind.clone()));
        let answer = world.demo().post("/servers", world.body_in("RegionOne", "web")).await;
        assert_eq!(answer.status, 503, "{kind:?}: {answer:?}");
        let message = refused(&answer, 503);
        assert!(message.contains("RegionOne") && message.contains("do not send the request again"), "{message}");
        let newest = "SELECT phase AS text FROM intents ORDER BY created_at DESC LIMIT 1";
        assert_eq!(database.texts(newest).await, ["unknown"], "{kind:?}");
        assert_eq!(world.boots_sent(), sent + 1, "{kind:?}");
        world.one().faults.clear();
    }
    // Each is looked for as long as it may come, and then forgotten.
    let sent = world.boots_sent();
    world.wait_no_intents().await;
    assert_eq!(world.boots_sent(), sent);
    assert!(ids(&world.demo().get("/servers").await).is_empty());
    assert!(world.one().nova.ids().is_empty() && world.two().nova.ids().is_empty());
}

/// Nobody waits for `outcome_wait_ms`, which is longer than a request may take.
async fn a_failure_of_novas_own_is_settled_in_the_request(database: Arc<Database>) {
    let world = World::with(&database, |config| {
        config.boot.outcome_wait_ms = 600_000;
        config.boot.intent_takeover_s = 3_600;
        config.quota.instances = 1;
    })
    .await;
    let failure = "Unexpected API Error. Please contact the administrator\n<class 'KeyError'>";
    for _ in 0..3 {
        world.one().faults.push(on_boot(Kind::Answer(500, failure)));
        let answer = world.demo().post("/servers", world.body_in("RegionOne", "web")).await;
        assert_eq!(refused(&answer, 500), failure);
        // Nothing is left of it, in the quota neither.
        assert!(database.texts("SELECT id AS text FROM intents").await.is_empty());
    }
    assert_eq!(world.boots_sent(), 3);
    assert!(ids(&world.demo().get("/servers").await).is_empty());
    found(&world, Kind::AnswerAfterEffect(500, failure), "made").await;
}

async fn what_nova_fails_at_is_refused_before_a_region_is_asked(database: Arc<Database>) {
    let world = World::start(&database).await;
    let invalid = "Invalid input for field/attribute";
    for (field, value, words) in [
        ("user_data", json!("é"), format!("{invalid} user_data. Value: é. 'é' is not a 'base64'")),
        ("user_data", json!("QUJ"), format!("{invalid} user_data. Value: QUJ. 'QUJ' is not a 'base64'")),
        (
            "personality",
            json!([{"path": "/a"}]),
            format!("{invalid} 0. Value: {{'path': '/a'}}. 'contents' is a required property"),
        ),
        (
            "personality",
            json!([{"contents": "QUJD"}]),
            format!("{invalid} 0. Value: {{'contents': 'QUJD'}}. 'path' is a required property"),
        ),
        (
            "personality",
            json!([{"path": "/a", "contents": "a!b"}]),
            format!("{invalid} contents. Value: a!b. 'a!b' is not a 'base64'"),
        ),
        ("personality", json!({}), format!("{invalid} personality. Value: {{}}. {{}} is not of type 'array'")),
        ("adminPass", json!(5), format!("{invalid} adminPass. Value: 5. 5 is not of type 'string'")),
        (
            "OS-DCF:diskConfig",
            json!("x"),
            format!("{invalid} OS-DCF:diskConfig. Value: x. 'x' is not one of ['AUTO', 'MANUAL']"),
        ),
        (
            "config_drive",
            json!(null),
            format!("{invalid} config_drive. Value: None. None is not of type 'boolean', 'string'"),
        ),
    ] {
        let mut body = world.body("web");
        body["server"][field] = value;
        assert_eq!(refused(&world.demo().post("/servers", body).await, 400), words);
    }
    assert_eq!(world.boots_sent(), 0);
    world.wait_no_intents().await;
}

/// One region that speaks 2.96: its documents carry no hints.
async fn old_region(database: &Arc<Database>) -> World {
    let cloud = SimCloud::start(&["RegionOne"]).await;
    cloud.region("RegionOne").nova.set_max_minor(96);
    let adjust = |config: &mut nova_cascade::config::Config| {
        config.boot.outcome_wait_ms = 1_500;
        config.boot.intent_takeover_s = 60;
    };
    World::over(cloud, database, adjust).await
}

async fn without_hints_an_answer_that_is_lost_is_found_by_what_it_is(database: Arc<Database>) {
    let world = old_region(&database).await;
    world.boot("RegionOne", "web").await;
    // A stranger of another name and one of another user are not it.
    world.one().nova.add_server("demo", "stranger");
    world.one().nova.add_server("alt", "again");
    found(&world, Kind::CloseAfterEffect, "again").await;
    assert_eq!(ids(&world.demo().get("/servers").await).len(), 2);
    assert!(ids(&world.user("alt", "2.1").get("/servers").await).is_empty());
}

async fn two_alike_are_never_guessed(database: Arc<Database>) {
    let world = old_region(&database).await;
    world.one().nova.add_server("demo", "web");
    world.one().faults.push(on_boot(Kind::CloseAfterEffect));
    let answer = world.demo().post("/servers", world.body("web")).await;
    refused(&answer, 503);
    world.wait_no_intents().await;
    assert!(ids(&world.demo().get("/servers").await).is_empty());
    assert_eq!(world.one().nova.ids().len(), 2);
}

/// The one's server is there and its answer is on its way; the other's request never arrived.
async fn what_another_boot_may_have_made_is_not_taken(database: Arc<Database>) {
    let world = old_region(&database).await;
    world.one().faults.push(on_boot(Kind::DelayAfter(Duration::from_secs(10))));
    world.one().faults.push(on_boot(Kind::CloseBeforeEffect));
    let (demo, body) = (world.demo(), world.body("web"));
    let first = tokio::spawn(async move { demo.post("/servers", body).await });
    wait_until("the first's server", async || world.one().nova.ids().len() == 1).await;
    refused(&world.demo().post("/servers", world.body("web")).await, 503);
    assert!(!first.is_finished());
    let id = accepted(&first.await.unwrap());
    world.wait_no_intents().await;
    assert_eq!(ids(&world.demo().get("/servers").await), [id.clone()]);
    assert_eq!(database.texts("SELECT server_id AS text FROM server_mappings").await, [id]);
}

async fn the_sync_may_see_a_server_before_its_answer(database: Arc<Database>) {
    let world = World::start(&database).await;
    world.one().nova.set_boot_pace(Pace::AtOnce);
    world.one().faults.push(on_boot(Kind::DelayAfter(Duration::from_secs(8))));
    let demo = world.demo();
    let body = world.body_in("RegionOne", "web");
    let boot = tokio::spawn(async move { demo.post("/servers", body).await });
    wait_until("the sync's row", async || ids(&world.demo().get("/servers").await).len() == 1).await;
    assert!(!boot.is_finished());
    let id = accepted(&boot.await.unwrap());
    assert_eq!(ids(&world.demo().get("/servers").await), [id.clone()]);
    let shown = world.wait_status(&id, "ACTIVE").await;
    assert_eq!(shown["OS-EXT-AZ:availability_zone"], "RegionOne");
    assert_eq!(database.texts("SELECT server_id AS text FROM server_mappings").await, [id]);
    world.wait_no_intents().await;
}
