//! Which region gets a boot, and what is said when none does.

use std::sync::Arc;

use serde_json::json;

use crate::sim::{Fault, Kind, Service, SimCloud};
use crate::support::{Database, Top, World, accepted, on_each_database, refused, wait_until};

on_each_database!(
    boots_spread_over_the_regions,
    a_region_without_the_image_is_left_out,
    a_region_that_is_not_enabled_is_left_out,
    with_every_region_down_each_is_named,
    what_no_region_has_together_is_400,
    without_any_region_it_is_503,
);

async fn boots_spread_over_the_regions(database: Arc<Database>) {
    let world = World::start(&database).await;
    for number in 0..4 {
        accepted(&world.demo().post("/servers", world.body(&format!("s{number}"))).await);
    }
    assert_eq!((world.one().nova.ids().len(), world.two().nova.ids().len()), (2, 2));
}

async fn a_region_without_the_image_is_left_out(database: Arc<Database>) {
    let world = World::start(&database).await;
    let image = world.two().glance.add_image("only", None);
    for _ in 0..3 {
        let mut body = world.body("web");
        body["server"]["imageRef"] = json!(image);
        let id = accepted(&world.demo().post("/servers", body.clone()).await);
        assert!(world.two().nova.ids().contains(&id));
        body["server"]["availability_zone"] = json!("RegionOne");
        let message = refused(&world.demo().post("/servers", body).await, 400);
        assert!(message.contains("RegionOne") || message == "Can not find requested image", "{message}");
    }
    // An image of another project is none.
    let private = world.two().glance.add_image("alts", Some("alt"));
    let mut body = world.body("web");
    body["server"]["imageRef"] = json!(private);
    assert_eq!(refused(&world.demo().post("/servers", body).await, 400), "Can not find requested image");
    assert_eq!(world.boots_sent(), 3);
}

async fn a_region_that_is_not_enabled_is_left_out(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionOne", "old").await;
    nova_cascade::db::regions::set_state(&world.db, &world.region_id("RegionOne"), "draining").await.unwrap();
    world.top.app.load_regions().await.unwrap();
    for _ in 0..3 {
        let new = accepted(&world.demo().post("/servers", world.body("new")).await);
        assert!(world.two().nova.ids().contains(&new));
    }
    // What is there is served as before.
    world.one().nova.rename(&id, "still");
    wait_until("the sync goes on", async || world.show(&id).await["name"] == "still").await;
    let message = refused(&world.demo().post("/servers", world.body_in("RegionOne", "no")).await, 400);
    assert!(message.contains("RegionOne: it is draining"), "{message}");
    assert_eq!(world.demo().delete(&format!("/servers/{id}")).await.status, 204);
}

async fn with_every_region_down_each_is_named(database: Arc<Database>) {
    let world = World::start(&database).await;
    world.one().down().await;
    world.two().faults.push(Fault::new(Kind::Answer(503, "closed for the day")).on(Service::Nova).method("POST"));
    let message = refused(&world.demo().post("/servers", world.body("web")).await, 503);
    assert!(message.contains("RegionOne: ") && message.contains("RegionTwo: "), "{message}");
    assert!(message.contains("closed for the day"), "{message}");
    assert!(!message.contains("127.0.0.1"), "an address is not for users: {message}");
    world.two().down().await;
    let message = refused(&world.demo().post("/servers", world.body("web")).await, 503);
    assert!(message.contains("RegionOne") && message.contains("RegionTwo: "), "{message}");
    world.wait_no_intents().await;
    world.one().up();
    wait_until("the region is used again", async || {
        world.demo().post("/servers", world.body("web")).await.status == 202
    })
    .await;
    assert_eq!(world.one().nova.ids().len(), 1);
}

async fn what_no_region_has_together_is_400(database: Arc<Database>) {
    let world = World::start(&database).await;
    let mut body = world.body("web");
    body["server"]["imageRef"] = json!(world.one().glance.add_image("one's", None));
    body["server"]["networks"] = json!([{"uuid": world.two().neutron.add_network("two's", None)}]);
    let message = refused(&world.demo().post("/servers", body).await, 400);
    assert!(message.contains("RegionOne: it has no network"), "{message}");
    assert!(message.contains("RegionTwo: it has no image"), "{message}");
    assert_eq!(world.boots_sent(), 0);
}

async fn without_any_region_it_is_503(database: Arc<Database>) {
    let cloud = SimCloud::start(&[]).await;
    let top = Top::start(&cloud, &database, |_| {}).await;
    let db = database.open();
    nova_cascade::db::flavors::import(&db, &crate::support::flavor("1", "m1.tiny"), &[]).await.unwrap();
    let demo = top.client().token(&cloud.token("demo"));
    assert_eq!(demo.get("/servers").await.status, 200);
    let body = json!({"server": {"name": "web", "flavorRef": "1"}});
    let message = refused(&demo.post("/servers", body).await, 503);
    assert!(message.contains("No region"), "{message}");
}
