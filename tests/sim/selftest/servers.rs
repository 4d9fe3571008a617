//! Boot, show, change, delete.

use serde_json::json;

use super::{boot, nova, one_region};
use crate::sim::nova::Flavor;
use crate::sim::placement::Room;
use crate::sim::{BootOutcome, Pace};

#[tokio::test]
async fn a_boot_builds_until_it_is_finished() {
    let cloud = one_region().await;
    let region = cloud.region("RegionOne");
    region.nova.set_boot_pace(Pace::ByHand);
    let demo = nova(&cloud, "demo", "2.100");
    let mut body = boot(region, "web");
    body["os:scheduler_hints"] = json!({"cascade_intent": "x"});
    let answer = demo.post("/servers", body.clone()).await;
    assert_eq!(answer.status, 202);
    let server = answer.json()["server"].clone();
    let id = server["id"].as_str().unwrap();
    assert!(answer.header("location").unwrap().ends_with(id));
    assert!(server["adminPass"].is_string());
    let building = demo.get(&format!("/servers/{id}")).await.json();
    assert_eq!(building["server"]["status"], "BUILD");
    assert_eq!(building["server"]["addresses"], json!({}));
    assert_eq!(building["server"]["scheduler_hints"], json!({"cascade_intent": ["x"]}));
    region.nova.finish_boot(id);
    let active = demo.get(&format!("/servers/{id}")).await.json();
    assert_eq!(active["server"]["status"], "ACTIVE");
    assert_eq!(active["server"]["addresses"]["shared"][0]["version"], 4);
    assert_eq!(region.nova.created_bodies(), [body]);
    assert_eq!(region.neutron.ports_of(id)[0].status, "ACTIVE");
    assert_eq!(region.nova.count("GET /servers/{id}"), 2);
    let seen = &region.nova.seen_on("POST /servers")[0];
    assert_eq!(seen.header("openstack-api-version"), Some("compute 2.100"));
}

#[tokio::test]
async fn a_boot_names_what_the_region_does_not_know() {
    let cloud = one_region().await;
    let region = cloud.region("RegionOne");
    let demo = nova(&cloud, "demo", "2.42");
    let unknown = uuid::Uuid::new_v4().to_string();
    let cases = [
        ("flavorRef", json!("77"), 400, "Flavor 77 could not be found.".to_owned()),
        ("imageRef", json!(unknown), 400, "Can not find requested image".to_owned()),
        ("networks", json!([{"uuid": unknown}]), 400, format!("Network {unknown} could not be found.")),
        ("availability_zone", json!("mars"), 400, "The requested availability zone is not available".to_owned()),
        ("key_name", json!("none"), 400, "Invalid key_name provided.".to_owned()),
    ];
    for (key, value, status, message) in cases {
        let mut body = boot(region, "web");
        body["server"][key] = value;
        let answer = demo.post("/servers", body).await;
        assert_eq!((answer.status, &answer.json()["badRequest"]["message"]), (status, &json!(message)));
    }
    let mut odd = boot(region, "web");
    odd["server"]["hostname"] = json!("too-early");
    assert_eq!(demo.post("/servers", odd).await.status, 400);
    assert_eq!(nova(&cloud, "reader", "2.1").post("/servers", boot(region, "web")).await.status, 403);
    assert!(region.nova.ids().is_empty());
}

#[tokio::test]
async fn boots_fail_when_told_or_without_room() {
    let cloud = one_region().await;
    let region = cloud.region("RegionOne");
    region.nova.next_boots([BootOutcome::NoValidHost]);
    region.placement.set_room(Some(Room { vcpus: 1, ram_mb: 512, disk_gb: 1 }));
    let admin = nova(&cloud, "admin", "2.1");
    let mut status = Vec::new();
    for name in ["told", "fits", "full"] {
        let id = admin.post("/servers", boot(region, name)).await.json()["server"]["id"].as_str().unwrap().to_owned();
        let server = admin.get(&format!("/servers/{id}")).await.json()["server"].clone();
        status.push((
            server["status"].clone(),
            server["OS-EXT-SRV-ATTR:host"].is_null(),
            server["fault"]["code"].clone(),
        ));
    }
    assert_eq!(status[0], (json!("ERROR"), true, json!(500)));
    assert_eq!(status[1], (json!("ACTIVE"), false, json!(null)));
    assert_eq!(status[2].0, "ERROR");
}

#[tokio::test]
async fn several_servers_share_a_reservation() {
    let cloud = one_region().await;
    let region = cloud.region("RegionOne");
    let mut body = boot(region, "web");
    body["server"]["min_count"] = json!(3);
    body["server"]["return_reservation_id"] = json!(true);
    let demo = nova(&cloud, "demo", "2.1");
    let reservation = demo.post("/servers", body).await.json()["reservation_id"].as_str().unwrap().to_owned();
    let listed = demo.get(&format!("/servers?reservation_id={reservation}")).await.json();
    let names = listed["servers"].as_array().unwrap().iter().map(|server| server["name"].as_str().unwrap());
    let names: std::collections::BTreeSet<&str> = names.collect();
    assert!(names.into_iter().eq(["web-1", "web-2", "web-3"]));
}

#[tokio::test]
async fn documents_grow_with_the_microversion_and_the_role() {
    let cloud = one_region().await;
    let id = cloud.region("RegionOne").nova.add_server("demo", "web");
    let path = format!("/servers/{id}");
    let old = nova(&cloud, "demo", "2.1").get(&path).await.json()["server"].clone();
    assert_eq!(old["flavor"]["id"], "1");
    for absent in ["locked", "description", "tags", "host_status", "OS-EXT-SRV-ATTR:host", "server_groups"] {
        assert!(old.get(absent).is_none(), "{absent}");
    }
    let new = nova(&cloud, "admin", "2.104").get(&path).await.json()["server"].clone();
    assert_eq!(new["flavor"]["original_name"], "m1.tiny");
    for present in ["locked_reason", "OS-EXT-SRV-ATTR:user_data", "server_groups", "pinned_availability_zone"] {
        assert!(new.get(present).is_some(), "{present}");
    }
    let alt = nova(&cloud, "alt", "2.1").get(&path).await;
    assert_eq!(alt.json()["itemNotFound"]["message"], format!("Instance {id} could not be found."));
    let renamed = nova(&cloud, "demo", "2.1").put(&path, json!({"server": {"name": "db"}})).await.json();
    assert_eq!(renamed["server"]["name"], "db");
    assert!(renamed["server"].get("key_name").is_none());
}

#[tokio::test]
async fn actions_move_servers() {
    let cloud = one_region().await;
    let region = cloud.region("RegionOne");
    region.nova.put_flavor(Flavor::new("9", "m1.big", 4, 8192, 80));
    region.nova.set_action_pace(Pace::ByHand);
    let id = region.nova.add_server("demo", "web");
    let demo = nova(&cloud, "demo", "2.1");
    let path = format!("/servers/{id}/action");
    assert_eq!(demo.post(&path, json!({"os-stop": null})).await.status, 202);
    assert_eq!(region.nova.inspect(&id, |s| s.task_state.clone()), Some(Some("powering-off".into())));
    assert_eq!(demo.post(&path, json!({"os-stop": null})).await.status, 409);
    region.nova.finish(&id);
    assert_eq!(region.nova.status(&id), Some("SHUTOFF"));
    let again = demo.post(&path, json!({"os-stop": null})).await.json();
    assert_eq!(
        again["conflictingRequest"]["message"],
        format!("Cannot 'stop' instance {id} while it is in vm_state stopped"),
    );
    region.nova.set_action_pace(Pace::AtOnce);
    assert_eq!(demo.post(&path, json!({"resize": {"flavorRef": "9"}})).await.status, 202);
    assert_eq!(region.nova.status(&id), Some("VERIFY_RESIZE"));
    assert_eq!(demo.post(&path, json!({"confirmResize": null})).await.status, 204);
    assert_eq!(region.nova.inspect(&id, |s| s.flavor.id.clone()), Some("9".into()));
    assert_eq!(demo.post(&path, json!({"dance": null})).await.status, 400);
    let image = region.glance.id_of("cirros");
    let rebuilt = demo.post(&path, json!({"rebuild": {"imageRef": image}})).await;
    assert_eq!((rebuilt.status, rebuilt.json()["server"]["id"].clone()), (202, json!(id)));
}

#[tokio::test]
async fn a_deleted_server_is_gone_but_for_changes_since() {
    let cloud = one_region().await;
    let region = cloud.region("RegionOne");
    let demo = nova(&cloud, "demo", "2.100");
    let id = demo.post("/servers", boot(region, "web")).await.json()["server"]["id"].as_str().unwrap().to_owned();
    assert_eq!(demo.delete(&format!("/servers/{id}")).await.status, 204);
    assert_eq!(demo.get(&format!("/servers/{id}")).await.status, 404);
    assert_eq!(demo.get("/servers").await.json()["servers"], json!([]));
    let changed = demo.get("/servers/detail?changes-since=2020-01-01T00:00:00Z").await.json();
    assert_eq!(changed["servers"][0]["status"], "DELETED");
    assert!(region.neutron.ports_of(&id).is_empty());
}
