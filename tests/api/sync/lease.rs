//! Several processes on one database: all serve, one syncs.

use std::sync::Arc;
use std::time::{Duration, Instant};

use nova_cascade::config::Config;

use crate::sim::SimCloud;
use crate::support::{Database, Top, World, accepted, ids, on_each_database, wait_until};

on_each_database!(
    another_process_takes_over_from_a_dead_one,
    another_process_takes_over_from_one_that_stops,
    one_that_lost_its_lease_writes_nothing,
);

/// As it comes: what the takeover is promised for.
fn usual_lease(config: &mut Config) {
    config.sync.lease_s = Config::default().sync.lease_s;
}

/// On SQLite there is one process, which is said.
async fn a_second_is_refused(database: &Arc<Database>) {
    let world = World::start(database).await;
    let error = database.open().lock_for_serving().err().expect("refused").to_string();
    assert!(error.contains("another nova-cascade serves from") && error.contains("mysql://"), "{error}");
    let World { cloud, top, database, .. } = world;
    top.stop().await;
    let top = Top::start(&cloud, &database, |_| {}).await;
    assert_eq!(top.client().token(&cloud.token("demo")).get("/servers").await.status, 200);
}

async fn owners(database: &Database) -> Vec<String> {
    database.texts("SELECT DISTINCT owner AS text FROM leases").await
}

/// Two processes; the first holds every lease.
async fn two(database: &Arc<Database>) -> (World, Top) {
    let world = World::with(database, usual_lease).await;
    let second = Top::start(&world.cloud, database, usual_lease).await;
    assert_eq!(owners(database).await, [world.top.app.process_id.clone()]);
    (world, second)
}

/// Both answer, whoever syncs.
async fn both_serve(world: &World, second: &Top) {
    let id = world.boot("RegionOne", "first").await;
    let demo = second.client().token(&world.cloud.token("demo"));
    assert_eq!(ids(&demo.get("/servers").await), [id.clone()]);
    let more = accepted(&demo.post("/servers", world.body_in("RegionTwo", "second")).await);
    world.wait_status(&more, "ACTIVE").await;
    assert_eq!(demo.delete(&format!("/servers/{more}")).await.status, 204);
    world.wait_gone(&more).await;
    wait_until("gone on both", async || ids(&demo.get("/servers").await) == [id.clone()]).await;
}

async fn taken_over(cloud: &SimCloud, database: &Database, second: &Top, id: &str) {
    wait_until("the leases are the second's", async || owners(database).await == [second.app.process_id.clone()]).await;
    cloud.region("RegionOne").nova.set_status(id, "stopped");
    let demo = second.client().token(&cloud.token("demo"));
    let path = format!("/servers/{id}");
    wait_until("SHUTOFF", async || demo.get(&path).await.json()["server"]["status"] == "SHUTOFF").await;
}

async fn another_process_takes_over_from_a_dead_one(database: Arc<Database>) {
    if !database.is_mysql() {
        return a_second_is_refused(&database).await;
    }
    let (world, second) = two(&database).await;
    both_serve(&world, &second).await;
    let id = world.one().nova.ids().remove(0);
    let World { cloud, top, database, .. } = world;
    let died = Instant::now();
    top.kill();
    taken_over(&cloud, &database, &second, &id).await;
    println!("taken over after {:.1?}", died.elapsed());
}

async fn another_process_takes_over_from_one_that_stops(database: Arc<Database>) {
    if !database.is_mysql() {
        return a_second_is_refused(&database).await;
    }
    let (world, second) = two(&database).await;
    both_serve(&world, &second).await;
    let id = world.one().nova.ids().remove(0);
    let World { cloud, top, database, .. } = world;
    top.stop().await;
    assert_eq!(
        database
            .texts(
                "SELECT name AS text FROM leases WHERE expires_at > 0 AND owner NOT IN \
        (SELECT owner FROM leases WHERE epoch > 1)"
            )
            .await,
        Vec::<String>::new(),
        "given back at the end"
    );
    taken_over(&cloud, &database, &second, &id).await;
}

/// A process that slept through the end of its lease finds another's in its place.
async fn one_that_lost_its_lease_writes_nothing(database: Arc<Database>) {
    if !database.is_mysql() {
        return a_second_is_refused(&database).await;
    }
    let world = World::start(&database).await;
    let id = world.boot("RegionOne", "before").await;
    let settled = format!("SELECT name AS text FROM servers WHERE settled AND id = '{id}'");
    wait_until("settled", async || !database.texts(&settled).await.is_empty()).await;
    let expires_at = "UPDATE leases SET owner = 'another', epoch = epoch + 1, expires_at = ";
    database.execute(&format!("{expires_at} expires_at + 600000000")).await;
    world.one().nova.rename(&world.one().nova.ids()[0], "after");
    let asked = world.one().nova.count("GET /servers/detail");
    // Some twenty rounds, for one that went on.
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(database.texts(&settled).await, ["before"]);
    assert!(world.one().nova.count("GET /servers/detail") <= asked + 2, "it goes on asking");
    database.execute(&format!("{expires_at} 0")).await;
    wait_until("its again", async || database.texts(&settled).await == ["after"]).await;
}
