//! Freshness that can be seen.

use std::sync::Arc;

use nova_cascade::db::clock::SECOND;
use nova_cascade::sync::status::{self, Status};

use crate::support::{Database, World, on_each_database, wait_until};

on_each_database!(lag_and_skew_are_told, errors_are_told);

async fn of(world: &World, name: &str) -> Status {
    let told = status::of_all(&world.top.app).await.expect("a status");
    told.into_iter().find(|status| status.name == name).expect("a region")
}

async fn lag_and_skew_are_told(database: Arc<Database>) {
    let world = World::start(&database).await;
    world.one().set_clock_offset(3_600);
    let id = world.boot("RegionOne", "web").await;
    world.one().nova.set_status(&id, "stopped");
    world.wait_status(&id, "SHUTOFF").await;
    wait_until("the lag", async || of(&world, "RegionOne").await.cursor.lag_us.is_some()).await;
    world.synced().await;
    let told = of(&world, "RegionOne").await;
    let skew = told.cursor.skew_us.expect("a skew");
    assert!((3_590 * SECOND..3_610 * SECOND).contains(&skew), "{skew}");
    let lag = told.cursor.lag_us.expect("a lag");
    assert!((0..60 * SECOND).contains(&lag), "{lag}");
    assert_eq!(told.holder.as_deref(), Some(world.top.app.process_id.as_str()));
    assert!(told.age(told.cursor.round_at).is_some_and(|age| age < 60 * SECOND));
    wait_until("a sweep", async || of(&world, "RegionOne").await.cursor.swept_at > 0).await;
}

async fn errors_are_told(database: Arc<Database>) {
    let world = World::start(&database).await;
    let before = of(&world, "RegionTwo").await;
    world.two().down().await;
    wait_until("errors", async || of(&world, "RegionTwo").await.cursor.errors > before.cursor.errors + 2).await;
    let told = of(&world, "RegionTwo").await;
    assert!(told.cursor.error.contains("RegionTwo"), "{}", told.cursor.error);
    assert!(told.cursor.error_at > 0);
    assert_eq!(of(&world, "RegionOne").await.cursor.errors, 0);
    world.two().up();
    world.synced().await;
}
