//! Lines of the log by which those of the regions can be found.

use std::sync::Arc;

use nova_cascade::config::ms;
use nova_cascade::regions::nova::RegionApi;
use serde_json::{Value, json};

use crate::sim::{Fault, Kind, Service};
use crate::support::log::{lines, log};
use crate::support::{Database, World, accepted, on_each_database, wait_for};

on_each_database!(
    a_forwarded_requests_lines_have_both_request_ids,
    every_region_that_was_asked_is_named,
    background_calls_tell_of_errors_by_request_id,
);

/// The line that the access log has of a request of ours.
async fn access(request_id: &str) -> Value {
    wait_for("the line of the request", async || {
        lines(request_id).into_iter().find(|line| line["target"] == "nova_cascade::access")
    })
    .await
}

async fn a_forwarded_requests_lines_have_both_request_ids(database: Arc<Database>) {
    log();
    let world = World::start(&database).await;
    let demo = world.demo();
    let booted = demo.post("/servers", world.body_in("RegionOne", "web")).await;
    let id = accepted(&booted);
    world.wait_status(&id, "ACTIVE").await;
    let mut answers = vec![booted];
    answers.push(demo.get(&format!("/servers/{id}/ips")).await);
    answers.push(demo.put(&format!("/servers/{id}"), json!({"server": {"name": "renamed"}})).await);
    answers.push(demo.post(&format!("/servers/{id}/action"), json!({"os-stop": null})).await);
    answers.push(demo.delete(&format!("/servers/{id}")).await);
    for answer in &answers {
        assert!(answer.status < 300, "{answer:?}");
        let ours = answer.header("x-cascade-request-id").expect("ours");
        let regions = answer.header("x-openstack-request-id").expect("the region's");
        let line = access(ours).await;
        assert_eq!((&line["request_id"], &line["region"]), (&json!(ours), &json!("RegionOne")), "{line}");
        if ours != regions {
            assert_eq!(line["region_request_id"], regions, "{line}");
        }
    }
    // Lines from inside of a request are found by its id too.
    world.one().faults.push(Fault::new(Kind::CloseAfterEffect).on(Service::Nova).method("POST").times(1));
    let lost = demo.post("/servers", world.body_in("RegionOne", "lost")).await;
    accepted(&lost);
    let ours = lost.header("x-cascade-request-id").expect("ours");
    let inside = lines(ours).into_iter().find(|line| line["message"] == "a boot's outcome is unknown").expect("a line");
    assert_eq!(inside["span"]["request_id"], ours, "{inside}");
    assert_eq!((&inside["span"]["region"], &inside["span"]["region_request_id"]), (&json!("RegionOne"), &json!("-")));
    let token = world.cloud.token("demo");
    let service = world.top.app.service.token().await.expect("a token");
    for secret in [token.as_str(), service.to_str().expect("a text"), crate::sim::keystone::PASSWORD] {
        assert!(lines(secret).is_empty(), "a secret in the log: {:?}", lines(secret));
    }
}

async fn every_region_that_was_asked_is_named(database: Arc<Database>) {
    log();
    let world = World::start(&database).await;
    world.boot("RegionTwo", "so that the other has fewer").await;
    let full = Fault::new(Kind::Answer(503, "no")).on(Service::Nova).method("POST").path("/v2.1/servers").times(1);
    world.one().faults.push(full);
    let booted = world.demo().post("/servers", world.body("web")).await;
    accepted(&booted);
    let line = access(booted.header("x-cascade-request-id").expect("ours")).await;
    assert_eq!(line["region"], "RegionOne,RegionTwo", "{line}");
    let ids: Vec<&str> = line["region_request_id"].as_str().expect("ids").split(',').collect();
    assert_eq!(ids.len(), 2, "{line}");
    assert_eq!(ids.last().copied(), booted.header("x-openstack-request-id"));
    assert!(ids[0].starts_with("req-") && ids[0] != ids[1], "{line}");
}

async fn background_calls_tell_of_errors_by_request_id(database: Arc<Database>) {
    log();
    let world = World::start(&database).await;
    let marker = format!("no-{}", uuid::Uuid::new_v4());
    let words: &'static str = marker.clone().leak();
    world.one().faults.push(Fault::new(Kind::Answer(500, words)).on(Service::Nova).path("/v2.1/servers/detail"));
    let line = wait_for("the line of a round", async || lines(&marker).into_iter().next()).await;
    let error = line["error"].as_str().expect("an error");
    assert!(line["region"] == "RegionOne" && error.contains("(req-"), "{line}");
    world.one().faults.clear();
    // Where no answer came, ours is what the region's log is searched for.
    world.one().faults.push(Fault::new(Kind::CloseAfterEffect).on(Service::Nova).path("/v2.1/servers/detail"));
    let region = world.top.app.registry.by_name("RegionOne").expect("a region");
    let api = RegionApi::new(world.top.app.service.clone(), region, ms(5_000));
    let version = nova_cascade::microversion::MIN;
    let error = api.compute(http::Method::GET, "/servers/detail", version, None).await.expect_err("no answer");
    let ours = error.reason.split(['(', ')']).find(|part| part.starts_with("req-")).expect("an id").to_owned();
    let seen = world.one().nova.seen_on("GET /servers/detail");
    assert!(seen.iter().any(|seen| seen.header("x-openstack-request-id") == Some(&ours)), "{error}");
}
