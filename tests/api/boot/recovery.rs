//! What a dead process left is finished by the next; a restart loses nothing.

use std::sync::Arc;
use std::time::Duration;

use nova_cascade::config;
use nova_cascade::db::intents::{self, Intent, phase};
use serde_json::json;

use crate::sim::{Fault, Kind, Pace, Service, SimCloud};
use crate::support::{Database, Top, World, accepted, ids, names, on_each_database, wait_until};

on_each_database!(
    what_a_dead_process_left_is_finished,
    without_hints_what_was_left_is_found_by_what_it_is,
    what_is_behind_many_newer_servers_is_found,
    a_region_that_is_slow_does_not_hold_up_others,
    a_kill_between_the_regions_answer_and_the_row_loses_nothing,
    a_boot_of_a_slow_region_is_left_to_those_who_work_on_it,
    a_restart_loses_nothing,
    what_happened_meanwhile_is_seen_after_a_restart,
    a_boot_is_ended_by_its_own_projects_server_alone,
);

fn intent(world: &World, phase: &str, name: &str) -> Intent {
    let sent = phase != phase::PLANNED;
    Intent {
        id: uuid::Uuid::new_v4().to_string(),
        project_id: world.cloud.keystone.project_id("demo"),
        user_id: world.cloud.keystone.user_id("demo"),
        region_id: sent.then(|| world.region_id("RegionOne")),
        phase: phase.into(),
        owner: "a process that is no more".into(),
        name: name.into(),
        flavor_id: "1".into(),
        image_id: Some(world.image()),
        asked_zone: None,
        launch_index: 0,
        reservation_id: "r-12345678".into(),
        boot_request_id: "req-1".into(),
        created_at: 0,
        updated_at: 0,
        group_id: None,
        charged_instances: 1,
        charged_cores: 1,
        charged_ram_mb: 512,
        server_id: None,
        loses_volumes: false,
    }
}

/// The service dies; `left` is what stands in its database then.
async fn restarted(world: World, left: &[&Intent]) -> World {
    let World { cloud, top, database, db } = world;
    top.kill();
    for intent in left {
        let opened = intents::open(&db, &config::Quota::default(), std::slice::from_ref(*intent), 1).await;
        assert_eq!(opened.expect("an intent"), Ok(1));
    }
    let top = Top::start(&cloud, &database, |_| {}).await;
    World { cloud, top, database, db }
}

/// A server in RegionOne that carries the marker of this intent.
fn marked(world: &World, intent: &Intent, name: &str) -> String {
    world.one().nova.add_server_with("demo", name, |server| {
        server.hints.insert("cascade_intent".into(), json!([intent.id]));
    })
}

async fn what_a_dead_process_left_is_finished(database: Arc<Database>) {
    let world = World::start(&database).await;
    world.one().down().await;
    let planned = intent(&world, phase::PLANNED, "planned");
    let sending = intent(&world, phase::SENDING, "sending");
    let never = intent(&world, phase::SENDING, "never");
    let unknown = intent(&world, phase::UNKNOWN, "unknown");
    let mut made = vec![marked(&world, &sending, "sending"), marked(&world, &unknown, "unknown")];
    made.sort();
    let world = restarted(world, &[&planned, &sending, &never, &unknown]).await;
    // While the region does not answer nothing is known, and nothing is given up.
    let open = async || database.texts("SELECT name AS text FROM intents ORDER BY name").await;
    wait_until("the planned one closed", async || open().await == ["never", "sending", "unknown"]).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(open().await, ["never", "sending", "unknown"]);
    world.one().up();
    wait_until("all servers on top", async || {
        let mut listed = ids(&world.demo().get("/servers").await);
        listed.sort();
        listed == made
    })
    .await;
    world.wait_no_intents().await;
    assert_eq!(world.boots_sent(), 0);
}

async fn without_hints_what_was_left_is_found_by_what_it_is(database: Arc<Database>) {
    let cloud = SimCloud::start(&["RegionOne"]).await;
    cloud.region("RegionOne").nova.set_max_minor(96);
    let world = World::over(cloud, &database, |_| {}).await;
    let unknown = intent(&world, phase::UNKNOWN, "web");
    let id = world.one().nova.add_server("demo", "web");
    world.one().nova.add_server("demo", "stranger");
    let world = restarted(world, &[&unknown]).await;
    wait_until("the server on top", async || ids(&world.demo().get("/servers").await) == [id.clone()]).await;
    world.wait_no_intents().await;
}

/// More than a page of them. Without hints the sync cannot tell whose server it is.
async fn what_is_behind_many_newer_servers_is_found(database: Arc<Database>) {
    let cloud = SimCloud::start(&["RegionOne"]).await;
    cloud.region("RegionOne").nova.set_max_minor(96);
    let world = World::over(cloud, &database, |_| {}).await;
    let unknown = intent(&world, phase::UNKNOWN, "web");
    let id = world.one().nova.add_server_with("demo", "web", |server| server.created -= 30);
    world.one().nova.add_servers(250);
    let world = restarted(world, &[&unknown]).await;
    wait_until("the server on top", async || ids(&world.demo().get("/servers").await) == [id.clone()]).await;
    world.wait_no_intents().await;
}

async fn a_region_that_is_slow_does_not_hold_up_others(database: Arc<Database>) {
    let world = World::start(&database).await;
    // They are looked for in their order.
    let slow: Vec<Intent> = (0..8)
        .map(|number| Intent {
            id: format!("00000000-0000-4000-8000-00000000000{number}"),
            ..intent(&world, phase::UNKNOWN, "slow")
        })
        .collect();
    let other = Intent {
        id: "ffffffff-ffff-4fff-8fff-ffffffffffff".into(),
        region_id: Some(world.region_id("RegionTwo")),
        ..intent(&world, phase::UNKNOWN, "other")
    };
    world.one().faults.push(Fault::new(Kind::Hang).on(Service::Nova).path("/v2.1/servers/detail"));
    let left: Vec<&Intent> = slow.iter().chain([&other]).collect();
    let _world = restarted(world, &left).await;
    let open = async || database.texts("SELECT name AS text FROM intents ORDER BY name").await;
    wait_until("the other region's is closed", async || !open().await.contains(&"other".to_owned())).await;
    assert_eq!(open().await, ["slow"; 8]);
}

async fn a_kill_between_the_regions_answer_and_the_row_loses_nothing(database: Arc<Database>) {
    let world = World::start(&database).await;
    // The sync must not be the one that saves it before the kill.
    let silent = Fault::new(Kind::Answer(500, "no")).on(Service::Nova);
    world.one().faults.push(silent.method("GET").path("/v2.1/servers"));
    world.one().faults.push(Fault::new(Kind::HangAfter).on(Service::Nova).method("POST"));
    let demo = world.demo();
    let body = world.body_in("RegionOne", "web");
    let boot = tokio::spawn(async move { demo.send("POST", "/servers", Some(body)).await });
    wait_until("the boot in the region", async || !world.one().nova.ids().is_empty()).await;
    let id = world.one().nova.ids().remove(0);
    assert!(ids(&world.demo().get("/servers").await).is_empty());
    assert_eq!(database.texts("SELECT phase AS text FROM intents").await, ["sending"]);
    world.one().faults.clear();
    let world = restarted(world, &[]).await;
    assert!(boot.await.unwrap().is_err(), "the client was cut off");
    wait_until("the server on top", async || ids(&world.demo().get("/servers").await) == [id.clone()]).await;
    world.wait_no_intents().await;
    assert_eq!(world.wait_status(&id, "ACTIVE").await["OS-EXT-AZ:availability_zone"], "RegionOne");
    assert_eq!(world.boots_sent(), 1);
}

async fn a_boot_of_a_slow_region_is_left_to_those_who_work_on_it(database: Arc<Database>) {
    let world = World::with(&database, |config| config.boot.intent_takeover_s = 1).await;
    let slow = Fault::new(Kind::DelayBefore(Duration::from_secs(8))).on(Service::Nova);
    world.one().faults.push(slow.method("POST").path("/v2.1/servers").times(1));
    let (demo, body) = (world.demo(), world.body_in("RegionOne", "web"));
    let boot = tokio::spawn(async move { demo.post("/servers", body).await });
    wait_until("the boot on its way", async || world.one().nova.count("POST /servers") == 1).await;
    while !boot.is_finished() {
        let phases = database.texts("SELECT phase AS text FROM intents").await;
        assert!(phases.iter().all(|phase| phase == phase::SENDING), "{phases:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let id = accepted(&boot.await.unwrap());
    world.wait_status(&id, "ACTIVE").await;
    world.wait_no_intents().await;
    assert_eq!(world.boots_sent(), 1);
}

async fn a_restart_loses_nothing(database: Arc<Database>) {
    let mut world = World::start(&database).await;
    world.one().nova.set_boot_pace(Pace::ByHand);
    let building = accepted(&world.demo().post("/servers", world.body_in("RegionOne", "building")).await);
    world.boot("RegionTwo", "ready").await;
    for _ in 0..2 {
        world = restarted(world, &[]).await;
        // At once, before any sync.
        assert_eq!(names(&world.demo().get("/servers").await).len(), 2);
        assert_eq!(world.demo().get("/flavors").await.json()["flavors"].as_array().map(Vec::len), Some(3));
        assert_eq!(world.show(&building).await["status"], "BUILD");
    }
    world.one().nova.finish_boot(&building);
    world.wait_status(&building, "ACTIVE").await;
    world.one().nova.set_boot_pace(Pace::AtOnce);
    world.boot("RegionOne-nova", "after").await;
    let World { cloud, top, database, db } = world;
    top.stop().await;
    let top = Top::start(&cloud, &database, |_| {}).await;
    let world = World { cloud, top, database, db };
    assert_eq!(ids(&world.demo().get("/servers").await).len(), 3);
}

async fn what_happened_meanwhile_is_seen_after_a_restart(database: Arc<Database>) {
    let world = World::start(&database).await;
    let (gone, off) = (world.boot("RegionOne", "gone").await, world.boot("RegionTwo", "off").await);
    let World { cloud, top, database, db } = world;
    top.kill();
    cloud.region("RegionOne").nova.delete(&gone);
    cloud.region("RegionTwo").nova.set_status(&off, "stopped");
    let top = Top::start(&cloud, &database, |_| {}).await;
    let world = World { cloud, top, database, db };
    world.wait_gone(&gone).await;
    world.wait_status(&off, "SHUTOFF").await;
}

async fn a_boot_is_ended_by_its_own_projects_server_alone(database: Arc<Database>) {
    let world = World::with(&database, |config| {
        config.boot.intent_search_s = 3_600;
        config.sync.strangers = config::Strangers::Adopt;
    })
    .await;
    let intent = intent(&world, phase::UNKNOWN, "web");
    let opened = intents::open(&world.db, &config::Quota::default(), std::slice::from_ref(&intent), 1).await;
    assert_eq!(opened.expect("an intent"), Ok(1));
    let marker = || json!([intent.id]);
    let nova = &world.one().nova;
    // Whoever can boot in the region itself, and knows the id.
    let foreign = nova.add_server_with("alt", "web", |server| {
        server.hints.insert("cascade_intent".into(), marker());
    });
    let loud = nova.add_server_with("demo", "loud", |server| {
        server.hints.insert("cascade_intent".into(), json!("no marker at all"));
    });
    wait_until("both are adopted", async || {
        let adopted = world.live(world.one()).await;
        adopted.contains(&foreign) && adopted.contains(&loud)
    })
    .await;
    let placed = "SELECT id AS text FROM servers WHERE intent_id IS NOT NULL";
    assert!(database.texts(placed).await.is_empty());
    assert_eq!(database.texts("SELECT id AS text FROM intents").await, [intent.id.clone()], "the boot is open");
    let own = marked(&world, &intent, "web");
    wait_until("the boot has ended", async || database.texts("SELECT id AS text FROM intents").await.is_empty()).await;
    assert_eq!(database.texts(placed).await, [own]);
}
