//! Servers in ERROR on top alone: accepted as Nova accepts them, though no region takes them.

use std::sync::Arc;

use serde_json::json;

use crate::support::{Database, World, accepted, ids, on_each_database, refused};

on_each_database!(
    without_room_anywhere_it_is_a_server_in_error,
    it_can_be_read_and_deleted_and_nothing_else,
    several_of_one_request_stand_in_error_each,
    nobody_else_sees_it,
);

async fn full(database: &Arc<Database>) -> World {
    let world = World::start(database).await;
    for region in world.cloud.regions() {
        region.nova.set_quota_instances(Some(0));
    }
    world
}

async fn without_room_anywhere_it_is_a_server_in_error(database: Arc<Database>) {
    let world = full(&database).await;
    let mut body = world.body("web");
    body["server"]["metadata"] = json!({"a": "b"});
    let answer = world.user("demo", "2.42").post("/servers", body).await;
    let id = accepted(&answer);
    assert!(answer.json()["server"]["adminPass"].as_str().is_some_and(|password| password.len() >= 8));
    assert!(answer.header("location").is_some_and(|link| link.ends_with(&format!("/servers/{id}"))));
    let shown = world.show(&id).await;
    assert_eq!(shown["status"], "ERROR");
    assert_eq!(shown["fault"]["code"], 500);
    let message = shown["fault"]["message"].as_str().unwrap();
    assert!(message.starts_with("No valid host was found. RegionOne, RegionTwo: Quota exceeded"), "{message}");
    assert_eq!((&shown["metadata"]["a"], &shown["addresses"]), (&json!("b"), &json!({})));
    assert_eq!((&shown["flavor"]["id"], &shown["image"]["id"]), (&json!("1"), &json!(world.image())));
    let list = world.user("demo", "2.1").get("/servers/detail?status=ERROR").await;
    assert_eq!(ids(&list), [id.clone()]);
    let limits = world.demo().get("/limits").await.json();
    assert_eq!(limits["limits"]["absolute"]["totalInstancesUsed"], 1);
    world.wait_no_intents().await;
    assert_eq!(world.demo().delete(&format!("/servers/{id}")).await.status, 204);
    refused(&world.demo().delete(&format!("/servers/{id}")).await, 404);
    assert!(ids(&world.demo().get("/servers").await).is_empty());
    let limits = world.demo().get("/limits").await.json();
    assert_eq!(limits["limits"]["absolute"]["totalInstancesUsed"], 0);
    let deleted = world.user("admin", "2.1").get("/servers?all_tenants=1&deleted=true").await;
    assert_eq!(ids(&deleted), [id]);
}

async fn it_can_be_read_and_deleted_and_nothing_else(database: Arc<Database>) {
    let world = full(&database).await;
    let mut body = world.body("web");
    body["server"]["metadata"] = json!({"a": "b"});
    body["server"]["tags"] = json!(["t"]);
    let demo = world.user("demo", "2.96");
    let id = accepted(&demo.post("/servers", body).await);
    let admin = world.user("admin", "2.96");
    for (part, expected) in [
        ("/ips", json!({"addresses": {}})),
        ("/metadata", json!({"metadata": {"a": "b"}})),
        ("/metadata/a", json!({"meta": {"a": "b"}})),
        ("/migrations", json!({"migrations": []})),
        ("/os-interface", json!({"interfaceAttachments": []})),
        ("/os-security-groups", json!({"security_groups": []})),
        ("/os-server-password", json!({"password": ""})),
        ("/os-volume_attachments", json!({"volumeAttachments": []})),
        ("/tags", json!({"tags": ["t"]})),
    ] {
        let answer = admin.get(&format!("/servers/{id}{part}")).await;
        assert_eq!((answer.status, answer.json()), (200, expected), "{part}");
    }
    assert_eq!(demo.get(&format!("/servers/{id}/tags/t")).await.status, 204);
    for part in ["/metadata/b", "/ips/x", "/tags/u", "/os-instance-actions/req-none"] {
        refused(&demo.get(&format!("/servers/{id}{part}")).await, 404);
    }
    let actions = demo.get(&format!("/servers/{id}/os-instance-actions")).await.json();
    assert_eq!(actions["instanceActions"][0]["action"], "create");
    assert!(actions["instanceActions"][0]["message"].as_str().unwrap().starts_with("No valid host was found."));
    let request_id = actions["instanceActions"][0]["request_id"].as_str().unwrap();
    let action = demo.get(&format!("/servers/{id}/os-instance-actions/{request_id}")).await;
    assert_eq!(action.json()["instanceAction"]["events"][0]["result"], "Error");
    let state = "while it is in vm_state error";
    for (action, name) in [("os-start", "start"), ("reboot", "reboot"), ("rebuild", "rebuild"), ("resize", "resize")] {
        let mut body = json!({});
        body[action] = json!({"type": "SOFT", "imageRef": world.image(), "flavorRef": "2"});
        let message = refused(&demo.post(&format!("/servers/{id}/action"), body).await, 409);
        assert_eq!(message, format!("Cannot '{name}' instance {id} {state}"));
    }
    refused(&demo.put(&format!("/servers/{id}"), json!({"server": {"name": "new"}})).await, 409);
    refused(&demo.put(&format!("/servers/{id}/metadata"), json!({"metadata": {}})).await, 409);
    let volume = json!({"volumeAttachment": {"volumeId": "26745d59-0fc6-4b9f-b6b0-5b7bdd5e1a52"}});
    let message = refused(&demo.post(&format!("/servers/{id}/os-volume_attachments"), volume).await, 409);
    assert_eq!(message, format!("Cannot 'attach_volume' instance {id} {state}"));
    let forced = demo.post(&format!("/servers/{id}/action"), json!({"forceDelete": null})).await;
    assert_eq!(forced.status, 202, "{forced:?}");
    refused(&demo.get(&format!("/servers/{id}")).await, 404);
}

async fn several_of_one_request_stand_in_error_each(database: Arc<Database>) {
    let world = full(&database).await;
    let mut body = world.body("web");
    body["server"]["min_count"] = json!(3);
    let answer = world.demo().post("/servers", body).await;
    accepted(&answer);
    let list = world.demo().get("/servers/detail").await.json();
    let servers = list["servers"].as_array().unwrap();
    assert_eq!(servers.len(), 3);
    assert!(servers.iter().all(|server| server["status"] == "ERROR"));
    world.wait_no_intents().await;
}

async fn nobody_else_sees_it(database: Arc<Database>) {
    let world = full(&database).await;
    let id = accepted(&world.demo().post("/servers", world.body("web")).await);
    let alt = world.user("alt", "2.96");
    for part in ["", "/metadata", "/os-instance-actions", "/ips"] {
        refused(&alt.get(&format!("/servers/{id}{part}")).await, 404);
    }
    refused(&alt.delete(&format!("/servers/{id}")).await, 404);
    refused(&alt.post(&format!("/servers/{id}/action"), json!({"forceDelete": null})).await, 404);
    assert!(ids(&alt.get("/servers").await).is_empty());
    assert_eq!(world.show(&id).await["status"], "ERROR");
}
