//! Only reported: nothing on top changes.

use std::sync::Arc;

use super::{cascade, used};
use crate::support::{Database, World, ids, on_each_database};

on_each_database!(a_stranger_that_is_reported_stays_one);

async fn a_stranger_that_is_reported_stays_one(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.one().nova.add_server("demo", "stranger");
    world.rounds(world.one(), 5).await;
    assert!(ids(&world.demo().get("/servers").await).is_empty());
    assert_eq!(world.demo().delete(&format!("/servers/{id}")).await.status, 404);
    assert_eq!(used(&world, "instances").await, 0);
    let said = cascade(&world.top.app.config, &["server", "audit", "--region", "RegionOne"]).await;
    assert!(!said.good && said.out.contains(&id) && said.out.contains("has no row"), "{}", said.out);
    assert!(said.err.contains("server audit --fix"), "{}", said.err);
    assert!(ids(&world.demo().get("/servers").await).is_empty(), "dry");
}
