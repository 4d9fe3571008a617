//! Every field of every body.

use std::sync::Arc;

use nova_cascade::api::servers::actions::ACTIONS;
use nova_cascade::routes;
use serde_json::{Value, json};

use super::{Case, LONG, failures, nothing_is_lost, samples};
use crate::support::{Database, World, on_each_database};

on_each_database!(every_field_of_every_body, every_field_of_every_action);

/// What takes the place of a value.
fn wrong() -> [Value; 12] {
    [
        json!("x".repeat(LONG)),
        json!("x".repeat(70_000)),
        json!(""),
        json!("\0"),
        json!("\u{1f600}"),
        json!(null),
        json!(true),
        json!(-1),
        json!(9_223_372_036_854_775_808_u64),
        json!(1e300),
        json!([]),
        json!({}),
    ]
}

/// Pointers (RFC 6901) to all values in a document, itself too.
fn places(value: &Value, at: &str, all: &mut Vec<String>) {
    all.push(at.to_owned());
    let escaped = |key: &str| key.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(object) => {
            object.iter().for_each(|(key, inner)| places(inner, &format!("{at}/{}", escaped(key)), all))
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(key, inner)| places(inner, &format!("{at}/{key}"), all))
        }
        _ => {}
    }
}

/// The body with one value, or the name of one field, that is wrong.
fn made_wrong(body: &Value) -> Vec<Value> {
    let mut all = Vec::new();
    places(body, "", &mut all);
    let mut made = Vec::new();
    for place in all {
        for value in wrong() {
            let mut body = body.clone();
            *body.pointer_mut(&place).expect("a place") = value;
            made.push(body);
        }
        for name in ["x".repeat(LONG), String::new(), "\0".into(), "\u{1f600}".into()] {
            let mut body = body.clone();
            if let Some(object) = body.pointer_mut(&place).and_then(Value::as_object_mut) {
                object.insert(name, json!("v"));
                made.push(body);
            }
        }
    }
    made
}

async fn every_field_of_every_body(database: Arc<Database>) {
    let world = World::with(&database, |config| config.quota.server_groups = -1).await;
    let server = world.boot("RegionOne", "web").await;
    let mut cases = Vec::new();
    for route in routes::routes() {
        let Some(body) = samples::of_route(route, &world) else { continue };
        let (path, version) = (samples::path(route.path, &world, &server), route.versions.end().to_string());
        let case = |body| Case {
            method: route.method.as_str(),
            path: path.clone(),
            body: Some(body),
            version: version.clone(),
        };
        cases.extend(made_wrong(&body).into_iter().map(case));
    }
    let failed = failures(&world, "admin", cases).await;
    assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n"));
    nothing_is_lost(&world, &server).await;
}

async fn every_field_of_every_action(database: Arc<Database>) {
    let world = World::start(&database).await;
    let (server, doomed) = (world.boot("RegionOne", "web").await, world.boot("RegionOne", "doomed").await);
    let mut cases = Vec::new();
    for action in &ACTIONS {
        // What the region takes for right is done.
        let path = format!("/servers/{}/action", if action.deletes.is_some() { &doomed } else { &server });
        let version = action.versions.end().to_string();
        let case = |body| Case { method: "POST", path: path.clone(), body: Some(body), version: version.clone() };
        cases.extend(made_wrong(&samples::of_action(action.name, &world)).into_iter().map(case));
    }
    let failed = failures(&world, "admin", cases).await;
    assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n"));
    nothing_is_lost(&world, &server).await;
}
