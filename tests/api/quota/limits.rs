//! `/limits`, and what one request may have of metadata and files.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::{boot, keys, project, set};
use crate::support::{Database, World, accepted, on_each_database, refused, sorted};

on_each_database!(limits_have_the_fields_of_their_version, metadata_is_limited, files_are_limited);

const ALWAYS: [&str; 11] = [
    "maxServerGroupMembers",
    "maxServerGroups",
    "maxServerMeta",
    "maxTotalCores",
    "maxTotalInstances",
    "maxTotalKeypairs",
    "maxTotalRAMSize",
    "totalCoresUsed",
    "totalInstancesUsed",
    "totalRAMUsed",
    "totalServerGroupsUsed",
];
const NETWORKS: [&str; 5] = [
    "maxSecurityGroupRules",
    "maxSecurityGroups",
    "maxTotalFloatingIps",
    "totalFloatingIpsUsed",
    "totalSecurityGroupsUsed",
];

async fn limits_have_the_fields_of_their_version(database: Arc<Database>) {
    let world = World::start(&database).await;
    accepted(&boot(&world.demo(), &world, "a").await);
    let files = ["maxPersonality", "maxPersonalitySize"];
    for (version, more) in [
        ("2.1", [&NETWORKS[..], &files, &["maxImageMeta"]].concat()),
        ("2.36", [&files[..], &["maxImageMeta"]].concat()),
        ("2.39", files.to_vec()),
        ("2.57", vec![]),
    ] {
        let answer = world.user("demo", version).get("/limits?reserved=1").await;
        let limits = answer.json()["limits"].clone();
        assert_eq!(limits["rate"], json!([]));
        let absolute: BTreeMap<String, Value> = serde_json::from_value(limits["absolute"].clone()).expect("an object");
        assert_eq!(absolute.into_keys().collect::<Vec<_>>(), sorted([&ALWAYS[..], &more].concat()), "at {version}");
        assert_eq!(limits["absolute"]["totalRAMUsed"], 512);
    }
    assert_eq!(keys(&world.demo().get("/limits").await, "limits"), ["absolute", "rate"]);
    let demo = project(&world, "demo");
    let message = refused(&world.user("alt", "2.1").get(&format!("/limits?tenant_id={demo}")).await, 403);
    assert_eq!(message, "Policy doesn't allow os_compute_api:limits:other_project to be performed.");
    let others = world.user("admin", "2.1").get(&format!("/limits?tenant_id={demo}")).await.json();
    assert_eq!(others["limits"]["absolute"]["totalInstancesUsed"], 1);
    refused(&world.user("demo", "2.75").get("/limits?reserved=1").await, 400);
}

async fn metadata_is_limited(database: Arc<Database>) {
    let world = World::start(&database).await;
    assert_eq!(set(&world, "demo", json!({ "metadata_items": 2 })).await.status, 200);
    let words = "Maximum number of metadata items exceeds 2";
    let mut body = world.body_in("RegionOne", "web");
    body["server"]["metadata"] = json!({ "a": "1", "b": "2", "c": "3" });
    assert_eq!(refused(&world.demo().post("/servers", body.clone()).await, 403), words);
    body["server"]["metadata"] = json!({ "a": "1", "b": "2" });
    let id = accepted(&world.demo().post("/servers", body).await);
    world.wait_status(&id, "ACTIVE").await;
    let path = format!("/servers/{id}/metadata");
    let more = json!({ "metadata": { "c": "3" } });
    assert_eq!(refused(&world.demo().post(&path, more).await, 403), words);
    let same = world.demo().post(&path, json!({ "metadata": { "b": "3" } })).await;
    assert_eq!(same.status, 200, "{same:?}");
    let one = world.demo().put(&format!("{path}/c"), json!({ "meta": { "c": "3" } })).await;
    assert_eq!(refused(&one, 403), words);
    let all = json!({ "metadata": { "x": "1", "y": "2", "z": "3" } });
    assert_eq!(refused(&world.demo().put(&path, all).await, 403), words);
    let image = json!({ "createImage": { "name": "i", "metadata": { "x": "1", "y": "2", "z": "3" } } });
    let action = format!("/servers/{id}/action");
    let message = refused(&world.demo().post(&action, image.clone()).await, 403);
    assert_eq!(message, "Image metadata limit exceeded");
    assert_ne!(world.user("demo", "2.39").post(&action, image).await.status, 403, "no limit from 2.39 on");
    let rebuild = json!({ "rebuild": { "imageRef": world.image(), "metadata": { "x": "1", "y": "2", "z": "3" } } });
    assert_eq!(refused(&world.demo().post(&action, rebuild).await, 403), words);
}

async fn files_are_limited(database: Arc<Database>) {
    let world = World::start(&database).await;
    let limits = json!({ "injected_files": 1, "injected_file_path_bytes": 4, "injected_file_content_bytes": 8 });
    assert_eq!(set(&world, "demo", limits).await.status, 200);
    let file = |path: &str, contents: &str| json!({ "path": path, "contents": contents });
    for (files, words) in [
        (vec![file("a", "eA=="), file("b", "eA==")], "Personality file limit exceeded"),
        (vec![file("/long", "eA==")], "Personality file path exceeds maximum 4"),
        (vec![file("a", "eHh4eHh4eHg=")], "Personality file content exceeds maximum 8"),
    ] {
        let mut body = world.body_in("RegionOne", "web");
        body["server"]["personality"] = json!(files);
        assert_eq!(refused(&world.demo().post("/servers", body).await, 403), words);
    }
    assert_eq!(world.boots_sent(), 0);
}
