//! No project sees or touches another's server, by any route, filter or marker.

use std::sync::Arc;

use serde_json::json;

use crate::routes::new_group;
use crate::support::{Database, World, ids, on_each_database, refused};

on_each_database!(another_projects_server_is_not_there, an_admin_reaches_every_project, ids_in_capitals_are_found,);

async fn another_projects_server_is_not_there(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionOne", "web").await;
    let own = world.boot_as("alt", "RegionOne", "own").await;
    let port = world.one().neutron.ports_of(&id).remove(0).id;
    let project = world.cloud.keystone.project_id("demo");
    for version in ["2.1", "2.104"] {
        let alt = world.user("alt", version);
        let paths = [("GET", String::new()), ("DELETE", String::new()), ("GET", "/os-interface".into())];
        for (method, path) in paths.into_iter().chain([("GET", format!("/os-interface/{port}"))]) {
            let answer = alt.send(method, &format!("/servers/{id}{path}"), None).await.unwrap();
            assert_eq!(refused(&answer, 404), format!("Instance {id} could not be found."), "{method} {path}");
        }
        let queries = ["", "?name=web", "?status=ACTIVE", "?all_tenants=0", "?deleted=True"].map(str::to_owned);
        let told = [format!("?project_id={project}"), format!("?tenant_id={project}&name=.")];
        for query in queries.into_iter().chain(told) {
            for collection in ["/servers", "/servers/detail"] {
                let listed = ids(&alt.get(&format!("{collection}{query}")).await);
                assert!(!listed.contains(&id), "{collection}{query} at {version}");
            }
        }
        assert_eq!(ids(&alt.get("/servers").await), [own.clone()]);
        assert_eq!(alt.get(&format!("/servers?marker={id}")).await.status, 400);
    }
    assert_eq!(world.one().nova.count("DELETE /servers/{id}"), 0);
    assert_eq!(world.show(&id).await["status"], "ACTIVE");
}

async fn an_admin_reaches_every_project(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionTwo", "web").await;
    let admin = world.user("admin", "2.1");
    assert_eq!(admin.get(&format!("/servers/{id}")).await.status, 200);
    assert_eq!(admin.get(&format!("/servers/{id}/os-interface")).await.status, 200);
    assert_eq!(admin.delete(&format!("/servers/{id}")).await.status, 204);
    world.wait_gone(&id).await;
}

/// As by Nova, whose database does not tell capitals from small letters.
async fn ids_in_capitals_are_found(database: Arc<Database>) {
    let world = World::start(&database).await;
    let group = new_group(&world).await;
    let id = world.boot("RegionOne", "web").await;
    let port = world.one().neutron.ports_of(&id).remove(0).id;
    let (upper, demo) = (id.to_uppercase(), world.user("demo", "2.64"));
    let shown = demo.get(&format!("/servers/{upper}")).await;
    assert_eq!((shown.status, &shown.json()["server"]["id"]), (200, &json!(id)));
    for path in ["/metadata", "/tags", "/os-instance-actions", &format!("/os-interface/{}", port.to_uppercase())] {
        assert_eq!(demo.get(&format!("/servers/{upper}{path}")).await.status, 200, "{path}");
    }
    assert_eq!(demo.post(&format!("/servers/{upper}/action"), json!({ "os-stop": null })).await.status, 202);
    let shown = demo.get(&format!("/os-server-groups/{}", group.to_uppercase())).await.json();
    assert_eq!(shown["server_group"]["id"], json!(group));
    let admin = world.user("admin", "2.64");
    let flavor = json!({"flavor": {"id": "big-One", "name": "big", "vcpus": 1, "ram": 64, "disk": 0}});
    assert_eq!(admin.post("/flavors", flavor).await.status, 200);
    for written in ["big-One", "BIG-one"] {
        assert_eq!(demo.get(&format!("/flavors/{written}")).await.json()["flavor"]["id"], "big-One", "{written}");
    }
    let specs = json!({"extra_specs": {"k": "v"}});
    assert_eq!(admin.post("/flavors/BIG-ONE/os-extra_specs", specs).await.status, 200);
    assert_eq!(admin.delete("/flavors/BIG-ONE/os-extra_specs/k").await.status, 200);
    assert_eq!(admin.delete("/flavors/big-one").await.status, 202);
    assert_eq!(refused(&admin.get("/flavors/BIG-ONE").await, 404), "Flavor BIG-ONE could not be found.");
    let none = "0B5A0E1F-16A5-4A5A-BD32-0D9A7A1D0000";
    assert_eq!(
        refused(&demo.get(&format!("/servers/{none}")).await, 404),
        format!("Instance {none} could not be found.")
    );
    assert_eq!(demo.delete(&format!("/servers/{upper}")).await.status, 204);
    world.wait_gone(&id).await;
}
