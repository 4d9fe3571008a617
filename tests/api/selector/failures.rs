//! `recent_failures`: as a filter that yields, and as a weigher.

use std::sync::Arc;

use nova_cascade::selector::Why;

use super::{ask, chosen, refusals, select};
use crate::sim::{Fault, Kind, Service};
use crate::support::{Database, World, accepted, on_each_database};

on_each_database!(
    a_region_that_fails_a_flavor_is_the_last_choice,
    the_last_choice_is_asked_where_no_other_takes_the_boot,
    where_all_fail_none_is_left_out,
);

async fn a_region_that_fails_a_flavor_is_the_last_choice(database: Arc<Database>) {
    let world = World::with(&database, |config| config.boot.failures_max = 2).await;
    let failures = &world.top.app.selector.failures;
    let one = world.region_id("RegionOne");
    let (tiny, small) = (ask(&world, "1").await, ask(&world, "2").await);
    assert_eq!(chosen(&select(&world, &tiny).await), ["RegionOne", "RegionTwo"]);
    failures.note(&one, "1");
    assert_eq!(chosen(&select(&world, &tiny).await), ["RegionTwo", "RegionOne"]);
    failures.note(&one, "1");
    let selection = select(&world, &tiny).await;
    assert_eq!(chosen(&selection), ["RegionTwo"]);
    let text = "2 boots of flavor m1.tiny failed there lately";
    assert_eq!(refusals(&selection), [("RegionOne", "recent_failures", Why::Full, text)]);
    assert_eq!(chosen(&select(&world, &small).await), ["RegionOne", "RegionTwo"], "another flavor");
}

async fn the_last_choice_is_asked_where_no_other_takes_the_boot(database: Arc<Database>) {
    let world = World::with(&database, |config| config.boot.failures_max = 1).await;
    world.top.app.selector.failures.note(&world.region_id("RegionOne"), "1");
    let busy = Fault::new(Kind::Answer(503, "busy")).on(Service::Nova).method("POST").path("/v2.1/servers");
    world.two().faults.push(busy);
    let id = accepted(&world.demo().post("/servers", world.body("web")).await);
    assert!(world.one().nova.ids().contains(&id));
    assert_eq!((world.boots_sent(), world.two().nova.ids().len()), (2, 0));
    world.wait_status(&id, "ACTIVE").await;
}

async fn where_all_fail_none_is_left_out(database: Arc<Database>) {
    let world = World::with(&database, |config| config.boot.failures_max = 1).await;
    for name in ["RegionOne", "RegionTwo"] {
        world.top.app.selector.failures.note(&world.region_id(name), "1");
    }
    let selection = select(&world, &ask(&world, "1").await).await;
    assert_eq!(chosen(&selection), ["RegionOne", "RegionTwo"]);
    assert!(selection.refused.is_empty());
}
