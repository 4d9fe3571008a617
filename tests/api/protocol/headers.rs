//! Request ids, and headers by which a client might say more than it may.

use std::collections::HashSet;
use std::sync::Arc;

use crate::support::{Database, World, accepted, on_each_database, refused};

on_each_database!(
    every_answer_has_a_fresh_request_id,
    a_routed_answer_has_the_regions_request_id,
    a_client_cannot_say_who_it_is,
);

const GLOBAL: &str = "req-11111111-2222-3333-4444-555555555555";

async fn every_answer_has_a_fresh_request_id(database: Arc<Database>) {
    let world = World::start(&database).await;
    let demo = world.demo().header("x-openstack-request-id", GLOBAL);
    let mut seen = HashSet::new();
    for path in ["/servers", "/servers", "/flavors", "/servers/none", "/nothing", "/servers?limit=x"] {
        let answer = demo.get(path).await;
        let id = answer.header("x-openstack-request-id").expect(path).to_owned();
        assert!(uuid::Uuid::parse_str(id.trim_start_matches("req-")).is_ok() && id.starts_with("req-"), "{id}");
        assert_eq!(answer.header("x-compute-request-id"), Some(id.as_str()), "{path}");
        assert_eq!(answer.header("x-cascade-request-id"), Some(id.as_str()), "{path}");
        assert_ne!(id, GLOBAL);
        assert!(seen.insert(id), "the id of {path} was given before");
    }
    assert!(world.top.client().get("/servers").await.header("x-compute-request-id").is_some());
}

async fn a_routed_answer_has_the_regions_request_id(database: Arc<Database>) {
    let world = World::start(&database).await;
    let demo = world.demo().header("x-openstack-request-id", GLOBAL);
    let booted = demo.post("/servers", world.body_in("RegionOne", "web")).await;
    let id = accepted(&booted);
    world.wait_status(&id, "ACTIVE").await;
    let deleted = demo.delete(&format!("/servers/{id}")).await;
    assert_eq!(deleted.status, 204);
    for (answer, route) in [(booted, "POST /servers"), (deleted, "DELETE /servers/{id}")] {
        let seen = world.one().nova.seen_on(route).remove(0);
        let ours = answer.header("x-cascade-request-id").expect(route);
        // Ours is what the region logs as the global id of its own.
        assert_eq!(seen.header("x-openstack-request-id"), Some(ours), "{route}");
        let regions = answer.header("x-openstack-request-id").expect(route);
        assert_ne!(regions, ours, "{route}");
        assert_eq!(answer.header("x-compute-request-id"), Some(regions), "{route}");
        assert_eq!(answer.headers.get_all("x-openstack-request-id").iter().count(), 1, "{route}");
    }
}

async fn a_client_cannot_say_who_it_is(database: Arc<Database>) {
    let world = World::start(&database).await;
    let admin = world.cloud.keystone.user_id("admin");
    let project = world.cloud.keystone.project_id("alt");
    let said = [
        ("x-user-id", admin.as_str()),
        ("x-roles", "admin"),
        ("x-role", "admin"),
        ("x-project-id", project.as_str()),
        ("x-tenant-id", project.as_str()),
        ("x-identity-status", "Confirmed"),
        ("x-is-admin-project", "True"),
        ("x-service-token", "mine"),
        ("x-service-roles", "service"),
        ("x-service-user-id", admin.as_str()),
        ("x-domain-id", "default"),
    ];
    let demo = said.iter().fold(world.demo(), |client, (name, value)| client.header(name, value));
    let demo = demo.header("x-kept", "yes").header("connection", "x-hop").header("x-hop", "1");
    let message = refused(&demo.get("/servers?all_tenants=1").await, 403);
    assert!(message.contains("get_all_tenants"), "{message}");
    let id = accepted(&demo.post("/servers", world.body_in("RegionOne", "web")).await);
    let owner = world.wait_status(&id, "ACTIVE").await;
    assert_eq!(owner["tenant_id"], world.cloud.keystone.project_id("demo"));
    assert_eq!(owner["user_id"], world.cloud.keystone.user_id("demo"));
    assert_eq!(demo.delete(&format!("/servers/{id}")).await.status, 204);
    for route in ["POST /servers", "DELETE /servers/{id}"] {
        let seen = world.one().nova.seen_on(route).remove(0);
        for (name, _) in said.iter().filter(|(name, _)| *name != "x-service-token") {
            assert_eq!(seen.header(name), None, "{route}: {name}");
        }
        let service = seen.header("x-service-token").expect("the top's own token");
        assert_ne!(service, "mine", "{route}");
        assert_eq!(seen.headers.get_all("x-service-token").iter().count(), 1, "{route}");
        assert_eq!(seen.header("x-hop"), None, "{route}");
    }
    let routed = world.one().nova.seen_on("DELETE /servers/{id}").remove(0);
    assert_eq!(routed.header("x-kept"), Some("yes"));
}
