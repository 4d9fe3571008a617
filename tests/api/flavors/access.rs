//! `GET /flavors/{flavor_id}/os-flavor-access`, `POST /flavors/{flavor_id}/action`

use std::sync::Arc;

use nova_cascade::db::flavors::{self, Flavor};
use serde_json::{Value, json};

use super::ids;
use crate::support::{Database, World, accepted, flavor, on_each_database, refused};

on_each_database!(
    access_is_given_and_taken,
    a_public_flavor_has_no_access_from_2_7_on,
    projects_are_looked_up,
    bodies_are_refused_as_in_nova,
);

/// A private flavor that nobody has access to.
async fn add_private(world: &World) {
    let private = Flavor { is_public: false, ..flavor("9", "private") };
    flavors::import(&world.db, &private, &[]).await.expect("a flavor");
}

fn give(project: &str) -> Value {
    json!({"addTenantAccess": {"tenant": project}})
}

fn take(project: &str) -> Value {
    json!({"removeTenantAccess": {"tenant": project}})
}

async fn access_is_given_and_taken(database: Arc<Database>) {
    let world = World::start(&database).await;
    add_private(&world).await;
    let [demo, alt] = ["demo", "alt"].map(|name| world.cloud.keystone.project_id(name));
    let admin = world.user("admin", "2.7");
    let access = async || admin.get("/flavors/9/os-flavor-access").await.json()["flavor_access"].clone();
    assert_eq!(access().await, json!([]));
    refused(&world.demo().get("/flavors/9").await, 404);

    let entry = |project: &str| json!({"flavor_id": "9", "tenant_id": project});
    let given = admin.post("/flavors/9/action", give(&demo)).await;
    assert_eq!((given.status, given.json()), (200, json!({"flavor_access": [entry(&demo)]})));
    assert_eq!(admin.post("/flavors/9/action", give(&alt)).await.status, 200);
    let mut both = [demo.clone(), alt.clone()];
    both.sort();
    assert_eq!(access().await, json!([entry(&both[0]), entry(&both[1])]));
    let serial = flavors::get(&world.db, "9").await.unwrap().expect("the flavor").serial;
    let message = refused(&admin.post("/flavors/9/action", give(&demo)).await, 409);
    assert_eq!(message, format!("Flavor access already exists for flavor {serial} and project {demo} combination."));

    assert_eq!(ids(&world.demo().get("/flavors").await), ["1", "2", "3", "9"]);
    let mut body = world.body("web");
    body["server"]["flavorRef"] = json!("9");
    accepted(&world.demo().post("/servers", body.clone()).await);

    let taken = admin.post("/flavors/9/action", take(&demo)).await;
    assert_eq!(taken.json(), json!({"flavor_access": [entry(&alt)]}));
    let message = refused(&admin.post("/flavors/9/action", take(&demo)).await, 404);
    assert_eq!(message, format!("Flavor access not found for {serial} / {demo} combination."));
    assert_eq!(ids(&world.demo().get("/flavors").await), ["1", "2", "3"]);
    assert_eq!(refused(&world.demo().post("/servers", body).await, 400), "Flavor 9 could not be found.");
    for body in [give(&demo), take(&demo)] {
        assert_eq!(refused(&admin.post("/flavors/8/action", body).await, 404), "Flavor 8 could not be found.");
    }
    refused(&admin.get("/flavors/8/os-flavor-access").await, 404);
}

async fn a_public_flavor_has_no_access_from_2_7_on(database: Arc<Database>) {
    let world = World::start(&database).await;
    let demo = world.cloud.keystone.project_id("demo");
    let admin = |version: &str| world.user("admin", version);
    let message = refused(&admin("2.1").get("/flavors/1/os-flavor-access").await, 404);
    assert_eq!(message, "Access list not available for public flavors.");
    assert_eq!(admin("2.6").post("/flavors/1/action", give(&demo)).await.status, 200);
    let message = refused(&admin("2.7").post("/flavors/1/action", give(&demo)).await, 409);
    assert_eq!(message, "Can not add access to a public flavor.");
    assert_eq!(admin("2.7").post("/flavors/1/action", take(&demo)).await.json(), json!({"flavor_access": []}));
}

async fn projects_are_looked_up(database: Arc<Database>) {
    let world = World::start(&database).await;
    add_private(&world).await;
    let admin = world.user("admin", "2.1");
    let message = refused(&admin.post("/flavors/9/action", give("gone")).await, 400);
    assert_eq!(message, "Project ID gone is not a valid project.");
    // What is there of a project that is gone can be taken away.
    flavors::add_access(&world.db, "9", "gone").await.expect("access");
    assert_eq!(admin.post("/flavors/9/action", take("gone")).await.status, 200);
}

async fn bodies_are_refused_as_in_nova(database: Arc<Database>) {
    let world = World::start(&database).await;
    add_private(&world).await;
    let admin = world.user("admin", "2.7");
    let invalid = "Invalid input for field/attribute";
    for (body, message) in [
        (json!({}), "Malformed request body".to_owned()),
        (json!({"addTenantAccess": {}, "removeTenantAccess": {}}), "Malformed request body".into()),
        (json!({"dance": {}}), "There is no such action: dance".into()),
        (
            json!({"addTenantAccess": {}}),
            format!("{invalid} addTenantAccess. Value: {{}}. 'tenant' is a required property"),
        ),
        (give(""), format!("{invalid} tenant. Value: . '' should be non-empty")),
        (
            json!({"removeTenantAccess": null}),
            format!("{invalid} removeTenantAccess. Value: None. None is not of type 'object'"),
        ),
    ] {
        assert_eq!(refused(&admin.post("/flavors/9/action", body).await, 400), message);
    }
    refused(&admin.post("/flavors/9/action", json!([1])).await, 404);
    for (body, rule) in [(give("p"), "add_tenant_access"), (take("p"), "remove_tenant_access")] {
        let message = refused(&world.demo().post("/flavors/9/action", body).await, 403);
        assert_eq!(message, format!("Policy doesn't allow os_compute_api:os-flavor-access:{rule} to be performed."));
    }
    let message = refused(&world.demo().get("/flavors/9/os-flavor-access").await, 403);
    assert_eq!(message, "Policy doesn't allow os_compute_api:os-flavor-access to be performed.");
    let message = refused(&world.user("admin", "2.102").get("/flavors/9/os-flavor-access?x=1").await, 400);
    assert_eq!(message, "Additional properties are not allowed ('x' was unexpected)");
}
