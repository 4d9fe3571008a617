//! Flavors, key pairs, zones, services.

use serde_json::json;

use super::{nova, one_region};

#[tokio::test]
async fn flavors_are_made_and_given_access_to() {
    let cloud = one_region().await;
    let (admin, demo) = (nova(&cloud, "admin", "2.61"), nova(&cloud, "demo", "2.61"));
    let wanted = json!({"flavor": {"id": "p", "name": "private", "ram": 64, "vcpus": 1, "disk": 0,
        "os-flavor-access:is_public": false}});
    assert_eq!(demo.post("/flavors", wanted.clone()).await.status, 403);
    let made = admin.post("/flavors", wanted.clone()).await;
    assert_eq!((made.status, made.json()["flavor"]["extra_specs"].clone()), (200, json!({})));
    assert_eq!(admin.post("/flavors", wanted).await.status, 409);
    assert_eq!(demo.get("/flavors/p").await.status, 404);
    let grant = json!({"addTenantAccess": {"tenant": cloud.keystone.project_id("demo")}});
    assert_eq!(admin.post("/flavors/p/action", grant.clone()).await.status, 200);
    assert_eq!(admin.post("/flavors/p/action", grant).await.status, 409);
    assert_eq!(demo.get("/flavors/p").await.status, 200);
    assert_eq!(admin.get("/flavors/p/os-flavor-access").await.json()["flavor_access"][0]["flavor_id"], "p");
    assert_eq!(admin.get("/flavors/1/os-flavor-access").await.status, 404);
    let count = async |query: &str| {
        admin.get(&format!("/flavors/detail{query}")).await.json()["flavors"].as_array().unwrap().len()
    };
    assert_eq!((count("").await, count("?is_public=None").await, count("?is_public=False").await), (3, 4, 1));
    assert_eq!(admin.delete("/flavors/p").await.status, 202);
    assert_eq!(admin.delete("/flavors/p").await.status, 404);
}

#[tokio::test]
async fn extra_specs_come_and_go() {
    let cloud = one_region().await;
    let (admin, demo) = (nova(&cloud, "admin", "2.61"), nova(&cloud, "demo", "2.61"));
    let specs = json!({"extra_specs": {"hw:cpu_policy": "dedicated"}});
    assert_eq!(admin.post("/flavors/1/os-extra_specs", specs.clone()).await.json(), specs);
    assert_eq!(demo.get("/flavors/1").await.json()["flavor"]["extra_specs"], specs["extra_specs"]);
    let one = demo.get("/flavors/1/os-extra_specs/hw:cpu_policy").await;
    assert_eq!(one.json(), json!({"hw:cpu_policy": "dedicated"}));
    assert_eq!(admin.delete("/flavors/1/os-extra_specs/hw:cpu_policy").await.status, 200);
    assert_eq!(admin.delete("/flavors/1/os-extra_specs/hw:cpu_policy").await.status, 404);
}

#[tokio::test]
async fn flavor_documents_follow_the_microversion() {
    let cloud = one_region().await;
    let old = nova(&cloud, "demo", "2.1").get("/flavors/1").await.json()["flavor"].clone();
    assert_eq!((&old["swap"], &old["rxtx_factor"]), (&json!(""), &json!(1.0)));
    assert!(old.get("description").is_none());
    let new = nova(&cloud, "demo", "2.102").get("/flavors/1").await.json()["flavor"].clone();
    assert_eq!((&new["swap"], &new["description"]), (&json!(0), &json!(null)));
    assert!(new.get("rxtx_factor").is_none());
}

#[tokio::test]
async fn key_pairs_belong_to_users() {
    let cloud = one_region().await;
    let (demo, alt) = (nova(&cloud, "demo", "2.92"), nova(&cloud, "alt", "2.92"));
    let pair = json!({"keypair": {"name": "k", "public_key": "ssh-ed25519 AAAAAA=="}});
    assert_eq!(demo.post("/os-keypairs", pair.clone()).await.status, 201);
    assert_eq!(demo.post("/os-keypairs", pair).await.status, 409);
    assert_eq!(demo.get("/os-keypairs/k").await.json()["keypair"]["type"], "ssh");
    assert_eq!(alt.get("/os-keypairs/k").await.status, 404);
    assert_eq!(demo.delete("/os-keypairs/k").await.status, 204);
}

#[tokio::test]
async fn the_region_tells_of_itself() {
    let cloud = one_region().await;
    cloud.region("RegionOne").nova.set_zones(&["az1", "az2"]);
    let (admin, demo) = (nova(&cloud, "admin", "2.69"), nova(&cloud, "demo", "2.69"));
    let zones = demo.get("/os-availability-zone").await.json();
    assert_eq!(zones["availabilityZoneInfo"][1]["zoneName"], "az2");
    assert_eq!(demo.get("/os-services").await.status, 403);
    let services = admin.get("/os-services?binary=nova-compute").await.json();
    assert_eq!(services["services"].as_array().unwrap().len(), 2);
    assert_eq!(services["services"][0]["zone"], "az1");
    cloud.region("RegionOne").nova.add_servers(2);
    assert_eq!(demo.get("/limits").await.json()["limits"]["absolute"]["totalInstancesUsed"], 2);
}
