//! Documents, pages, and whose they are.

use std::sync::Arc;

use serde_json::json;

use super::{FINGERPRINT, KEY, import, listed};
use crate::sim::Client;
use crate::support::{Database, World, on_each_database, refused};

on_each_database!(
    documents_are_novas,
    lists_are_by_name_and_in_pages,
    queries_are_strict_as_novas,
    users_see_their_own_and_admins_all,
    the_compatibility_mode_takes_any_name,
);

async fn documents_are_novas(database: Arc<Database>) {
    let world = World::start(&database).await;
    let user_id = world.cloud.keystone.user_id("demo");
    for (version, typed) in [("2.1", false), ("2.2", true), ("2.92", true), ("2.104", true)] {
        let demo = world.user("demo", version);
        let created = demo.post("/os-keypairs", import("k")).await;
        assert_eq!(created.status, if typed { 201 } else { 200 }, "{version}");
        let mut known = json!({"name": "k", "public_key": KEY, "fingerprint": FINGERPRINT});
        if typed {
            known["type"] = json!("ssh");
        }
        assert_eq!(demo.get("/os-keypairs").await.json(), json!({"keypairs": [{"keypair": known}]}), "{version}");
        known["user_id"] = json!(user_id);
        assert_eq!(created.json(), json!({"keypair": known}), "{version}");
        let mut shown = demo.get("/os-keypairs/k").await.json();
        let pair = shown["keypair"].as_object_mut().expect("a key pair");
        assert!(pair.remove("id").is_some_and(|id| id.is_i64()));
        let created_at = pair.remove("created_at").expect("a time");
        assert!(created_at.as_str().is_some_and(|at| at.len() == 26 && at.ends_with(".000000")), "{created_at}");
        for (field, value) in [("deleted", json!(false)), ("deleted_at", json!(null)), ("updated_at", json!(null))] {
            assert_eq!(pair.remove(field), Some(value), "{field}");
        }
        assert_eq!(shown["keypair"], known, "{version}");
        let deleted = demo.delete("/os-keypairs/k").await;
        assert_eq!((deleted.status, deleted.body.len()), (if typed { 204 } else { 202 }, 0), "{version}");
        let words = format!("Keypair k not found for user {user_id}");
        assert_eq!(refused(&demo.get("/os-keypairs/k").await, 404), words);
        assert_eq!(refused(&demo.delete("/os-keypairs/k").await, 404), words);
    }
}

async fn lists_are_by_name_and_in_pages(database: Arc<Database>) {
    let world = World::start(&database).await;
    let demo = world.user("demo", "2.35");
    for name in ["c", "a", "B", "b"] {
        assert_eq!(demo.post("/os-keypairs", import(name)).await.status, 201);
    }
    // As Nova's database sorts text.
    let all = ["a", "B", "b", "c"];
    assert_eq!(listed(&demo.get("/os-keypairs").await), all);
    // Before there were pages.
    assert_eq!(listed(&world.user("demo", "2.34").get("/os-keypairs?limit=1&marker=c").await), all);
    let mut path = "/os-keypairs?limit=2".to_owned();
    let mut pages = Vec::new();
    loop {
        let answer = demo.get(&path).await;
        pages.push(listed(&answer).join(" "));
        let Some(next) = answer.json()["keypairs_links"][0]["href"].as_str().map(str::to_owned) else { break };
        path = next.split_once("/v2.1").expect("a link").1.to_owned();
    }
    // A full page has a link, as Nova's has, though nothing follows.
    assert_eq!(pages, ["a B", "b c", ""]);
    assert!(listed(&demo.get("/os-keypairs?limit=0").await).is_empty());
    assert_eq!(listed(&demo.get("/os-keypairs?marker=b").await), ["c"]);
    assert_eq!(listed(&demo.get("/os-keypairs?marker=A").await), ["B", "b", "c"]);
    assert_eq!(demo.get("/os-keypairs/C").await.json()["keypair"]["name"], "c");
    assert_eq!(demo.delete("/os-keypairs/C").await.status, 204);
    assert_eq!(listed(&demo.get("/os-keypairs").await), ["a", "B", "b"]);
    let unknown = demo.get("/os-keypairs?marker=none").await;
    assert_eq!(refused(&unknown, 400), "Marker none could not be found.");
}

async fn queries_are_strict_as_novas(database: Arc<Database>) {
    let world = World::start(&database).await;
    world.demo().post("/os-keypairs", import("k")).await;
    let more = "Additional properties are not allowed ('more' was unexpected)";
    for (path, key) in [("/os-keypairs", "more"), ("/os-keypairs/k", "more"), ("/os-keypairs/k", "limit")] {
        let path = format!("{path}?{key}=1");
        assert_eq!(world.user("demo", "2.74").get(&path).await.status, 200, "{path}");
        let strict = refused(&world.user("demo", "2.75").get(&path).await, 400);
        assert_eq!(strict, more.replace("more", key), "{path}");
    }
    assert_eq!(refused(&world.user("demo", "2.75").delete("/os-keypairs/k?more=1").await, 400), more);
    for limit in ["-1", "x", ""] {
        let path = format!("/os-keypairs?limit={limit}");
        assert_eq!(world.user("demo", "2.34").get(&path).await.status, 200, "{limit}");
        let message = refused(&world.user("demo", "2.35").get(&path).await, 400);
        assert!(message.starts_with("Invalid input for query parameters limit."), "{message}");
    }
}

async fn users_see_their_own_and_admins_all(database: Arc<Database>) {
    let world = World::start(&database).await;
    let (demo_id, alt_id) = (world.cloud.keystone.user_id("demo"), world.cloud.keystone.user_id("alt"));
    let (demo, alt, admin) = (world.user("demo", "2.10"), world.user("alt", "2.10"), world.user("admin", "2.10"));
    assert_eq!(demo.post("/os-keypairs", import("k")).await.status, 201);
    assert_eq!(alt.get("/os-keypairs/k").await.status, 404);
    assert!(listed(&alt.get("/os-keypairs").await).is_empty());
    let denied = |verb: &str| format!("Policy doesn't allow os_compute_api:os-keypairs:{verb} to be performed.");
    let of_demo = format!("user_id={demo_id}");
    assert_eq!(refused(&alt.get(&format!("/os-keypairs?{of_demo}")).await, 403), denied("index"));
    assert_eq!(refused(&alt.get(&format!("/os-keypairs/k?{of_demo}")).await, 403), denied("show"));
    assert_eq!(refused(&alt.delete(&format!("/os-keypairs/k?{of_demo}")).await, 403), denied("delete"));
    let mut body = import("mine");
    body["keypair"]["user_id"] = json!(demo_id);
    assert_eq!(refused(&alt.post("/os-keypairs", body.clone()).await, 403), denied("create"));
    // The first of several counts.
    assert_eq!(alt.get(&format!("/os-keypairs?user_id={alt_id}&{of_demo}")).await.status, 200);
    // Before 2.10 nobody names another.
    let early = world.user("admin", "2.9").get(&format!("/os-keypairs?{of_demo}")).await;
    assert!(listed(&early).is_empty());
    let made = admin.post("/os-keypairs", body).await;
    assert_eq!((made.status, &made.json()["keypair"]["user_id"]), (201, &json!(demo_id)));
    assert_eq!(listed(&admin.get(&format!("/os-keypairs?{of_demo}")).await), ["k", "mine"]);
    assert_eq!(listed(&admin.get("/os-keypairs").await), Vec::<String>::new());
    assert_eq!(listed(&demo.get("/os-keypairs").await), ["k", "mine"]);
    assert_eq!(admin.delete(&format!("/os-keypairs/mine?{of_demo}")).await.status, 204);
    assert_eq!(listed(&demo.get("/os-keypairs").await), ["k"]);
    // A reader too has key pairs of their own.
    assert_eq!(world.user("reader", "2.10").post("/os-keypairs", import("k")).await.status, 201);
}

async fn the_compatibility_mode_takes_any_name(database: Arc<Database>) {
    let world = World::start(&database).await;
    let mut body = import(" ключ/1 ");
    body["keypair"]["type"] = json!("x509");
    body["more"] = json!(1);
    let v2 = Client::new(format!("{}/v2", world.top.url)).token(&world.cloud.token("demo"));
    let made = v2.post("/os-keypairs", body).await;
    assert_eq!((made.status, &made.json()["keypair"]["name"]), (200, &json!("ключ/1")));
    assert_eq!(listed(&v2.get("/os-keypairs?limit=x").await), ["ключ/1"]);
    // The server in front of Nova decodes paths before they are routed: such a pair is in lists alone.
    assert_eq!(v2.delete("/os-keypairs/%D0%BA%D0%BB%D1%8E%D1%87%2F1").await.status, 404);
    let mut body = import(" ключ ");
    body["keypair"]["type"] = json!("x509");
    assert_eq!(v2.post("/os-keypairs", body).await.status, 200);
    let path = "/os-keypairs/%D0%BA%D0%BB%D1%8E%D1%87";
    assert_eq!(world.user("demo", "2.2").get(path).await.json()["keypair"]["type"], "ssh");
    assert_eq!(v2.delete(path).await.status, 202);
    let blank = refused(&v2.post("/os-keypairs", import(" ")).await, 400);
    assert!(blank.ends_with("printable characters with at least one non space character"), "{blank}");
}
