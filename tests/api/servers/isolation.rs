//! No project sees or touches another's server, by any route, filter or marker.

use std::sync::Arc;

use crate::support::{Database, World, ids, on_each_database, refused};

on_each_database!(another_projects_server_is_not_there, an_admin_reaches_every_project);

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
