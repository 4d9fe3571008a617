//! Projects pinned to regions, and kept out of them.

use std::sync::Arc;

use nova_cascade::db::project_regions;

use crate::support::{Database, World, accepted, on_each_database, refused};

on_each_database!(a_pinned_project_goes_nowhere_else, a_project_is_kept_out, a_rule_can_be_replaced_and_removed);

async fn a_pinned_project_goes_nowhere_else(database: Arc<Database>) {
    let world = World::start(&database).await;
    let demo = world.cloud.keystone.project_id("demo");
    project_regions::set(&world.db, &demo, &world.region_id("RegionTwo"), true).await.unwrap();
    for _ in 0..3 {
        let id = accepted(&world.demo().post("/servers", world.body("web")).await);
        assert!(world.two().nova.ids().contains(&id));
    }
    let message = refused(&world.demo().post("/servers", world.body_in("RegionOne", "web")).await, 400);
    assert!(message.contains("RegionOne: the project is pinned to other regions"), "{message}");
    // Another project's servers go anywhere.
    accepted(&world.user("alt", "2.1").post("/servers", world.body_in("RegionOne", "web")).await);
}

async fn a_project_is_kept_out(database: Arc<Database>) {
    let world = World::start(&database).await;
    let demo = world.cloud.keystone.project_id("demo");
    project_regions::set(&world.db, &demo, &world.region_id("RegionTwo"), false).await.unwrap();
    for _ in 0..3 {
        let id = accepted(&world.demo().post("/servers", world.body("web")).await);
        assert!(world.one().nova.ids().contains(&id));
    }
    let message = refused(&world.demo().post("/servers", world.body_in("RegionTwo", "web")).await, 400);
    assert!(message.contains("RegionTwo: the project is kept out of it"), "{message}");
}

async fn a_rule_can_be_replaced_and_removed(database: Arc<Database>) {
    let world = World::start(&database).await;
    let one = world.region_id("RegionOne");
    project_regions::set(&world.db, "p", &one, true).await.unwrap();
    project_regions::set(&world.db, "p", &one, false).await.unwrap();
    project_regions::set(&world.db, "q", &one, true).await.unwrap();
    let of =
        |rules: Vec<project_regions::Rule>| rules.into_iter().map(|r| (r.project_id, r.pinned)).collect::<Vec<_>>();
    assert_eq!(of(project_regions::of_project(&world.db, "p").await.unwrap()), [("p".to_owned(), false)]);
    let both = [("p".to_owned(), false), ("q".to_owned(), true)];
    assert_eq!(of(project_regions::of_region(&world.db, &one).await.unwrap()), both);
    assert!(project_regions::remove(&world.db, "p", &one).await.unwrap());
    assert!(!project_regions::remove(&world.db, "p", &one).await.unwrap());
    assert!(project_regions::of_project(&world.db, "p").await.unwrap().is_empty());
}
