//! The hints `region` and `different_region`.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::support::{Database, World, accepted, on_each_database, refused};

on_each_database!(hints_choose_regions, what_hints_can_never_have_is_400, hints_go_down_and_are_shown);

fn hinted(world: &World, hints: Value) -> Value {
    let mut body = world.body("web");
    body["os:scheduler_hints"] = hints;
    body
}

async fn hints_choose_regions(database: Arc<Database>) {
    let world = World::start(&database).await;
    for (hints, region) in [
        (json!({"region": "RegionTwo"}), world.two()),
        (json!({"region": ["RegionTwo"]}), world.two()),
        (json!({"different_region": "RegionTwo"}), world.one()),
        (json!({"region": ["RegionOne", "RegionTwo"], "different_region": ["RegionOne"]}), world.two()),
    ] {
        for _ in 0..2 {
            let id = accepted(&world.demo().post("/servers", hinted(&world, hints.clone())).await);
            assert!(region.nova.ids().contains(&id), "{hints}");
        }
    }
}

async fn what_hints_can_never_have_is_400(database: Arc<Database>) {
    let world = World::start(&database).await;
    let invalid = "Invalid input for field/attribute";
    let form = "is not the name of a region, nor a list of such names";
    for (hints, message) in [
        (json!({"region": "Mars"}), format!("{invalid} region. Value: ['Mars']. There is no region Mars.")),
        (
            json!({"different_region": ["RegionOne", "Mars"]}),
            format!("{invalid} different_region. Value: ['RegionOne', 'Mars']. There is no region Mars."),
        ),
        (json!({"region": {}}), format!("{invalid} region. Value: {{}}. {{}} {form}")),
        (
            json!({"region": ["RegionOne", 1]}),
            format!("{invalid} region. Value: ['RegionOne', 1]. ['RegionOne', 1] {form}"),
        ),
        (
            json!({"different_region": ["RegionOne", "RegionTwo"]}),
            "No valid host was found. RegionOne, RegionTwo: the hint 'different_region' asks for another one"
                .to_owned(),
        ),
    ] {
        assert_eq!(refused(&world.demo().post("/servers", hinted(&world, hints)).await, 400), message);
    }
    let mut body = hinted(&world, json!({"region": "RegionOne"}));
    body["server"]["availability_zone"] = json!("RegionTwo");
    let message = refused(&world.demo().post("/servers", body).await, 400);
    assert!(message.contains("RegionTwo: the hint 'region' asks for another one"), "{message}");
    assert_eq!(world.boots_sent(), 0);
}

async fn hints_go_down_and_are_shown(database: Arc<Database>) {
    let world = World::start(&database).await;
    let hints = json!({"region": "RegionTwo", "mine": "x"});
    let id = accepted(&world.demo().post("/servers", hinted(&world, hints)).await);
    world.wait_status(&id, "ACTIVE").await;
    assert_eq!(world.two().nova.created_bodies()[0]["os:scheduler_hints"]["region"], "RegionTwo");
    let shown = world.user("demo", "2.100").get(&format!("/servers/{id}")).await.json();
    assert_eq!(shown["server"]["scheduler_hints"], json!({"region": ["RegionTwo"], "mine": ["x"]}));
}
