//! `POST /flavors`, `PUT` and `DELETE /flavors/{flavor_id}`

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use super::ids;
use crate::sim::{Answer, Client, Service};
use crate::support::{Database, World, accepted, on_each_database, refused};

on_each_database!(
    a_flavor_is_made_as_in_nova,
    bodies_are_refused_as_in_nova,
    ids_and_names_are_unique,
    admins_at_once_make_one,
    the_description_alone_changes,
    a_deleted_flavor_is_gone_for_all_but_its_servers,
    the_compatibility_mode_takes_out_what_is_too_much,
);

fn body(more: Value) -> Value {
    let mut flavor = json!({"id": "f", "name": "n", "ram": 64, "vcpus": 1, "disk": 0});
    flavor.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "flavor": flavor })
}

/// What the answer says, but for links.
#[track_caller]
fn made(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{answer:?}");
    let mut flavor = answer.json()["flavor"].clone();
    flavor.as_object_mut().unwrap().remove("links").expect("links");
    flavor
}

async fn a_flavor_is_made_as_in_nova(database: Arc<Database>) {
    let world = World::start(&database).await;
    let base = world.one().url(Service::Nova).replace("/v2.1", "");
    let sizes = json!({"OS-FLV-EXT-DATA:ephemeral": "3", "swap": "7", "os-flavor-access:is_public": "no"});
    for version in ["2.1", "2.54", "2.55", "2.60", "2.61", "2.74", "2.75", "2.101", "2.102", "2.104"] {
        let (admin, below) = (world.user("admin", version), world.below(world.one(), "admin", version));
        for more in [json!({}), json!({"os-flavor-access:is_public": false})] {
            let [top, region] =
                [admin.post("/flavors", body(more.clone())).await, below.post("/flavors", body(more)).await];
            let expected: Value =
                serde_json::from_str(&region.json().to_string().replace(&base, &world.top.url)).unwrap();
            assert_eq!((top.status, top.json()), (region.status, expected), "at {version}");
            assert_eq!(top.json(), admin.get("/flavors/f").await.json(), "shown as made, at {version}");
            for nova in [&admin, &below] {
                assert_eq!(nova.delete("/flavors/f").await.status, 202);
            }
        }
        let flavor = made(&admin.post("/flavors", body(sizes.clone())).await);
        let shown = ["OS-FLV-EXT-DATA:ephemeral", "swap", "os-flavor-access:is_public"].map(|key| flavor[key].clone());
        assert_eq!(shown, [json!(3), json!(7), json!(false)]);
        for user in ["reader", "demo"] {
            let message = refused(&world.user(user, version).post("/flavors", body(json!({"id": "g"}))).await, 403);
            assert_eq!(message, "Policy doesn't allow os_compute_api:os-flavor-manage:create to be performed.");
        }
        assert_eq!(admin.delete("/flavors/f").await.status, 202);
    }
    let admin = world.user("admin", "2.1");
    for id in [json!(null), json!(0)] {
        let made = made(&admin.post("/flavors", body(json!({"id": id, "name": id.to_string()}))).await);
        assert!(uuid::Uuid::parse_str(made["id"].as_str().unwrap()).is_ok(), "{made}");
    }
    let made = made(&admin.post("/flavors", body(json!({"id": 7, "rxtx_factor": "2.5"}))).await);
    assert_eq!((&made["id"], &made["rxtx_factor"]), (&json!("7"), &json!(2.5)));
}

async fn bodies_are_refused_as_in_nova(database: Arc<Database>) {
    let world = World::start(&database).await;
    for (version, body, end) in [
        (
            "2.1",
            body(json!({"description": "d"})),
            "Additional properties are not allowed ('description' was unexpected)",
        ),
        (
            "2.102",
            body(json!({"rxtx_factor": 1})),
            "Additional properties are not allowed ('rxtx_factor' was unexpected)",
        ),
        ("2.55", body(json!({"description": 5})), "5 is not of type 'string', 'null'"),
        ("2.1", body(json!({"name": " n"})), "Can not start or end with whitespace."),
        ("2.1", body(json!({"ram": "2147483648"})), "2147483648 is greater than the maximum of 2147483647"),
        ("2.1", body(json!({"vcpus": 0})), "0 is less than the minimum of 1"),
        ("2.1", body(json!({"os-flavor-access:is_public": "maybe"})), "'no']"),
        ("2.1", json!({"flavor": {"name": "n"}}), "'ram' is a required property"),
        ("2.1", json!({}), "'flavor' is a required property"),
        ("2.1", json!([]), "[] is not of type 'object'"),
    ] {
        let message = refused(&world.user("admin", version).post("/flavors", body).await, 400);
        assert!(message.ends_with(end), "{message}");
    }
    assert_eq!(ids(&world.user("admin", "2.1").get("/flavors?is_public=None").await), ["1", "2", "3"]);
}

async fn ids_and_names_are_unique(database: Arc<Database>) {
    let world = World::start(&database).await;
    let admin = world.user("admin", "2.1");
    made(&admin.post("/flavors", body(json!({}))).await);
    for (id, name, message) in [
        ("f", "other", "Flavor with ID f already exists."),
        ("F", "other", "Flavor with ID F already exists."),
        ("other", "n", "Flavor with name n already exists."),
        ("other", "N", "Flavor with name N already exists."),
        ("f", "n", "Flavor with ID f already exists."),
    ] {
        let answer = admin.post("/flavors", body(json!({"id": id, "name": name}))).await;
        assert_eq!(refused(&answer, 409), message);
    }
}

async fn admins_at_once_make_one(database: Arc<Database>) {
    let world = World::start(&database).await;
    let admin = world.user("admin", "2.86");
    let posts = (0..6).map(|number| admin.post("/flavors", body(json!({"id": format!("f{number}")}))));
    let mut statuses: Vec<u16> =
        futures_util::future::join_all(posts).await.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409, 409, 409]);
    // Nothing that one of them sets is lost.
    let specs = (0..6).map(|number| {
        let spec = json!({"extra_specs": {format!("k{number}"): "v"}});
        admin.post("/flavors/1/os-extra_specs", spec)
    });
    for answer in futures_util::future::join_all(specs).await {
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let all = admin.get("/flavors/1/os-extra_specs").await.json();
    assert_eq!(all["extra_specs"].as_object().map(serde_json::Map::len), Some(6), "{all}");
}

async fn the_description_alone_changes(database: Arc<Database>) {
    let world = World::start(&database).await;
    let put = async |user: &str, version: &str, id: &str, flavor: Value| {
        world.user(user, version).put(&format!("/flavors/{id}"), json!({ "flavor": flavor })).await
    };
    let text = json!({"description": "für alle"});
    assert_eq!(refused(&put("admin", "2.54", "1", text.clone()).await, 404), "The resource could not be found.");
    for version in ["2.55", "2.61", "2.75", "2.102", "2.104"] {
        let answer = put("admin", version, "1", text.clone()).await;
        assert_eq!(answer.json(), world.user("admin", version).get("/flavors/1").await.json());
        assert_eq!(made(&answer)["description"], "für alle");
        assert_eq!(made(&put("admin", version, "1", json!({"description": null})).await)["description"], json!(null));
    }
    let message = refused(&put("demo", "2.55", "1", text.clone()).await, 403);
    assert_eq!(message, "Policy doesn't allow os_compute_api:os-flavor-manage:update to be performed.");
    assert_eq!(refused(&put("admin", "2.55", "9", text).await, 404), "Flavor 9 could not be found.");
    for (flavor, end) in [
        (json!({}), "'description' is a required property"),
        (json!({"description": "d", "name": "n"}), "Additional properties are not allowed ('name' was unexpected)"),
        (json!({"description": "x".repeat(65_536)}), "is too long"),
    ] {
        let message = refused(&put("admin", "2.55", "1", flavor).await, 400);
        assert!(message.ends_with(end), "{message}");
    }
    // Characters are counted, not bytes.
    let long = "ü".repeat(50_000);
    assert_eq!(made(&put("admin", "2.55", "1", json!({"description": long})).await)["description"], json!(long));
}

async fn a_deleted_flavor_is_gone_for_all_but_its_servers(database: Arc<Database>) {
    let world = World::start(&database).await;
    let server = world.boot("RegionTwo", "web").await;
    let admin = world.user("admin", "2.1");
    let message = refused(&world.demo().delete("/flavors/1").await, 403);
    assert_eq!(message, "Policy doesn't allow os_compute_api:os-flavor-manage:delete to be performed.");
    let deleted = admin.delete("/flavors/1").await;
    assert_eq!((deleted.status, deleted.body.len()), (202, 0));
    assert_eq!(refused(&admin.delete("/flavors/1").await, 404), "Flavor 1 could not be found.");
    assert_eq!(refused(&admin.get("/flavors/1").await, 404), "Flavor 1 could not be found.");
    assert_eq!(ids(&admin.get("/flavors?is_public=None").await), ["2", "3"]);
    let message = refused(&world.demo().post("/servers", world.body("more")).await, 400);
    assert_eq!(message, "Flavor 1 could not be found.");
    world.two().nova.rename(&server, "renamed");
    for version in ["2.46", "2.47"] {
        let shown = crate::support::wait_for("the server as renamed", async || {
            let shown = world.user("demo", version).get(&format!("/servers/{server}")).await.json()["server"].clone();
            (shown["name"] == "renamed").then_some(shown)
        })
        .await;
        let (key, text) = if version == "2.46" { ("id", "1") } else { ("original_name", "m1.tiny") };
        assert_eq!(shown["flavor"][key], text, "{shown}");
    }
    let listed = world.demo().get("/servers?flavor=1").await;
    assert_eq!(crate::support::ids(&listed), [server]);
}

async fn the_compatibility_mode_takes_out_what_is_too_much(database: Arc<Database>) {
    let world = World::start(&database).await;
    let admin = Client::new(format!("{}/v2", world.top.url)).token(&world.cloud.token("admin"));
    let flavor = made(&admin.post("/flavors", body(json!({"name": "  a b ", "foo": 1, "description": "d"}))).await);
    assert_eq!((&flavor["name"], flavor.get("description")), (&json!("a b"), None));
    let specs = json!({"extra_specs": {"a": "b"}, "more": 1});
    assert_eq!(admin.post("/flavors/f/os-extra_specs", specs).await.json(), json!({"extra_specs": {"a": "b"}}));
    let message = refused(&admin.put("/flavors/f/os-extra_specs/a", json!({"a": "b", "a/": "x"})).await, 400);
    assert_eq!(message, "Additional properties are not allowed ('a/' was unexpected)");
    let tenant = json!({"addTenantAccess": {"tenant": world.cloud.keystone.project_id("demo"), "more": 1}});
    assert_eq!(admin.post("/flavors/f/action", tenant).await.status, 200);
    let body = json!({"server": {"name": "s", "flavorRef": "f", "imageRef": world.image(), "networks": []}});
    accepted(&world.demo().post("/servers", body).await);
    let keys: BTreeSet<String> = flavor.as_object().unwrap().keys().cloned().collect();
    assert!(keys.contains("rxtx_factor") && !keys.contains("extra_specs"), "{keys:?}");
}
