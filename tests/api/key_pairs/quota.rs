//! The limit of a user's key pairs.

use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::json;

use super::{import, listed};
use crate::support::{Database, World, on_each_database, refused};

on_each_database!(the_limit_holds_whatever_comes_at_once, the_limit_comes_before_what_else_is_wrong);

const FULL: &str = "Quota exceeded, too many key pairs.";

async fn the_limit_holds_whatever_comes_at_once(database: Arc<Database>) {
    let world = World::with(&database, |config| config.quota.key_pairs = 5).await;
    let demo = world.user("demo", "2.2");
    let names: Vec<String> = (0..12).map(|number| format!("k{number}")).collect();
    let answers = join_all(names.iter().map(|name| demo.post("/os-keypairs", import(name)))).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(made, 5);
    for full in answers.iter().filter(|answer| answer.status != 201) {
        assert_eq!(refused(full, 403), FULL);
    }
    // Another user has as many of their own.
    assert_eq!(world.user("alt", "2.2").post("/os-keypairs", import("k")).await.status, 201);
    let own = listed(&demo.get("/os-keypairs").await);
    // Deleting twice at once makes room once.
    let path = format!("/os-keypairs/{}", own[0]);
    let deleted = join_all((0..2).map(|_| demo.delete(&path))).await;
    assert_eq!(deleted.iter().filter(|answer| answer.status == 204).count(), 1);
    assert_eq!(demo.post("/os-keypairs", import("new")).await.status, 201);
    assert_eq!(refused(&demo.post("/os-keypairs", import("newer")).await, 403), FULL);
    let sums = database.texts("SELECT CONCAT(in_use, '') AS text FROM quota_usage WHERE resource = 'key_pairs'").await;
    assert_eq!(sums.iter().map(|sum| sum.parse::<i64>().expect("a number")).sum::<i64>(), 6);
}

async fn the_limit_comes_before_what_else_is_wrong(database: Arc<Database>) {
    let world = World::with(&database, |config| config.quota.key_pairs = 1).await;
    let demo = world.user("demo", "2.2");
    assert_eq!(demo.post("/os-keypairs", import("k")).await.status, 201);
    for body in [import("k"), json!({"keypair": {"name": "x"}}), super::import_key("x", "junk")] {
        assert_eq!(refused(&demo.post("/os-keypairs", body).await, 403), FULL);
    }
    assert_eq!(demo.post("/os-keypairs", json!({"keypair": {}})).await.status, 400);
}
