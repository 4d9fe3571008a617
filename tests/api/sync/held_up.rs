//! What is slow, silent or not to be stored holds up nothing but itself.

use std::sync::Arc;
use std::time::Duration;

use nova_cascade::db::clock::local_now;
use nova_cascade::sync::status;

use crate::sim::{Fault, Kind, Pace, Service};
use crate::support::{Database, World, accepted, ids, on_each_database, wait_until};

on_each_database!(
    a_round_that_takes_longer_than_a_lease_keeps_it,
    a_region_that_never_answers_is_told_of,
    a_server_that_is_never_shown_holds_up_no_other,
    a_server_that_cannot_be_stored_holds_up_no_other,
    servers_that_stay_in_build_are_shown_rarely,
    pages_that_turn_in_circles_end_no_round,
);

const LIST: &str = "/v2.1/servers/detail";

async fn epochs(database: &Database) -> Vec<String> {
    database.texts("SELECT CAST(epoch AS CHAR) AS text FROM leases ORDER BY name").await
}

async fn a_round_that_takes_longer_than_a_lease_keeps_it(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionOne", "web").await;
    let before = epochs(&database).await;
    let slow = Kind::DelayAfter(Duration::from_secs(5));
    world.one().faults.push(Fault::new(slow).on(Service::Nova).path(LIST).times(1));
    // The round under way may have been asked for before.
    world.rounds(world.one(), 1).await;
    let began = local_now();
    world.one().nova.rename(&id, "renamed");
    world.synced().await;
    wait_until("renamed", async || world.show(&id).await["name"] == "renamed").await;
    let told = status::of_all(&world.top.app).await.expect("a status");
    let one = told.iter().find(|status| status.name == "RegionOne").expect("a region");
    assert_eq!((epochs(&database).await, one.cursor.errors), (before, 0), "{}", one.cursor.error);
    assert!(one.cursor.round_at > began);
}

async fn a_region_that_never_answers_is_told_of(database: Arc<Database>) {
    // As in the usual settings, a call may take longer than a lease runs.
    let world = World::with(&database, |config| config.sync.call_timeout_ms = 4_000).await;
    let before = epochs(&database).await;
    world.two().faults.push(Fault::new(Kind::Hang));
    wait_until("an error", async || {
        let told = status::of_all(&world.top.app).await.expect("a status");
        told.iter().any(|status| status.name == "RegionTwo" && status.cursor.error.starts_with("round: "))
    })
    .await;
    assert_eq!(epochs(&database).await, before);
}

async fn a_server_that_is_never_shown_holds_up_no_other(database: Arc<Database>) {
    let world = World::with(&database, |config| config.sync.show_timeout_ms = 500).await;
    let made = world.populate(world.one(), 4).await;
    let (silent, others) = made.split_first().expect("servers");
    let show = format!("/v2.1/servers/{silent}");
    world.one().faults.push(Fault::new(Kind::Hang).on(Service::Nova).method("GET").path(&show));
    world.top.app.sync.touch(&world.region_id("RegionOne"), made.clone());
    world.rounds(world.one(), 1).await;
    let asked = || world.one().nova.count("GET /servers/{id}");
    for number in 0..3 {
        let name = format!("name-{number}");
        let began = local_now();
        others.iter().for_each(|id| world.one().nova.rename(id, &name));
        wait_until(&name, async || {
            let names = format!("SELECT id AS text FROM servers WHERE name = '{name}' ORDER BY id");
            database.texts(&names).await == others
        })
        .await;
        wait_until("a round", async || {
            let told = status::of_all(&world.top.app).await.expect("a status");
            told.iter().any(|status| status.name == "RegionOne" && status.cursor.round_at > began)
        })
        .await;
    }
    let settled = "SELECT id AS text FROM servers WHERE settled ORDER BY id";
    wait_until("all others are settled", async || database.texts(settled).await == others).await;
    let before = asked();
    world.rounds(world.one(), 20).await;
    assert!(asked() <= before + 1, "it is left alone for a while");
    world.one().faults.clear();
    assert_eq!(world.live(world.one()).await, made);
}

/// What a region says is cut to what our columns hold; here one of them holds less, as in a schema that somebody changed.
/// MariaDB refuses what does not fit; SQLite takes it and shows it.
async fn a_server_that_cannot_be_stored_holds_up_no_other(database: Arc<Database>) {
    let world = World::start(&database).await;
    let made = world.populate(world.one(), 4).await;
    if database.is_mysql() {
        database.execute("ALTER TABLE servers MODIFY hostname VARCHAR(20)").await;
    }
    let long = "does-not-fit-its-column";
    world.one().nova.edit(&made[0], |server| server.hostname = long.to_owned());
    made[1..].iter().for_each(|id| world.one().nova.rename(id, "short"));
    let names = "SELECT id AS text FROM servers WHERE name = 'short' ORDER BY id";
    wait_until("the others", async || database.texts(names).await == made[1..]).await;
    world.synced().await;
    if database.is_mysql() {
        let told = status::of_all(&world.top.app).await.expect("a status");
        let error = &told.iter().find(|status| status.name == "RegionOne").expect("a region").cursor.error;
        assert!(error.contains(&made[0]) && error.contains("is not stored"), "{error}");
    }
    world.one().nova.edit(&made[0], |server| server.hostname = "fits".to_owned());
    world.one().nova.rename(&made[0], "short");
    wait_until("all", async || database.texts(names).await == made).await;
    assert_eq!(ids(&world.demo().get("/servers").await).len(), 4);
}

async fn servers_that_stay_in_build_are_shown_rarely(database: Arc<Database>) {
    let world = World::with(&database, |config| config.sync.show_after_s = 2).await;
    let made = world.populate(world.one(), 3).await;
    for id in &made {
        world.one().nova.edit_quietly(id, |server| server.task_state = Some("rebuilding".into()));
    }
    world.top.app.sync.touch(&world.region_id("RegionOne"), made.clone());
    let tasks = "SELECT id AS text FROM servers WHERE task_state = 'rebuilding' AND documented ORDER BY id";
    wait_until("known", async || database.texts(tasks).await == made).await;
    database.execute("UPDATE servers SET changed_at = changed_at - 60000000, hold_until = 0").await;
    world.rounds(world.one(), 10).await;
    let (shows, began) = (world.one().nova.count("GET /servers/{id}"), tokio::time::Instant::now());
    world.rounds(world.one(), 60).await;
    let turns = began.elapsed().as_secs() / 2 + 1;
    let shown = world.one().nova.count("GET /servers/{id}") - shows;
    assert!(shown <= turns * 3, "{shown} shows in {turns} turns");
    // They are not forgotten.
    wait_until("a turn", async || world.one().nova.count("GET /servers/{id}") >= shows + 3).await;
}

/// Nova's BuildRequests stand before all else in a list, and have their instances behind them.
async fn pages_that_turn_in_circles_end_no_round(database: Arc<Database>) {
    let world = World::with(&database, |config| config.sync.page_size = 3).await;
    let made = world.populate(world.one(), 5).await;
    let nova = &world.one().nova;
    nova.set_boot_pace(Pace::ByHand);
    let mut building = Vec::new();
    for number in 0..7 {
        let body = world.body_in("RegionOne", &format!("new-{number}"));
        building.push(accepted(&world.demo().post("/servers", body).await));
    }
    world.synced().await;
    world.one().faults.push(Fault::new(Kind::BuildRequests).on(Service::Nova).path(LIST));
    world.rounds(world.one(), 2).await;
    let errors = async || database.texts("SELECT error AS text FROM cursors WHERE error <> ''").await;
    assert!(errors().await.is_empty());
    made.iter().for_each(|id| nova.rename(id, "renamed"));
    let names = "SELECT id AS text FROM servers WHERE name = 'renamed' ORDER BY id";
    wait_until("the others", async || database.texts(names).await == made).await;
    world.synced().await;
    for id in &building {
        nova.finish_boot(id);
        world.wait_status(id, "ACTIVE").await;
    }
    assert!(errors().await.is_empty(), "{:?}", errors().await);
}
