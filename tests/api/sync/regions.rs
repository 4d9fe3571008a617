//! Which regions there are: as the catalog has them, and no fewer for its gaps.

use std::sync::Arc;

use crate::sim::{Service, SimCloud};
use crate::support::{Database, Top, World, accepted, ids, on_each_database, wait_until};

on_each_database!(
    the_tops_own_entry_is_no_region,
    a_region_that_joins_is_used,
    a_catalog_that_lacks_a_region_loses_nothing,
    it_starts_without_keystone,
);

async fn names(database: &Database) -> Vec<String> {
    database.texts("SELECT name AS text FROM regions ORDER BY name").await
}

async fn the_tops_own_entry_is_no_region(database: Arc<Database>) {
    let cloud = SimCloud::start(&["RegionOne", "RegionTwo"]).await;
    cloud.add_cascade("Cascade", "http://127.0.0.1:1/v2.1");
    cloud.keystone.add_endpoint("Storage", "image", "http://127.0.0.1:1");
    let world = World::over(cloud, &database, |_| {}).await;
    assert_eq!(names(&database).await, ["RegionOne", "RegionTwo"]);
    world.boot("RegionTwo", "web").await;
}

async fn a_region_that_joins_is_used(database: Arc<Database>) {
    let cloud = SimCloud::start(&["RegionOne", "RegionTwo"]).await;
    cloud.keystone.remove_endpoints("RegionTwo");
    let top = Top::start(&cloud, &database, |config| config.region.discovery_period_s = 1).await;
    wait_until("the first region", async || names(&database).await == ["RegionOne"]).await;
    let two = cloud.region("RegionTwo");
    for (kind, service) in [("compute", Service::Nova), ("network", Service::Neutron), ("image", Service::Glance)] {
        cloud.keystone.add_endpoint("RegionTwo", kind, &two.url(service));
    }
    wait_until("a round over it", async || two.nova.count("GET /servers/detail") > 0).await;
    let db = database.open();
    nova_cascade::db::flavors::import(&db, &crate::support::flavor("1", "m1.tiny"), &[]).await.unwrap();
    let demo = top.client().token(&cloud.token("demo")).version("2.42");
    let body = serde_json::json!({"server": {
        "name": "web", "flavorRef": "1", "imageRef": two.glance.id_of("cirros"), "networks": "auto",
    }});
    let id = accepted(&demo.post("/servers", body).await);
    assert_eq!(two.nova.ids(), [id.clone()]);
    wait_until("ACTIVE", async || ids(&demo.get("/servers?status=ACTIVE").await) == [id.clone()]).await;
}

async fn a_catalog_that_lacks_a_region_loses_nothing(database: Arc<Database>) {
    let world = World::with(&database, |config| config.region.discovery_period_s = 1).await;
    let id = world.boot("RegionTwo", "web").await;
    world.cloud.keystone.remove_endpoints("RegionTwo");
    let asked = world.cloud.keystone.journal().count("GET /v3/auth/catalog");
    wait_until("the catalog was read", async || {
        world.cloud.keystone.journal().count("GET /v3/auth/catalog") > asked + 1
    })
    .await;
    world.two().nova.set_status(&id, "stopped");
    world.wait_status(&id, "SHUTOFF").await;
    assert_eq!(names(&database).await, ["RegionOne", "RegionTwo"]);
}

async fn it_starts_without_keystone(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionOne", "web").await;
    let World { cloud, top, database, db } = world;
    top.kill();
    cloud.keystone_down().await;
    let top = Top::start(&cloud, &database, |_| {}).await;
    let world = World { cloud, top, database, db };
    assert_eq!(world.demo().get("/servers").await.status, 503);
    assert_eq!(world.top.client().get("").await.status, 200);
    world.cloud.keystone_up();
    wait_until("the list", async || world.demo().get("/servers").await.status == 200).await;
    world.one().nova.set_status(&id, "stopped");
    world.wait_status(&id, "SHUTOFF").await;
}
