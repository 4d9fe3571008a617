//! `GET /os-cascade/servers/{id}` and `server locate`.

use std::sync::Arc;

use serde_json::{Value, json};

use super::cascade;
use crate::support::{Database, World, accepted, on_each_database, refused, wait_until};

on_each_database!(an_admin_finds_a_server_by_either_id, others_are_refused);

async fn an_admin_finds_a_server_by_either_id(database: Arc<Database>) {
    let world = World::start(&database).await;
    let booted = world.demo().post("/servers", world.body_in("RegionTwo", "web")).await;
    let id = accepted(&booted);
    world.wait_status(&id, "ACTIVE").await;
    let admin = world.user("admin", "2.1");
    let path = format!("/os-cascade/servers/{id}");
    wait_until("its port", async || admin.get(&path).await.json()["server"]["ports"][0]["status"] == "ACTIVE").await;
    let found = admin.get(&path).await.json()["server"].clone();
    assert_eq!((&found["id"], &found["local_id"], &found["region"]), (&json!(id), &json!(id), &json!("RegionTwo")));
    assert_eq!(found["boot"]["request_id"], booted.header("x-cascade-request-id").expect("ours"));
    assert_eq!(found["boot"]["region_request_id"], booted.header("x-openstack-request-id").expect("the region's"));
    assert_eq!(found["boot"]["open"], Value::Null);
    let port = &world.two().neutron.ports_of(&id)[0];
    assert_eq!(
        (&found["ports"][0]["id"], &found["ports"][0]["network_id"]),
        (&json!(port.id), &json!(port.network_id))
    );
    assert!(found["ports"][0]["fixed_ips"][0]["ip_address"].is_string(), "{found}");
    assert_eq!(found["charged"], json!({"instances": 1, "cores": 1, "ram_mb": 512}));
    assert_eq!((&found["asked_zone"], &found["row"]["deleting"]), (&json!("RegionTwo"), &json!(false)));
    assert_eq!(found["placements"].as_array().map(Vec::len), Some(1));

    // Placed a second time: the id on top stays, the ids below are another each.
    let region_id = world.region_id("RegionOne");
    let earlier = "0b5a0e1f-16a5-4a5a-bd32-0d9a7a1d0001";
    let columns = "region_id, local_id, server_id, current, created_at";
    let row = format!("INSERT INTO server_mappings ({columns}) VALUES ('{region_id}', '{earlier}', '{id}', 0, 1)");
    database.execute(&row).await;
    let by_earlier = admin.get(&format!("/os-cascade/servers/{earlier}")).await.json()["server"].clone();
    assert_eq!(by_earlier["id"], id);
    let placements = by_earlier["placements"].as_array().expect("placements").clone();
    let placements: Vec<_> = placements.iter().map(|p| (&p["region"], &p["local_id"], &p["current"])).collect();
    let expected = [(json!("RegionTwo"), json!(id), json!(true)), (json!("RegionOne"), json!(earlier), json!(false))];
    assert_eq!(placements, expected.iter().map(|(a, b, c)| (a, b, c)).collect::<Vec<_>>());

    let said = cascade(&world.top.app.config, &["server", "locate", earlier, "--json"]).await;
    let printed: Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!((&printed["id"], &printed["boot"]), (&found["id"], &found["boot"]), "{}", said.err);
    let said = cascade(&world.top.app.config, &["server", "locate", &id]).await;
    for text in [port.id.as_str(), "RegionTwo", booted.header("x-cascade-request-id").expect("ours")] {
        assert!(said.good && said.out.contains(text), "{text} in {} {}", said.out, said.err);
    }

    // A region that does not answer leaves out only what it alone knows.
    world.two().down().await;
    let found = admin.get(&path).await.json()["server"].clone();
    assert_eq!((&found["id"], &found["boot"]["region_request_id"]), (&json!(id), &Value::Null));
}

async fn others_are_refused(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionOne", "web").await;
    let nobody = "0b5a0e1f-16a5-4a5a-bd32-0d9a7a1d0000";
    for user in ["demo", "reader", "alt"] {
        for id in [id.as_str(), nobody] {
            let message = refused(&world.user(user, "2.1").get(&format!("/os-cascade/servers/{id}")).await, 403);
            assert_eq!(message, "Policy doesn't allow cascade:servers:locate to be performed.");
        }
    }
    let message = refused(&world.user("admin", "2.1").get(&format!("/os-cascade/servers/{nobody}")).await, 404);
    assert_eq!(message, format!("Instance {nobody} could not be found."));
    let said = cascade(&world.top.app.config, &["server", "locate", nobody]).await;
    assert!(!said.good && said.err.contains("no server has the id"), "{}", said.err);
    assert_eq!(world.demo().delete(&format!("/servers/{id}")).await.status, 204);
    world.wait_gone(&id).await;
    let found = world.user("admin", "2.1").get(&format!("/os-cascade/servers/{id}")).await.json();
    assert_eq!((&found["server"]["status"], &found["server"]["row"]["deleted"]), (&json!("DELETED"), &json!(true)));
}
