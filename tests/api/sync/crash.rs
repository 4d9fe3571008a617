//! Whatever breaks off, wherever: nothing is lost, nothing goes back.

use std::sync::Arc;
use std::time::Duration;

use nova_cascade::db::leases;

use crate::sim::{Fault, Kind, Service};
use crate::support::{Database, Top, World, on_each_database, wait_until};

on_each_database!(
    a_region_that_stops_in_the_middle_of_a_round_loses_nothing,
    a_worker_killed_at_any_point_loses_nothing,
    a_lease_lost_in_the_middle_stores_nothing,
);

const LIST: &str = "/v2.1/servers/detail";

async fn a_region_that_stops_in_the_middle_of_a_round_loses_nothing(database: Arc<Database>) {
    let world = World::with(&database, |config| config.sync.page_size = 2).await;
    let made = world.populate(world.one(), 8).await;
    let names = "SELECT DISTINCT name AS text FROM servers WHERE deleted = FALSE";
    for (number, kind) in
        [Kind::CloseBeforeEffect, Kind::Cut, Kind::Answer(500, "no"), Kind::Garbage(200, "{}")].into_iter().enumerate()
    {
        // Some pages are answered, the rest are not, several times over.
        world.one().faults.push(Fault::new(kind).on(Service::Nova).path(LIST).after(2).times(5));
        let name = format!("name-{number}");
        made.iter().for_each(|id| world.one().nova.rename(id, &name));
        world.rounds(world.one(), 4).await;
        assert_eq!(world.live(world.one()).await, made);
        world.one().faults.clear();
        wait_until(&name, async || database.texts(names).await == [name.clone()]).await;
    }
}

async fn a_worker_killed_at_any_point_loses_nothing(database: Arc<Database>) {
    let world = World::with(&database, |config| config.sync.page_size = 3).await;
    let made = world.populate(world.one(), 9).await;
    let World { cloud, mut top, database, db } = world;
    let region = cloud.region("RegionOne");
    let names = "SELECT DISTINCT name AS text FROM servers WHERE deleted = FALSE";
    for number in 0..6_u64 {
        let name = format!("name-{number}");
        made[1..].iter().for_each(|id| region.nova.rename(id, &name));
        tokio::time::sleep(Duration::from_millis(number * 17)).await;
        top.kill();
        region.nova.rename(&made[0], &name);
        top = Top::start(&cloud, &database, |config| {
            config.sync.page_size = 3;
            config.sync.sweep_period_s = 0;
        })
        .await;
        wait_until(&name, async || database.texts(names).await == [name.clone()]).await;
    }
    let world = World { cloud, top, database, db };
    assert_eq!(world.live(world.one()).await, made);
}

async fn a_lease_lost_in_the_middle_stores_nothing(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionOne", "web").await;
    let name = async || database.texts("SELECT name AS text FROM servers").await.remove(0);
    let lease = format!("sync:{}", world.region_id("RegionOne"));
    let late = Kind::DelayAfter(Duration::from_secs(2));
    world.one().nova.rename(&id, "renamed");
    // Whatever was under way has its say before the list is slow.
    wait_until("renamed", async || name().await == "renamed").await;
    world.one().faults.push(Fault::new(late).on(Service::Nova).path(LIST));
    world.rounds(world.one(), 2).await;
    world.one().nova.rename(&id, "later");
    world.rounds(world.one(), 1).await;
    // The list that is under way has the new name; another process takes the region before it comes.
    database.execute(&format!("UPDATE leases SET owner = 'other', epoch = epoch + 1 WHERE name = '{lease}'")).await;
    let asked = world.one().nova.count("GET /servers/detail");
    tokio::time::sleep(Duration::from_millis(2_200)).await;
    if database.is_mysql() {
        // Nobody has it but the other, for as long as its lease runs.
        let held = leases::holders(&world.db).await.unwrap();
        if held.iter().any(|(held, owner)| *held == lease && owner == "other") {
            assert_eq!(name().await, "renamed");
            assert!(world.one().nova.count("GET /servers/detail") <= asked + 1);
        }
    }
    world.one().faults.clear();
    wait_until("later", async || name().await == "later").await;
}
