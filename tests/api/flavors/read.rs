//! `GET /flavors`, `GET /flavors/detail`, `GET /flavors/{flavor_id}`

use std::sync::Arc;

use nova_cascade::db::flavors::{self, Flavor};
use serde_json::{Value, json};

use super::{add_special, ids, simulated};
use crate::sim::Service;
use crate::support::{Database, World, accepted, flavor, on_each_database, refused};

on_each_database!(
    documents_are_novas,
    lists_are_filtered,
    lists_are_paged_and_sorted,
    private_flavors_are_for_their_projects,
);

async fn documents_are_novas(database: Arc<Database>) {
    let world = World::start(&database).await;
    add_special(&world).await;
    world.one().nova.put_flavor(simulated(&world));
    let base = world.one().url(Service::Nova).replace("/v2.1", "");
    for version in ["2.1", "2.54", "2.55", "2.61", "2.74", "2.75", "2.102", "2.104"] {
        for user in ["reader", "demo", "alt", "admin"] {
            for path in ["/flavors", "/flavors/detail", "/flavors/1", "/flavors/42", "/flavors?is_public=None"] {
                let below = world.below(world.one(), user, version).get(path).await;
                let on_top = world.user(user, version).get(path).await;
                assert_eq!(on_top.status, below.status, "{path} as {user} at {version}");
                let text = below.json().to_string().replace(&base, &world.top.url);
                let expected: Value = serde_json::from_str(&text).unwrap();
                assert_eq!(on_top.json(), expected, "{path} as {user} at {version}");
            }
        }
    }
}

async fn lists_are_filtered(database: Arc<Database>) {
    let world = World::start(&database).await;
    add_special(&world).await;
    let hidden = Flavor { disabled: true, ..flavor("5", "hidden") };
    flavors::import(&world.db, &hidden, &[]).await.unwrap();
    let listed = async |user: &str, version: &str, query: &str| {
        ids(&world.user(user, version).get(&format!("/flavors{query}")).await).join(" ")
    };
    assert_eq!(listed("alt", "2.1", "").await, "1 2 3");
    assert_eq!(listed("demo", "2.1", "").await, "1 2 3 42");
    assert_eq!(listed("alt", "2.1", "?minRam=2048").await, "2 3");
    assert_eq!(listed("alt", "2.1", "?minRam=2048&minDisk=40").await, "3");
    assert_eq!(listed("admin", "2.1", "").await, "1 2 3 5");
    assert_eq!(listed("admin", "2.1", "?is_public=False").await, "42");
    assert_eq!(listed("admin", "2.1", "?is_public=None").await, "1 2 3 42 5");
    assert_eq!(listed("alt", "2.1", "?is_public=None").await, "1 2 3", "not theirs to ask");
    assert_eq!(listed("admin", "2.1", "?is_public=%20T").await, "1 2 3 5");
    assert_eq!(listed("alt", "2.74", "?frob=1&name=tiny").await, "1 2 3");
    for (query, found) in [("minRam=%201_000%20", "2 3"), ("minRam=-5", "1 2 3"), ("minDisk=99999999999999999999", "")]
    {
        assert_eq!(listed("alt", "2.1", &format!("?{query}")).await, found, "{query}");
    }
    for (name, found) in [("^M1.t", "1"), ("m1", "1 2 3"), ("tiny|small", ""), ("", "1 2 3")] {
        assert_eq!(listed("alt", "2.102", &format!("?name={name}")).await, found, "{name}");
    }
    refused(&world.user("alt", "2.102").get("/flavors?name=[").await, 400);
    // Whoever asks for public ones gets those of the project with them.
    let project = world.cloud.keystone.project_id("admin");
    flavors::add_access(&world.db, "42", &project).await.expect("access");
    assert_eq!(listed("admin", "2.1", "").await, "1 2 3 42 5");
    for (user, query, message) in [
        ("alt", "minRam=x", "Invalid minRam filter [x]"),
        ("alt", "minDisk=x", "Invalid minDisk filter [x]"),
        ("alt", "minRam=", "Invalid minRam filter []"),
        ("admin", "is_public=x", "Invalid is_public filter [x]"),
        ("admin", "is_public=", "Invalid is_public filter []"),
    ] {
        assert_eq!(refused(&world.user(user, "2.1").get(&format!("/flavors?{query}")).await, 400), message);
    }
    let message = refused(&world.user("alt", "2.75").get("/flavors/detail?frob=1").await, 400);
    assert_eq!(message, "Additional properties are not allowed ('frob' was unexpected)");
}

async fn lists_are_paged_and_sorted(database: Arc<Database>) {
    let world = World::with(&database, |config| config.api.items_per_page_max = 2).await;
    let demo = world.demo();
    let first = demo.get("/flavors/detail?limit=7").await;
    assert_eq!(ids(&first), ["1", "2"]);
    let link = first.json()["flavors_links"][0]["href"].as_str().expect("a link").to_owned();
    assert_eq!(link, format!("{}/v2.1/flavors/detail?limit=7&marker=2", world.top.url));
    let second = demo.get("/flavors/detail?limit=7&marker=2").await;
    assert_eq!(ids(&second), ["3"]);
    assert!(second.json().get("flavors_links").is_none());
    let none = demo.get("/flavors?limit=0").await;
    assert!(ids(&none).is_empty() && none.json().get("flavors_links").is_none());
    assert_eq!(ids(&demo.get("/flavors?sort_key=memory_mb&sort_dir=desc").await), ["3", "2"]);
    assert_eq!(ids(&demo.get("/flavors?sort_key=name").await), ["3", "2"]);
    assert_eq!(refused(&demo.get("/flavors?marker=77").await, 400), "marker [77] not found");
    assert_eq!(refused(&demo.get("/flavors?marker=").await, 400), "marker [] not found");
    assert_eq!(ids(&demo.get("/flavors?minRam=2048&marker=1").await), ["2", "3"], "the marker is not listed itself");
    assert_eq!(ids(&demo.get("/flavors?sort_key=vcpu_weight&marker=2").await), ["3"], "what is not set");
    assert_eq!(ids(&demo.get("/flavors?sort_key=id&sort_dir=desc&marker=3").await), ["2", "1"]);
    assert_eq!(ids(&demo.get("/flavors?sort_key=name&sort_key=memory_mb").await), ["1", "2"], "the last key");
    refused(&demo.get("/flavors?limit=-1").await, 400);
    let keys = "['created_at', 'description', 'disabled', 'ephemeral_gb', 'flavorid', 'id', 'is_public', 'memory_mb', \
                'name', 'root_gb', 'rxtx_factor', 'swap', 'updated_at', 'vcpu_weight', 'vcpus']";
    for (version, keys) in [("2.101", keys.to_owned()), ("2.102", keys.replace("'rxtx_factor', ", ""))] {
        for key in ["colour", ""] {
            let message = refused(&world.user("demo", version).get(&format!("/flavors?sort_key={key}")).await, 400);
            let invalid = format!("Invalid input for query parameters sort_key. Value: {key}.");
            assert_eq!(message, format!("{invalid} '{key}' is not one of {keys}"));
        }
        let message = refused(&world.user("demo", version).get("/flavors?sort_dir=up").await, 400);
        assert!(message.ends_with("'up' is not one of ['asc', 'desc']"), "{message}");
    }
    assert_eq!(demo.get("/flavors?sort_key=rxtx_factor").await.status, 200);
    refused(&world.user("demo", "2.102").get("/flavors?sort_key=rxtx_factor").await, 400);
}

async fn private_flavors_are_for_their_projects(database: Arc<Database>) {
    let world = World::start(&database).await;
    add_special(&world).await;
    let mut body = world.body("web");
    body["server"]["flavorRef"] = json!("42");
    let message = refused(&world.user("alt", "2.1").post("/servers", body.clone()).await, 400);
    assert_eq!(message, "Flavor 42 could not be found.");
    assert_eq!(refused(&world.user("alt", "2.1").get("/flavors/42").await, 404), message);
    assert_eq!(world.user("admin", "2.1").get("/flavors/42").await.status, 200);
    assert_eq!(world.boots_sent(), 0);
    accepted(&world.demo().post("/servers", body).await);
}
