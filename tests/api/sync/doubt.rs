//! What a region says to be gone is doubted: the canary, the brake.

use std::sync::Arc;

use nova_cascade::db::cursors;
use nova_cascade::sync::status;

use crate::sim::{Fault, Kind, Pace, Service, SimRegion};
use crate::support::{Database, World, on_each_database, wait_until};

on_each_database!(
    a_lost_role_closes_nothing_not_even_deletes,
    a_region_that_shows_no_server_is_not_believed,
    too_many_missing_put_the_brake_on,
    the_brake_goes_off_when_they_are_back,
    an_empty_region_is_believed,
);

/// Single shows of these answer 404; lists go on.
fn hide(region: &SimRegion, ids: &[String]) {
    for id in ids {
        let path = format!("/v2.1/servers/{id}");
        region.faults.push(Fault::new(Kind::NotFound).on(Service::Nova).method("GET").path(&path));
    }
}

/// Waits until this many rows are missing, and for longer than two looks are apart.
async fn missing(world: &World, count: usize) {
    let sql = "SELECT id AS text FROM servers WHERE missing_since IS NOT NULL AND deleted = FALSE";
    wait_until("missing", async || world.database.texts(sql).await.len() == count).await;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    world.rounds(world.one(), 5).await;
}

/// As the region's list told it long ago: rounds no longer do.
fn age(region: &SimRegion, ids: &[String]) {
    for id in ids {
        region.nova.edit_quietly(id, |server| server.updated = server.updated.map(|at| at - 3_600));
    }
}

/// What is to be looked at is not forgotten with a lease.
fn patient(config: &mut nova_cascade::config::Config) {
    config.sync.overlap_s = 0;
    config.sync.lease_s = 12;
}

async fn a_lost_role_closes_nothing_not_even_deletes(database: Arc<Database>) {
    let world = World::with(&database, patient).await;
    let made = world.populate(world.one(), 6).await;
    age(world.one(), &made);
    world.one().nova.set_delete_pace(Pace::ByHand);
    for id in &made[..3] {
        assert_eq!(world.demo().delete(&format!("/servers/{id}")).await.status, 204);
    }
    age(world.one(), &made);
    let services = "/v2.1/os-services";
    world.one().faults.push(Fault::new(Kind::Answer(403, "no")).on(Service::Nova).path(services));
    hide(world.one(), &made);
    world.top.app.sync.touch(&world.region_id("RegionOne"), made[3..].to_vec());
    missing(&world, 3).await;
    assert_eq!(world.live(world.one()).await, made);
    let told = status::of_all(&world.top.app).await.unwrap();
    let one = told.iter().find(|status| status.name == "RegionOne").unwrap();
    assert!(
        one.cursor.error.starts_with("canary: ") || one.cursor.error.starts_with("hosts: "),
        "{}",
        one.cursor.error
    );
    world.one().faults.clear();
    wait_until("nothing is missing", async || {
        let sql = "SELECT id AS text FROM servers WHERE missing_since IS NOT NULL AND deleted = FALSE";
        database.texts(sql).await.is_empty()
    })
    .await;
    for id in &made[..3] {
        world.one().nova.finish(id);
    }
    wait_until("three are gone", async || world.live(world.one()).await == made[3..]).await;
}

async fn a_region_that_shows_no_server_is_not_believed(database: Arc<Database>) {
    let world = World::with(&database, patient).await;
    let made = world.populate(world.one(), 6).await;
    age(world.one(), &made);
    world.one().nova.set_status(&made[5], "stopped");
    wait_until("SHUTOFF", async || world.show(&made[5]).await["status"] == "SHUTOFF").await;
    hide(world.one(), &made);
    world.top.app.sync.touch(&world.region_id("RegionOne"), made[..2].to_vec());
    missing(&world, 2).await;
    assert_eq!(world.live(world.one()).await, made);
    // One that is shown is enough, and these two are gone.
    world.one().faults.clear();
    hide(world.one(), &made[..2]);
    wait_until("two are gone", async || world.live(world.one()).await == made[2..]).await;
}

async fn too_many_missing_put_the_brake_on(database: Arc<Database>) {
    let world = World::with(&database, |config| {
        config.sync.max_closed_per_round = 2;
        config.sync.sweep_period_s = 0;
    })
    .await;
    let made = world.populate(world.one(), 8).await;
    for id in &made[..4] {
        world.one().nova.purge(id);
    }
    missing(&world, 4).await;
    assert_eq!(world.live(world.one()).await, made);
    let braked = async || {
        let told = status::of_all(&world.top.app).await.unwrap();
        let one = told.into_iter().find(|status| status.name == "RegionOne").unwrap();
        (one.cursor.brake_at > 0, one.attention.missing)
    };
    assert_eq!(braked().await, (true, 4));
    // Deletes by users are another matter.
    assert_eq!(world.demo().delete(&format!("/servers/{}", made[4])).await.status, 204);
    wait_until("one less", async || world.live(world.one()).await.len() == 7).await;
    assert_eq!(braked().await, (true, 4));
    cursors::release_brake(&world.db, &world.region_id("RegionOne")).await.unwrap();
    wait_until("four less", async || world.live(world.one()).await == made[5..]).await;
    wait_until("no brake", async || braked().await == (false, 0)).await;
}

async fn the_brake_goes_off_when_they_are_back(database: Arc<Database>) {
    let world = World::with(&database, |config| {
        config.sync.max_closed_per_round = 2;
        config.sync.overlap_s = 0;
    })
    .await;
    let made = world.populate(world.one(), 8).await;
    age(world.one(), &made);
    world.one().nova.set_status(&made[7], "stopped");
    wait_until("SHUTOFF", async || world.show(&made[7]).await["status"] == "SHUTOFF").await;
    hide(world.one(), &made[..4]);
    world.top.app.sync.touch(&world.region_id("RegionOne"), made[..4].to_vec());
    missing(&world, 4).await;
    assert_eq!(world.live(world.one()).await, made);
    world.one().faults.clear();
    let brakes = "SELECT region_id AS text FROM cursors WHERE brake_at > 0";
    wait_until("no brake", async || database.texts(brakes).await.is_empty()).await;
    assert_eq!(world.live(world.one()).await, made);
    assert_eq!(world.show(&made[0]).await["status"], "ACTIVE");
}

async fn an_empty_region_is_believed(database: Arc<Database>) {
    let world = World::with(&database, |config| config.sync.sweep_period_s = 0).await;
    let made = world.populate(world.one(), 2).await;
    made.iter().for_each(|id| world.one().nova.purge(id));
    wait_until("none", async || world.live(world.one()).await.is_empty()).await;
}
