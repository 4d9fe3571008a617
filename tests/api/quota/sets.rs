//! `/os-quota-sets` and `/os-quota-class-sets`.

use std::sync::Arc;

use serde_json::json;

use super::{boot, keys, project, set};
use crate::support::{Database, World, accepted, on_each_database, refused, sorted};

on_each_database!(
    sets_have_the_fields_of_their_version,
    who_may_see_and_set_them,
    the_more_special_limit_holds,
    a_limit_is_not_set_below_what_is_in_use,
    bad_limits_are_refused_in_novas_words,
    classes_have_the_fields_of_their_version,
    the_class_default_holds_where_nothing_else_does,
);

const ALWAYS: [&str; 8] =
    ["cores", "id", "instances", "key_pairs", "metadata_items", "ram", "server_group_members", "server_groups"];
const FILES: [&str; 3] = ["injected_file_content_bytes", "injected_file_path_bytes", "injected_files"];
const NETWORKS: [&str; 4] = ["fixed_ips", "floating_ips", "security_group_rules", "security_groups"];

async fn sets_have_the_fields_of_their_version(database: Arc<Database>) {
    let world = World::start(&database).await;
    let own = project(&world, "demo");
    for (version, more) in [("2.1", [&FILES[..], &NETWORKS].concat()), ("2.36", FILES.to_vec()), ("2.57", vec![])] {
        let demo = world.user("demo", version);
        for part in ["", "/detail", "/defaults"] {
            let answer = demo.get(&format!("/os-quota-sets/{own}{part}")).await;
            assert_eq!(keys(&answer, "quota_set"), sorted([&ALWAYS[..], &more].concat()), "{part} at {version}");
            assert_eq!(answer.json()["quota_set"]["id"], own.as_str());
        }
    }
    let detail = world.demo().get(&format!("/os-quota-sets/{own}/detail")).await.json()["quota_set"].clone();
    assert_eq!(detail["ram"], json!({ "in_use": 0, "limit": -1, "reserved": 0 }));
    assert_eq!(detail["key_pairs"], json!({ "in_use": 0, "limit": 100, "reserved": 0 }));
    let unknown = world.user("demo", "2.75").get(&format!("/os-quota-sets/{own}?frob=1")).await;
    assert_eq!(refused(&unknown, 400), "Additional properties are not allowed ('frob' was unexpected)");
}

async fn who_may_see_and_set_them(database: Arc<Database>) {
    let world = World::start(&database).await;
    let (own, foreign) = (project(&world, "demo"), project(&world, "alt"));
    let demo = world.demo();
    assert_eq!(world.user("reader", "2.1").get(&format!("/os-quota-sets/{own}")).await.status, 200);
    let message = refused(&demo.get(&format!("/os-quota-sets/{foreign}")).await, 403);
    assert_eq!(message, "Policy doesn't allow os_compute_api:os-quota-sets:show to be performed.");
    assert_eq!(demo.get(&format!("/os-quota-sets/{foreign}/defaults")).await.status, 200, "anyone may");
    let body = json!({ "quota_set": { "cores": 7 } });
    let message = refused(&demo.put(&format!("/os-quota-sets/{own}"), body.clone()).await, 403);
    assert_eq!(message, "Policy doesn't allow os_compute_api:os-quota-sets:update to be performed.");
    refused(&demo.delete(&format!("/os-quota-sets/{own}")).await, 403);
    refused(&demo.get("/os-quota-class-sets/default").await, 403);
    let admin = world.user("admin", "2.1");
    let message = refused(&admin.put("/os-quota-sets/nobody", body).await, 400);
    assert_eq!(message, "Project ID nobody is not a valid project.");
    assert_eq!(admin.get(&format!("/os-quota-sets/{foreign}")).await.status, 200);
}

async fn the_more_special_limit_holds(database: Arc<Database>) {
    let world = World::with(&database, |config| config.quota.cores = 20).await;
    let (own, admin) = (project(&world, "demo"), world.user("admin", "2.1"));
    let user = world.cloud.keystone.user_id("demo");
    let cores = async |query: &str| {
        let answer = admin.get(&format!("/os-quota-sets/{own}{query}")).await;
        answer.json()["quota_set"]["cores"].as_i64().expect("a number")
    };
    let answer = set(&world, "demo", json!({ "cores": "12", "instances": 3 })).await;
    assert_eq!(answer.status, 200);
    let told = answer.json()["quota_set"].clone();
    assert_eq!((&told["cores"], &told["instances"]), (&json!(12), &json!(3)));
    assert!(told.get("id").is_none(), "as Nova's answer to an update");
    let of_user = format!("/os-quota-sets/{own}?user_id={user}");
    let message = refused(&admin.put(&of_user, json!({ "quota_set": { "cores": 13 } })).await, 400);
    assert_eq!(message, "Quota limit 13 for cores must be less than or equal to 12.");
    assert_eq!(admin.put(&of_user, json!({ "quota_set": { "cores": 5 } })).await.status, 200);
    assert_eq!((cores("").await, cores(&format!("?user_id={user}")).await), (12, 5));
    // What users have been given cannot be taken from the project.
    let message = refused(&set(&world, "demo", json!({ "cores": 4 })).await, 400);
    assert_eq!(message, "Quota limit 4 for cores must be greater than or equal to already used and reserved 5.");
    assert_eq!(admin.delete(&of_user).await.status, 202);
    assert_eq!(cores(&format!("?user_id={user}")).await, 12);
    assert_eq!(admin.delete(&format!("/os-quota-sets/{own}")).await.status, 202);
    assert_eq!(cores("").await, 20);
}

async fn a_limit_is_not_set_below_what_is_in_use(database: Arc<Database>) {
    let world = World::start(&database).await;
    for name in ["a", "b"] {
        accepted(&boot(&world.demo(), &world, name).await);
    }
    let message = refused(&set(&world, "demo", json!({ "ram": 1023, "instances": 9 })).await, 400);
    assert_eq!(message, "Quota limit 1023 for ram must be greater than or equal to already used and reserved 1024.");
    let path = format!("/os-quota-sets/{}", project(&world, "demo"));
    assert_eq!(world.demo().get(&path).await.json()["quota_set"]["instances"], -1, "all or none");
    assert_eq!(set(&world, "demo", json!({ "ram": 1023, "force": "True" })).await.status, 200);
    let message = refused(&boot(&world.demo(), &world, "c").await, 403);
    assert_eq!(message, "Quota exceeded for ram: Requested 512, but already used 1024 of 1023 ram");
}

async fn bad_limits_are_refused_in_novas_words(database: Arc<Database>) {
    let world = World::start(&database).await;
    let invalid = "Invalid input for field/attribute";
    for (limits, words) in [
        (json!({ "cores": -2 }), format!("{invalid} cores. Value: -2. -2 is less than the minimum of -1")),
        (json!({ "cores": "x" }), format!("{invalid} cores. Value: x. 'x' does not match '^-?[0-9]+$'")),
        (
            json!({ "cores": 2_147_483_648_i64 }),
            format!("{invalid} cores. Value: 2147483648. 2147483648 is greater than the maximum of 2147483647"),
        ),
        (json!({ "cores": 1.5 }), format!("{invalid} cores. Value: 1.5. 1.5 is not of type 'integer', 'string'")),
    ] {
        assert_eq!(refused(&set(&world, "demo", limits).await, 400), words);
    }
    assert!(refused(&set(&world, "demo", json!({ "frob": 1 })).await, 400).contains("('frob' was unexpected)"));
    let path = format!("/os-quota-sets/{}", project(&world, "demo"));
    let at = |version| world.user("admin", version);
    let networks = json!({ "quota_set": { "floating_ips": 3 } });
    assert_eq!(at("2.35").put(&path, networks.clone()).await.json()["quota_set"]["floating_ips"], 3);
    refused(&at("2.36").put(&path, networks).await, 400);
    refused(&at("2.57").put(&path, json!({ "quota_set": { "injected_files": 3 } })).await, 400);
    assert_eq!(refused(&at("2.1").put(&path, json!({})).await, 400), "'quota_set' is a required property");
}

async fn classes_have_the_fields_of_their_version(database: Arc<Database>) {
    let world = World::start(&database).await;
    let groups = ["server_group_members", "server_groups"];
    let always: Vec<&str> = ALWAYS.into_iter().filter(|name| !groups.contains(name)).collect();
    for (version, more) in
        [("2.1", [&FILES[..], &NETWORKS].concat()), ("2.50", [&FILES[..], &groups].concat()), ("2.57", groups.to_vec())]
    {
        let answer = world.user("admin", version).get("/os-quota-class-sets/default").await;
        assert_eq!(keys(&answer, "quota_class_set"), sorted([&always[..], &more].concat()), "at {version}");
    }
    let admin = world.user("admin", "2.50");
    let answer = admin.put("/os-quota-class-sets/gold", json!({ "quota_class_set": { "cores": "64" } })).await;
    assert_eq!(answer.json()["quota_class_set"]["cores"], 64);
    assert!(answer.json()["quota_class_set"].get("id").is_none());
    let long = format!("/os-quota-class-sets/{}", "x".repeat(256));
    let message = refused(&admin.put(&long, json!({ "quota_class_set": {} })).await, 400);
    assert!(message.contains("quota_class_name has 256 characters, more than 255."), "{message}");
}

async fn the_class_default_holds_where_nothing_else_does(database: Arc<Database>) {
    let world = World::start(&database).await;
    let admin = world.user("admin", "2.1");
    let body = json!({ "quota_class_set": { "instances": 1 } });
    assert_eq!(admin.put("/os-quota-class-sets/default", body).await.status, 200);
    let own = project(&world, "demo");
    for part in ["", "/defaults"] {
        let answer = world.demo().get(&format!("/os-quota-sets/{own}{part}")).await;
        assert_eq!(answer.json()["quota_set"]["instances"], 1, "{part}");
    }
    accepted(&boot(&world.demo(), &world, "a").await);
    refused(&boot(&world.demo(), &world, "b").await, 403);
    assert_eq!(set(&world, "demo", json!({ "instances": 2 })).await.status, 200);
    accepted(&boot(&world.demo(), &world, "b").await);
}
