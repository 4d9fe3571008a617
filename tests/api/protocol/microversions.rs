//! Negotiation: headers on answers and faults, outside the range, malformed.

use std::sync::Arc;

use crate::sim::Answer;
use crate::support::{Database, World, on_each_database, refused};

on_each_database!(every_answer_says_the_version, outside_the_range_is_406, malformed_is_400, the_standard_header_wins);

#[track_caller]
fn says(answer: &Answer, version: &str) {
    assert_eq!(answer.header("openstack-api-version"), Some(format!("compute {version}").as_str()));
    assert_eq!(answer.header("x-openstack-nova-api-version"), Some(version));
    let vary: Vec<_> = answer.headers.get_all("vary").iter().collect();
    assert_eq!(vary, ["OpenStack-API-Version", "X-OpenStack-Nova-API-Version"]);
}

async fn every_answer_says_the_version(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionOne", "web").await;
    says(&world.top.client().token(&world.cloud.token("demo")).get("/servers").await, "2.1");
    for version in ["2.1", "2.42", "2.104"] {
        let demo = world.user("demo", version);
        says(&demo.get("/servers").await, version);
        says(&demo.get(&format!("/servers/{id}")).await, version);
        says(&demo.get("/servers/none").await, version);
        says(&demo.post("/servers", serde_json::json!({})).await, version);
        says(&world.user("reader", version).post("/servers", world.body("web")).await, version);
        says(&demo.get("/servers?limit=x").await, version);
    }
    says(&world.user("demo", "latest").get("/flavors").await, "2.104");
    // Where the region answers, its headers are not beside ours.
    says(&world.user("demo", "2.42").post("/servers", world.body("more")).await, "2.42");
    says(&world.user("demo", "2.42").delete(&format!("/servers/{id}")).await, "2.42");
}

async fn outside_the_range_is_406(database: Arc<Database>) {
    let world = World::start(&database).await;
    for (asked, path) in [("2.999", "/servers"), ("2.105", "/flavors"), ("2.0", "/servers"), ("3.1", "/servers")] {
        let answer = world.user("demo", asked).get(path).await;
        let range = "is not supported by the API. Minimum is 2.1 and maximum is 2.104.";
        assert_eq!(refused(&answer, 406), format!("Version {asked} {range}"));
        says(&answer, asked);
    }
}

async fn malformed_is_400(database: Arc<Database>) {
    let world = World::start(&database).await;
    for asked in ["foo", "2", "2.01", "2.1.1", "02.1"] {
        let answer = world.user("demo", asked).get("/servers").await;
        assert_eq!(
            refused(&answer, 400),
            format!("API Version String {asked} is of invalid format. Must be of format MajorNum.MinorNum."),
        );
        assert!(answer.header("openstack-api-version").is_none(), "{asked}");
        assert!(answer.header("x-openstack-nova-api-version").is_none(), "{asked}");
    }
}

async fn the_standard_header_wins(database: Arc<Database>) {
    let world = World::start(&database).await;
    let plain = || world.top.client().token(&world.cloud.token("demo"));
    let legacy = "x-openstack-nova-api-version";
    let standard = "openstack-api-version";
    says(&plain().header(legacy, "2.42").get("/servers").await, "2.42");
    says(&plain().header(legacy, "2.42").header(standard, "compute 2.96").get("/servers").await, "2.96");
    says(&plain().header(legacy, "2.42").header(standard, "volume 3.1").get("/servers").await, "2.42");
    says(&plain().header(standard, "compute 2.3, Compute 2.9").get("/servers").await, "2.9");
}
