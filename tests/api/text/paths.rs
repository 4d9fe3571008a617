//! Every parameter of every path.

use std::sync::Arc;

use nova_cascade::routes;
use serde_json::json;

use super::{Case, LONG, encoded, failures, nothing_is_lost, samples};
use crate::support::{Database, World, on_each_database, refused};

on_each_database!(every_parameter_of_every_path, ids_that_are_none_are_not_found, names_of_novas_length_are_kept);

async fn every_parameter_of_every_path(database: Arc<Database>) {
    let world = World::start(&database).await;
    let server = world.boot("RegionOne", "web").await;
    let mut cases = Vec::new();
    for route in routes::routes() {
        for parameter in route.path.split('/').filter(|part| part.starts_with('{')) {
            for text in encoded() {
                let template = route.path.replacen(parameter, &text, 1);
                let path = samples::path(&template, &world, &server);
                let body = samples::of_route(route, &world);
                cases.push(Case {
                    method: route.method.as_str(),
                    path,
                    body,
                    version: route.versions.end().to_string(),
                });
            }
        }
    }
    let failed = failures(&world, "admin", cases).await;
    assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n"));
    nothing_is_lost(&world, &server).await;
}

async fn ids_that_are_none_are_not_found(database: Arc<Database>) {
    let world = World::start(&database).await;
    let server = world.boot("RegionOne", "web").await;
    let admin = world.user("admin", "2.104");
    let long = "x".repeat(LONG);
    for (path, message) in [
        (format!("/servers/{long}"), format!("Instance {long} could not be found.")),
        (format!("/servers/{long}/tags"), format!("Instance {long} has no mapping to a cell.")),
        (format!("/flavors/{long}"), format!("Flavor {long} could not be found.")),
        (format!("/os-server-groups/{long}"), format!("Instance group {long} could not be found.")),
        ("/flavors/%00".into(), "Flavor \0 could not be found.".into()),
    ] {
        assert_eq!(refused(&admin.get(&path).await, 404), message);
    }
    // A volume that no server can have is the region's to judge.
    for volume in [long.as_str(), "%F0%9F%98%80"] {
        let answer = admin.delete(&format!("/servers/{server}/os-volume_attachments/{volume}")).await;
        assert!(answer.status < 500, "{answer:?}");
    }
    let answer = world.user("admin", "2.104").get(&format!("/servers?a={}", "x".repeat(20_000))).await;
    assert_eq!(answer.status, 414, "{answer:?}");
}

/// As long as Nova lets them be: nothing is cut on either database.
async fn names_of_novas_length_are_kept(database: Arc<Database>) {
    let world = World::start(&database).await;
    let admin = world.user("admin", "2.104");
    let (name, user) = ("y".repeat(255), "u".repeat(255));
    let project = world.cloud.keystone.project_id("demo");
    let class = json!({"quota_class_set": {"cores": 7}});
    assert_eq!(admin.put(&format!("/os-quota-class-sets/{name}"), class.clone()).await.status, 200);
    let kept = admin.get(&format!("/os-quota-class-sets/{name}")).await.json();
    assert_eq!(kept["quota_class_set"]["cores"], 7);
    let set = json!({"quota_set": {"cores": 3, "force": true}});
    let path = format!("/os-quota-sets/{project}?user_id={user}");
    assert_eq!(admin.put(&path, set.clone()).await.status, 200);
    assert_eq!(admin.get(&path).await.json()["quota_set"]["cores"], 3);
    refused(&admin.put(&format!("{path}u"), set).await, 400);
    refused(&admin.put(&format!("/os-quota-class-sets/{name}y"), class).await, 400);
    let mut key = crate::key_pairs::import(&name);
    key["keypair"]["user_id"] = json!(user);
    key["keypair"]["type"] = json!("ssh");
    assert_eq!(admin.post("/os-keypairs", key.clone()).await.status, 201);
    assert_eq!(admin.get(&format!("/os-keypairs/{name}?user_id={user}")).await.status, 200);
    key["keypair"]["user_id"] = json!(format!("{user}u"));
    refused(&admin.post("/os-keypairs", key).await, 400);
    // Of several servers each has its number behind its name.
    let mut body = world.body(&name);
    assert_eq!(world.demo().post("/servers", body.clone()).await.status, 202);
    body["server"]["min_count"] = json!(2);
    let message = refused(&world.demo().post("/servers", body).await, 400);
    assert!(message.ends_with("is too long for 2 servers"), "{message}");
}
