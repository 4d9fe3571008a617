//! Weighers over regions.

use std::sync::Arc;

use nova_cascade::db::regions;
use serde_json::json;

use super::{ask, forgetful, select};
use crate::sim::placement::Room;
use crate::support::{Database, World, accepted, on_each_database};

on_each_database!(
    the_operators_weight_comes_first,
    more_room_comes_before_fewer_servers,
    packing_fills_one_region,
    a_project_stays_together,
    the_servers_of_a_request_spread_too,
);

fn counts(world: &World) -> (usize, usize) {
    (world.one().nova.ids().len(), world.two().nova.ids().len())
}

async fn the_operators_weight_comes_first(database: Arc<Database>) {
    let world = World::start(&database).await;
    let two = world.region_id("RegionTwo");
    for (weight, expected) in [(5, (0, 3)), (-5, (3, 3))] {
        assert!(regions::set_weight(&world.db, &two, weight).await.unwrap());
        world.top.app.load_regions().await.unwrap();
        for _ in 0..3 {
            accepted(&world.demo().post("/servers", world.body("web")).await);
        }
        assert_eq!(counts(&world), expected);
    }
    assert!(!regions::set_weight(&world.db, "nowhere", 1).await.unwrap());
}

async fn more_room_comes_before_fewer_servers(database: Arc<Database>) {
    let world = World::with(&database, forgetful).await;
    let room = |vcpus| Some(Room { vcpus, ram_mb: 1 << 20, disk_gb: 1 << 20 });
    world.one().placement.set_room(room(4));
    world.two().placement.set_room(room(64));
    for _ in 0..3 {
        accepted(&world.demo().post("/servers", world.body("web")).await);
    }
    assert_eq!(counts(&world), (0, 3));
    let selection = select(&world, &ask(&world, "1").await).await;
    let explained = "RegionTwo (server_group 0, weight 0, recent_failures 0, free_capacity 6, fewest_servers -3) > \
                     RegionOne (server_group 0, weight 0, recent_failures 0, free_capacity 3, fewest_servers 0)";
    assert_eq!(selection.explain(), explained);
}

async fn packing_fills_one_region(database: Arc<Database>) {
    let world = World::with(&database, |config| {
        forgetful(config);
        config.boot.weighers = vec!["most_servers".into()];
    })
    .await;
    world.one().placement.set_room(Some(Room { vcpus: 3, ram_mb: 1 << 20, disk_gb: 1 << 20 }));
    for _ in 0..5 {
        accepted(&world.demo().post("/servers", world.body("web")).await);
    }
    assert_eq!(counts(&world), (3, 2));
}

async fn a_project_stays_together(database: Arc<Database>) {
    let world = World::with(&database, |config| {
        config.boot.weighers = vec!["project_affinity".into(), "fewest_servers".into()];
    })
    .await;
    world.boot_as("alt", "RegionTwo", "theirs").await;
    for _ in 0..3 {
        accepted(&world.demo().post("/servers", world.body("web")).await);
        accepted(&world.user("alt", "2.1").post("/servers", world.body("web")).await);
    }
    assert_eq!(counts(&world), (3, 4));
}

async fn the_servers_of_a_request_spread_too(database: Arc<Database>) {
    let world = World::start(&database).await;
    let mut body = world.body("web");
    body["server"]["min_count"] = json!(4);
    accepted(&world.demo().post("/servers", body).await);
    assert_eq!(counts(&world), (2, 2));
}
