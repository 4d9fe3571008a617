//! Limits that regions have of their own.

use std::sync::Arc;

use nova_cascade::cascade::region_quota;
use nova_cascade::regions::nova::RegionApi;

use crate::support::{DEADLINE, Database, World, on_each_database};

on_each_database!(a_region_is_opened);

async fn a_region_is_opened(database: Arc<Database>) {
    let world = World::start(&database).await;
    for (resource, limit) in [("instances", 10), ("cores", 20), ("ram", -1), ("server_groups", 10)] {
        world.one().nova.set_class_limit(resource, limit);
    }
    let app = &world.top.app;
    let region = app.registry.by_name("RegionOne").expect("a region");
    let api = RegionApi::new(app.service.clone(), region, DEADLINE);
    let mut limits = region_quota::limits(&api).await.expect("limits");
    limits.sort();
    let had = [("cores", 20), ("instances", 10), ("server_groups", 10)].map(|(name, limit)| (name.to_owned(), limit));
    assert_eq!(limits, had);
    assert_eq!(region_quota::open(&api).await.expect("opened").len(), 3);
    assert!(region_quota::limits(&api).await.expect("limits").is_empty());
    assert!(world.one().nova.class_limits().values().all(|limit| *limit == -1));
}
