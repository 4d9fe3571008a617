//! Create, list, show and delete: documents by microversion, refusals, quota, projects apart.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{group_of, made, members, shown};
use crate::sim::{Answer, Client};
use crate::support::{Database, World, on_each_database, refused, wait_until};

on_each_database!(
    a_group_has_novas_form_at_every_microversion,
    what_is_malformed_is_refused_in_novas_words,
    lists_are_cut_and_never_linked,
    projects_do_not_see_each_others_groups,
    quota_is_kept_however_many_come_at_once,
    readers_read,
);

async fn a_group_has_novas_form_at_every_microversion(database: Arc<Database>) {
    let world = World::start(&database).await;
    let (project, user) = (world.cloud.keystone.project_id("demo"), world.cloud.keystone.user_id("demo"));
    let listed = json!({"server_group": {"name": "g", "policies": ["anti-affinity"]}});
    let single = json!({"server_group": {
        "name": "g", "policy": "anti-affinity", "rules": {"max_server_per_host": "3"},
    }});
    for (version, body) in [("2.1", &listed), ("2.13", &listed), ("2.15", &listed), ("2.64", &single)] {
        let answer = world.user("demo", version).post("/os-server-groups", body.clone()).await;
        let id = made(&answer);
        let mut wanted = json!({"id": id, "name": "g", "members": []});
        if version == "2.64" {
            wanted["policy"] = json!("anti-affinity");
            wanted["rules"] = json!({"max_server_per_host": 3});
        } else {
            wanted["policies"] = json!(["anti-affinity"]);
            wanted["metadata"] = json!({});
        }
        if version != "2.1" {
            wanted["project_id"] = json!(project);
            wanted["user_id"] = json!(user);
        }
        assert_eq!(answer.json(), json!({ "server_group": wanted }), "{version}");
        assert_eq!(shown(&world, &id, version).await, wanted, "{version}");
        let list = world.user("demo", version).get("/os-server-groups").await.json();
        assert!(list["server_groups"].as_array().expect("a list").contains(&wanted), "{version}");
    }
    // A soft policy is there below 2.15 too, though none can be asked for.
    let soft = json!({"server_group": {"name": "g", "policies": ["soft-affinity"]}});
    let soft = made(&world.user("demo", "2.63").post("/os-server-groups", soft).await);
    assert_eq!(shown(&world, &soft, "2.1").await["policies"], json!(["soft-affinity"]));
    assert_eq!(shown(&world, &soft, "2.104").await["rules"], json!({}));
    // Nothing is made in a region before a server needs it.
    assert!(world.cloud.regions().all(|region| region.nova.groups().is_empty()));
}

async fn what_is_malformed_is_refused_in_novas_words(database: Arc<Database>) {
    let world = World::start(&database).await;
    let post = async |version: &str, body: Value| {
        refused(&world.user("demo", version).post("/os-server-groups", body).await, 400)
    };
    assert_eq!(post("2.1", json!({})).await, "'server_group' is a required property");
    let soft = json!({"server_group": {"name": "g", "policies": ["soft-affinity"]}});
    assert!(post("2.14", soft.clone()).await.ends_with("'soft-affinity' is not one of ['anti-affinity', 'affinity']"));
    assert!(post("2.64", soft).await.ends_with("'policy' is a required property"));
    let ruled = json!({"server_group": {"name": "g", "policy": "affinity", "rules": {"max_server_per_host": 2}}});
    assert_eq!(post("2.64", ruled).await, "Only anti-affinity policy supports rules.");
    let get = async |version: &str, path: &str| world.user("demo", version).get(path).await;
    let unknown = "Additional properties are not allowed ('x' was unexpected)";
    assert_eq!(get("2.74", "/os-server-groups?x=1").await.status, 200);
    assert_eq!(refused(&get("2.75", "/os-server-groups?x=1").await, 400), unknown);
    assert_eq!(refused(&get("2.101", "/os-server-groups/a?x=1").await, 404), "Instance group a could not be found.");
    assert_eq!(refused(&get("2.102", "/os-server-groups/a?x=1").await, 400), unknown);
    for (query, reason) in [
        ("limit=-1", "limit. Value: -1. '-1' does not match '^[0-9]*$'"),
        ("limit=", "limit. Value: . '' should be non-empty"),
        ("limit=1&limit=x", "limit. Value: x. 'x' does not match '^[0-9]*$'"),
        ("offset=b", "offset. Value: b. 'b' does not match '^[0-9]*$'"),
    ] {
        let message = refused(&get("2.1", &format!("/os-server-groups?{query}")).await, 400);
        assert_eq!(message, format!("Invalid input for query parameters {reason}"));
    }
    let gone = world.demo().delete("/os-server-groups/0b5a0e1f-16a5-4a5a-bd32-0d9a7a1d0001").await;
    assert!(refused(&gone, 404).starts_with("Instance group 0b5a0e1f"));
}

/// Ids of a list's groups.
#[track_caller]
fn listed(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{answer:?}");
    let groups = answer.json()["server_groups"].as_array().expect("a list").clone();
    assert_eq!(answer.json().as_object().map(serde_json::Map::len), Some(1), "no links");
    groups.iter().map(|group| group["id"].as_str().expect("an id").to_owned()).collect()
}

async fn lists_are_cut_and_never_linked(database: Arc<Database>) {
    let world = World::with(&database, |config| config.api.items_per_page_max = 3).await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(group_of(&world, "demo", "affinity").await);
    }
    let get = async |query: &str| listed(&world.demo().get(&format!("/os-server-groups?{query}")).await);
    assert_eq!(get("").await, ids[..3]);
    assert_eq!(get("limit=0").await, ids[..3], "0 is no limit");
    assert_eq!(get("limit=99999999999999999999").await, ids[..3]);
    assert_eq!(get("limit=2&offset=1").await, ids[1..3]);
    assert_eq!(get("limit=1&limit=2&offset=3").await, ids[3..5], "the last one counts");
    assert!(get("offset=99999999999999999999").await.is_empty());
}

async fn projects_do_not_see_each_others_groups(database: Arc<Database>) {
    let world = World::start(&database).await;
    let (own, others) = (group_of(&world, "demo", "affinity").await, group_of(&world, "alt", "affinity").await);
    let (demo, alt, admin) = (world.demo(), world.user("alt", "2.1"), world.user("admin", "2.1"));
    let list = async |client: &Client, query: &str| listed(&client.get(&format!("/os-server-groups{query}")).await);
    assert_eq!(list(&demo, "").await, [own.clone()]);
    // Who may not ask for all gets their own, in Nova too.
    assert_eq!(list(&alt, "?all_projects=1").await, [others.clone()]);
    assert!(list(&admin, "").await.is_empty());
    assert_eq!(list(&admin, "?all_projects").await, [own.clone(), others.clone()]);
    for answer in
        [alt.get(&format!("/os-server-groups/{own}")).await, alt.delete(&format!("/os-server-groups/{own}")).await]
    {
        assert_eq!(refused(&answer, 404), format!("Instance group {own} could not be found."));
    }
    assert_eq!(admin.get(&format!("/os-server-groups/{own}")).await.status, 200);
    assert_eq!(admin.delete(&format!("/os-server-groups/{own}")).await.status, 204);
    assert!(list(&demo, "").await.is_empty());
    assert_eq!(list(&alt, "").await, [others]);
}

async fn quota_is_kept_however_many_come_at_once(database: Arc<Database>) {
    let world = World::with(&database, |config| config.quota.server_groups = 3).await;
    let body = || json!({"server_group": {"name": "g", "policies": ["affinity"]}});
    let demo = world.demo();
    let answers = futures_util::future::join_all((0..8).map(|_| demo.post("/os-server-groups", body()))).await;
    let refusals: Vec<&Answer> = answers.iter().filter(|answer| answer.status != 200).collect();
    assert_eq!(refusals.len(), 5);
    for answer in refusals {
        assert_eq!(refused(answer, 403), "Quota exceeded, too many server groups.");
    }
    // Another project has its own; an admin who deletes demo's gives demo the room back.
    group_of(&world, "alt", "affinity").await;
    let first = listed(&demo.get("/os-server-groups").await).remove(0);
    assert_eq!(world.user("admin", "2.1").delete(&format!("/os-server-groups/{first}")).await.status, 204);
    made(&demo.post("/os-server-groups", body()).await);
    refused(&demo.post("/os-server-groups", body()).await, 403);
    let usage =
        "SELECT CAST(in_use AS CHAR) AS text FROM quota_usage WHERE resource = 'server_groups' AND project_id = ";
    let project = world.cloud.keystone.project_id("demo");
    assert_eq!(database.texts(&format!("{usage}'{project}'")).await, ["3", "3"], "of the project and of the user");
}

async fn readers_read(database: Arc<Database>) {
    let world = World::start(&database).await;
    let group = group_of(&world, "demo", "affinity").await;
    let id = crate::support::accepted(&world.demo().post("/servers", super::body_in(&world, &group)).await);
    wait_until("the member", async || members(&world, &group).await == [id.clone()]).await;
    let reader = world.user("reader", "2.1");
    let document = reader.get(&format!("/os-server-groups/{group}")).await.json();
    assert_eq!(document["server_group"]["members"], json!([id]));
    let rule = |name: &str| format!("Policy doesn't allow os_compute_api:os-server-groups:{name} to be performed.");
    let body = json!({"server_group": {"name": "g", "policies": ["affinity"]}});
    assert_eq!(refused(&reader.post("/os-server-groups", body).await, 403), rule("create"));
    assert_eq!(refused(&reader.delete(&format!("/os-server-groups/{group}")).await, 403), rule("delete"));
    assert!(refused(&reader.delete("/os-server-groups/x").await, 404).starts_with("Instance group x"));
}
