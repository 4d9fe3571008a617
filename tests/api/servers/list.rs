//! `GET /servers` and `/servers/detail` over several regions, some of which do not answer.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::sim::{Fault, Kind, Service};
use crate::support::{Database, World, accepted, ids, names, on_each_database, sorted, wait_until};

on_each_database!(
    the_list_is_newest_first_over_all_regions,
    a_region_that_is_down_slows_nothing,
    a_region_that_hangs_slows_nothing,
    what_a_region_does_not_tell_any_more_is_unknown,
);

async fn the_list_is_newest_first_over_all_regions(database: Arc<Database>) {
    let world = World::start(&database).await;
    for (age_s, zone, name) in [(20, "RegionTwo", "a"), (10, "RegionOne", "b"), (0, "RegionTwo", "c")] {
        let id = world.boot(zone, name).await;
        world.cloud.region(zone).nova.edit(&id, |server| server.created -= age_s);
    }
    world.synced().await;
    world.synced().await;
    let listed = world.demo().get("/servers").await;
    assert_eq!(names(&listed), ["c", "b", "a"]);
    assert_eq!(listed.json().as_object().map(serde_json::Map::len), Some(1));
    let first = listed.json()["servers"][0].clone();
    let keys: Vec<&String> = first.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["id", "name", "links"]);
    let detail = world.demo().get("/servers/detail").await.json();
    let zones: Vec<_> =
        detail["servers"].as_array().unwrap().iter().map(|s| &s["OS-EXT-AZ:availability_zone"]).collect();
    assert_eq!(zones, ["RegionTwo", "RegionOne", "RegionTwo"]);
    assert_eq!(ids(&world.user("reader", "2.1").get("/servers").await).len(), 3, "a reader of the project");
}

/// Far from the time after which a call to a region is given up, which an answer that waited would take.
const QUICK: Duration = Duration::from_secs(8);

/// List, show and boot elsewhere while RegionOne does not answer.
async fn others_go_on(world: &World, in_one: &str, in_two: &str) {
    let demo = world.demo();
    for _ in 0..3 {
        let started = Instant::now();
        assert_eq!(sorted(ids(&demo.get("/servers/detail").await)), sorted([in_two, in_one]));
        assert!(started.elapsed() < QUICK, "a list took {:?}", started.elapsed());
        let started = Instant::now();
        for id in [in_one, in_two] {
            assert_eq!(demo.get(&format!("/servers/{id}")).await.json()["server"]["status"], "ACTIVE");
        }
        assert!(started.elapsed() < QUICK, "shows took {:?}", started.elapsed());
    }
    let started = Instant::now();
    let id = accepted(&demo.post("/servers", world.body("more")).await);
    assert!(started.elapsed() < QUICK, "a boot took {:?}", started.elapsed());
    assert!(world.two().nova.ids().contains(&id));
    world.wait_status(&id, "ACTIVE").await;
    assert_eq!(demo.delete(&format!("/servers/{id}")).await.status, 204);
    world.wait_gone(&id).await;
}

async fn a_region_that_is_down_slows_nothing(database: Arc<Database>) {
    let world = World::start(&database).await;
    let (one, two) = (world.boot("RegionOne", "one").await, world.boot("RegionTwo", "two").await);
    world.one().down().await;
    others_go_on(&world, &one, &two).await;
    world.one().up();
    world.one().nova.rename(&one, "again");
    wait_until("the region's news", async || world.show(&one).await["name"] == "again").await;
}

async fn a_region_that_hangs_slows_nothing(database: Arc<Database>) {
    let world = World::with(&database, |config| {
        config.sync.call_timeout_ms = 60_000;
        config.region.call_timeout_ms = 60_000;
        config.boot.create_timeout_ms = 60_000;
        config.sync.read_wait_ms = 1_500;
    })
    .await;
    let (one, two) = (world.boot("RegionOne", "one").await, world.boot("RegionTwo", "two").await);
    for service in [Service::Nova, Service::Neutron, Service::Glance] {
        world.one().faults.push(Fault::new(Kind::Hang).on(service));
    }
    others_go_on(&world, &one, &two).await;
}

async fn what_a_region_does_not_tell_any_more_is_unknown(database: Arc<Database>) {
    let world = World::with(&database, |config| config.region.unknown_after_s = 5).await;
    let (one, two) = (world.boot("RegionOne", "one").await, world.boot("RegionTwo", "two").await);
    world.one().nova.set_task(&one, Some("rebooting"));
    wait_until("REBOOT", async || world.show(&one).await["status"] == "REBOOT").await;
    world.one().down().await;
    let path = format!("/servers/{one}");
    let new = world.user("demo", "2.69");
    wait_until("UNKNOWN", async || new.get(&path).await.json()["server"]["status"] == "UNKNOWN").await;
    let shown = new.get(&path).await.json()["server"].clone();
    assert_eq!(
        (&shown["OS-EXT-STS:power_state"], &shown["OS-EXT-STS:task_state"], &shown["name"]),
        (&json!(0), &json!(null), &json!("one")),
    );
    let listed = new.get("/servers/detail?limit=10").await.json();
    let status = |id: &str| {
        let servers = listed["servers"].as_array().expect("a list");
        servers.iter().find(|server| server["id"] == id).map(|server| server["status"].clone())
    };
    assert_eq!((status(&two), status(&one)), (Some(json!("ACTIVE")), Some(json!("UNKNOWN"))));
    // Before 2.69 there is no such status: the last known document, and a word beside it.
    let old = world.user("demo", "2.68").get(&path).await;
    assert_eq!(old.json()["server"]["status"], "REBOOT");
    for answer in [old, world.demo().get("/servers/detail").await] {
        let stale = answer.header("x-cascade-stale").expect("a header").to_owned();
        assert!(stale.starts_with("RegionOne;age="), "{stale}");
    }
    let fresh = world.demo().get(&format!("/servers/{two}")).await;
    assert!(fresh.header("x-cascade-stale").is_none());
    world.one().up();
    wait_until("REBOOT", async || new.get(&path).await.json()["server"]["status"] == "REBOOT").await;
}
