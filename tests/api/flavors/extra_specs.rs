//! `/flavors/{flavor_id}/os-extra_specs`

use std::sync::Arc;

use serde_json::{Value, json};

use super::add_special;
use crate::support::{Database, World, on_each_database, refused};

on_each_database!(
    extra_specs_come_and_go,
    numbers_become_text,
    they_are_for_those_who_see_the_flavor,
    what_is_malformed_is_refused_as_in_nova,
    novas_own_are_checked_from_2_86_on,
);

const SPECS: &str = "/flavors/1/os-extra_specs";

async fn extra_specs_come_and_go(database: Arc<Database>) {
    let world = World::start(&database).await;
    let (admin, reader) = (world.user("admin", "2.61"), world.user("reader", "2.61"));
    let both = json!({"extra_specs": {"a": "1", "hw:cpu_policy": "shared"}});
    assert_eq!(admin.post(SPECS, both.clone()).await.json(), both);
    assert_eq!(reader.get(SPECS).await.json(), both);
    assert_eq!(reader.get("/flavors/1").await.json()["flavor"]["extra_specs"], both["extra_specs"]);
    assert_eq!(admin.put(&format!("{SPECS}/a"), json!({"a": "2"})).await.json(), json!({"a": "2"}));
    assert_eq!(reader.get(&format!("{SPECS}/a")).await.json(), json!({"a": "2"}));
    let removed = admin.delete(&format!("{SPECS}/a")).await;
    assert_eq!((removed.status, removed.body.len()), (200, 0));
    let none = "Flavor 1 has no extra specs with key a.";
    assert_eq!(refused(&admin.delete(&format!("{SPECS}/a")).await, 404), none);
    assert_eq!(refused(&reader.get(&format!("{SPECS}/a")).await, 404), none);
    assert_eq!(reader.get(SPECS).await.json(), json!({"extra_specs": {"hw:cpu_policy": "shared"}}));
    assert_eq!(admin.post(SPECS, json!({"extra_specs": {}})).await.status, 200);
    for (method, path, body) in [
        ("POST", SPECS.replace('1', "9"), Some(json!({"extra_specs": {"a": "b"}}))),
        ("GET", SPECS.replace('1', "9"), None),
        ("GET", SPECS.replace('1', "9") + "/a", None),
        ("PUT", SPECS.replace('1', "9") + "/a", Some(json!({"a": "b"}))),
        ("DELETE", SPECS.replace('1', "9") + "/a", None),
    ] {
        let answer = admin.send(method, &path, body).await.expect("an answer");
        assert_eq!(refused(&answer, 404), "Flavor 9 could not be found.", "{method} {path}");
    }
}

async fn numbers_become_text(database: Arc<Database>) {
    let world = World::start(&database).await;
    let admin = world.user("admin", "2.86");
    let numbers = json!({"extra_specs": {"n": 1, "f": 1.5, "g": 2.0, "h": 1e20, "hw:cpu_cores": 4}});
    assert_eq!(admin.post(SPECS, numbers.clone()).await.json(), numbers, "answered as sent");
    let text = json!({"n": "1", "f": "1.5", "g": "2.0", "h": "1e+20", "hw:cpu_cores": "4"});
    assert_eq!(admin.get(SPECS).await.json()["extra_specs"], text);
    assert_eq!(admin.put(&format!("{SPECS}/n"), json!({"n": 2})).await.json(), json!({"n": 2}));
    assert_eq!(admin.get(&format!("{SPECS}/n")).await.json(), json!({"n": "2"}));
}

async fn they_are_for_those_who_see_the_flavor(database: Arc<Database>) {
    let world = World::start(&database).await;
    add_special(&world).await;
    let path = "/flavors/42/os-extra_specs";
    for (user, status) in [("demo", 200), ("reader", 200), ("admin", 200), ("alt", 404)] {
        assert_eq!(world.user(user, "2.1").get(path).await.status, status, "{user}");
        assert_eq!(world.user(user, "2.1").get(&format!("{path}/x:y")).await.status, status, "{user}");
    }
    assert_eq!(world.user("demo", "2.101").get(&format!("{path}?x=1")).await.status, 200);
    for path in [path.to_owned(), format!("{path}/x:y"), "/flavors/42".to_owned()] {
        let message = refused(&world.user("demo", "2.102").get(&format!("{path}?x=1")).await, 400);
        assert_eq!(message, "Additional properties are not allowed ('x' was unexpected)");
    }
    for (method, path, rule) in [
        ("POST", path.to_owned(), "create"),
        ("PUT", format!("{path}/a"), "update"),
        ("DELETE", format!("{path}/a"), "delete"),
    ] {
        let answer = world.demo().send(method, &path, Some(json!({"a": "b"}))).await.expect("an answer");
        let rule = format!("os_compute_api:os-flavor-extra-specs:{rule}");
        assert_eq!(refused(&answer, 403), format!("Policy doesn't allow {rule} to be performed."));
    }
}

async fn what_is_malformed_is_refused_as_in_nova(database: Arc<Database>) {
    let world = World::start(&database).await;
    let admin = world.user("admin", "2.1");
    let invalid = "Invalid input for field/attribute";
    for (specs, message) in [
        (json!({"a": true}), format!("{invalid} a. Value: True. True is not of type 'string', 'number'")),
        (json!({"a": null}), format!("{invalid} a. Value: None. None is not of type 'string', 'number'")),
        (
            json!({"a%": "x", "b%": "y"}),
            format!(
                "{invalid} extra_specs. Value: {{'a%': 'x', 'b%': 'y'}}. 'a%', 'b%' do not match any of the regexes: \
                 '^[a-zA-Z0-9-_:. ]{{1,255}}$'"
            ),
        ),
        (json!(5), format!("{invalid} extra_specs. Value: 5. 5 is not of type 'object'")),
    ] {
        assert_eq!(refused(&admin.post(SPECS, json!({"extra_specs": specs})).await, 400), message);
    }
    for (key, value) in [("k".repeat(256), "v".to_owned()), ("k".into(), "v".repeat(256))] {
        refused(&admin.post(SPECS, json!({"extra_specs": {key: value}})).await, 400);
    }
    for (body, message) in [
        (json!({"b": "c"}), "Request body and URI mismatch"),
        (json!({}), "{} should be non-empty"),
        (json!({"a": "b", "b": "c"}), "{'a': 'b', 'b': 'c'} has too many properties"),
    ] {
        assert_eq!(refused(&admin.put(&format!("{SPECS}/a"), body).await, 400), message);
    }
    assert_eq!(admin.get(SPECS).await.json(), json!({"extra_specs": {}}));
}

async fn novas_own_are_checked_from_2_86_on(database: Arc<Database>) {
    let world = World::start(&database).await;
    let post = async |version: &str, specs: Value| {
        world.user("admin", version).post(SPECS, json!({ "extra_specs": specs })).await
    };
    for (specs, reason) in [
        (json!({"a": "b", "hw:foo": "x"}), "extra spec 'hw:foo' does not appear to be a valid extra spec"),
        (json!({"hw:cpu_policy": "x"}), "'x' is not one of: dedicated, shared, mixed"),
        (json!({"hw:tpm_version": 2}), "'2' is not one of: 1.2, 2.0"),
        (json!({"hw:cpu_cores": 1.5}), "'1.5' is not a valid integer value"),
    ] {
        assert_eq!(refused(&post("2.86", specs.clone()).await, 400), format!("Validation failed; {reason}."));
        assert_eq!(post("2.85", specs).await.status, 200);
    }
    let message = refused(&world.user("admin", "2.86").put(&format!("{SPECS}/hw:x"), json!({"hw:x": "1"})).await, 400);
    assert_eq!(message, "Validation failed; extra spec 'hw:x' does not appear to be a valid extra spec.");
}
