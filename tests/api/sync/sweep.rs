//! The sweep: what touches no `updated`, and what is gone without a trace.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::sim::{Fault, Kind, SimRegion};
use crate::support::{Database, Top, World, on_each_database, wait_until};

on_each_database!(
    what_touches_no_updated_is_found,
    a_server_that_vanished_is_closed,
    lists_that_leave_a_third_out_close_nothing,
    documents_in_the_wrong_order_close_nothing,
    it_goes_on_where_it_was,
);

/// Sweeps all the time.
async fn sweeping(database: &Arc<Database>) -> World {
    World::with(database, |config| {
        config.sync.sweep_period_s = 0;
        config.sync.page_size = 3;
    })
    .await
}

/// Waits until this many sweeps of the region that began after now have ended.
async fn swept(world: &World, region: &SimRegion, count: usize) {
    for _ in 0..count {
        let sql = "SELECT swept_at AS text FROM cursors WHERE region_id = ";
        let id = world.region_id(&region.name);
        let at = async || {
            let sql = sql.replace(
                "swept_at",
                if world.database.is_mysql() { "CAST(swept_at AS CHAR)" } else { "swept_at || ''" },
            );
            world.database.texts(&format!("{sql}'{id}'")).await.remove(0)
        };
        let before = at().await;
        wait_until("a sweep", async || at().await != before).await;
    }
}

async fn what_touches_no_updated_is_found(database: Arc<Database>) {
    let world = sweeping(&database).await;
    let id = world.boot("RegionOne", "web").await;
    let others = world.populate(world.one(), 7).await;
    world.one().nova.edit_quietly(&id, |server| {
        server.tags = vec!["blue".into()];
        server.security_groups = vec!["web".into()];
        server.volumes = vec!["11111111-1111-4111-8111-111111111111".into()];
    });
    let admin = world.user("admin", "2.104");
    wait_until("all of it", async || {
        let server = admin.get(&format!("/servers/{id}")).await.json()["server"].clone();
        server["tags"] == json!(["blue"])
            && server["security_groups"] == json!([{"name": "web"}])
            && server["os-extended-volumes:volumes_attached"].as_array().is_some_and(|volumes| volumes.len() == 1)
    })
    .await;
    wait_until("the tag in filters", async || {
        let found = admin.get("/servers?all_tenants=1&tags=blue").await.json();
        found["servers"].as_array().is_some_and(|found| found.len() == 1)
    })
    .await;
    assert_eq!(world.live(world.one()).await.len(), others.len() + 1);
}

async fn a_server_that_vanished_is_closed(database: Arc<Database>) {
    let world = sweeping(&database).await;
    let made = world.populate(world.one(), 8).await;
    for id in [&made[0], &made[4], &made[7]] {
        world.one().nova.purge(id);
    }
    wait_until("three rows less", async || world.live(world.one()).await.len() == 5).await;
    swept(&world, world.one(), 2).await;
    let left: Vec<String> = made.iter().filter(|id| ![&made[0], &made[4], &made[7]].contains(id)).cloned().collect();
    assert_eq!(world.live(world.one()).await, left);
}

async fn unharmed(world: &World, made: &[String]) {
    let admin = world.user("admin", "2.69");
    assert_eq!(world.live(world.one()).await, made);
    let list = admin.get("/servers/detail?all_tenants=1").await.json();
    let servers = list["servers"].as_array().unwrap();
    assert_eq!(servers.len(), made.len());
    let odd: Vec<&Value> = servers.iter().filter(|server| server["status"] != "ACTIVE").collect();
    assert!(odd.is_empty(), "{odd:?}");
}

async fn lists_that_leave_a_third_out_close_nothing(database: Arc<Database>) {
    let world = sweeping(&database).await;
    let made = world.populate(world.one(), 12).await;
    world.one().faults.push(Fault::new(Kind::HideServers(0.34)));
    swept(&world, world.one(), 3).await;
    // Longer than two looks at a missing server are apart.
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    swept(&world, world.one(), 2).await;
    unharmed(&world, &made).await;
    world.one().faults.clear();
    swept(&world, world.one(), 2).await;
    unharmed(&world, &made).await;
}

async fn documents_in_the_wrong_order_close_nothing(database: Arc<Database>) {
    let world = sweeping(&database).await;
    let made = world.populate(world.one(), 12).await;
    world.one().faults.push(Fault::new(Kind::Reverse));
    database.execute("UPDATE cursors SET changes_since = NULL").await;
    for id in &made {
        world.one().nova.rename(id, "renamed");
    }
    let names = "SELECT DISTINCT name AS text FROM servers WHERE deleted = FALSE";
    wait_until("new names", async || database.texts(names).await == ["renamed"]).await;
    swept(&world, world.one(), 2).await;
    unharmed(&world, &made).await;
}

async fn it_goes_on_where_it_was(database: Arc<Database>) {
    let world = World::with(&database, |config| {
        config.sync.page_size = 2;
        config.sync.sweep_page_pause_ms = 300;
    })
    .await;
    world.populate(world.one(), 16).await;
    let region_id = world.region_id("RegionOne");
    database.execute("UPDATE cursors SET swept_at = 0").await;
    let place = format!("SELECT sweep_after AS text FROM cursors WHERE region_id = '{region_id}'");
    wait_until("some pages", async || database.texts(&place).await.remove(0).as_str() > "4").await;
    let World { cloud, top, database, db } = world;
    top.kill();
    let place = database.texts(&place).await.remove(0);
    assert!(!place.is_empty());
    let region = cloud.region("RegionOne");
    region.nova.record().clear();
    let top = Top::start(&cloud, &database, |config| config.sync.page_size = 2).await;
    wait_until("the end", async || {
        let ended = "SELECT region_id AS text FROM cursors WHERE swept_at > 0 AND sweep_began_at = 0";
        database.texts(ended).await.contains(&region_id)
    })
    .await;
    let asked = region.nova.seen_on("GET /servers/detail");
    let sweep = |query: &[(String, String)]| !query.iter().any(|(key, _)| key == "changes-since");
    let markers: Vec<String> = asked
        .iter()
        .filter(|seen| sweep(&seen.query))
        .filter_map(|seen| Some(seen.query.iter().find(|(key, _)| key == "marker")?.1.clone()))
        .collect();
    assert!(markers.iter().all(|marker| *marker >= place), "{place}: {markers:?}");
    assert!(markers.contains(&place), "{place}: {markers:?}");
    drop((top, db));
}
