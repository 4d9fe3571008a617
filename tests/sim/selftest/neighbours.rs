//! Neutron, Glance and Placement.

use super::{at, one_region};
use crate::sim::Service;
use crate::sim::placement::Room;

#[tokio::test]
async fn networks_are_seen_by_those_who_may() {
    let cloud = one_region().await;
    let region = cloud.region("RegionOne");
    let own = region.neutron.add_network("private", Some("demo"));
    let (demo, alt) = (at(&cloud, Service::Neutron, "demo"), at(&cloud, Service::Neutron, "alt"));
    assert_eq!(demo.get("/v2.0/networks").await.json()["networks"].as_array().unwrap().len(), 2);
    assert_eq!(alt.get(&format!("/v2.0/networks/{own}")).await.status, 404);
    let narrow = demo.get("/v2.0/networks?name=private&fields=id").await.json();
    assert_eq!(narrow, serde_json::json!({"networks": [{"id": own}]}));
    let shared = region.neutron.id_of("shared");
    let both = demo.get(&format!("/v2.0/networks?id={own}&id={shared}")).await.json();
    assert_eq!(both["networks"].as_array().unwrap().len(), 2);
    assert_eq!(demo.get("/v2.0/security-groups?name=default").await.json()["security_groups"][0]["name"], "default");
}

#[tokio::test]
async fn ports_follow_their_server_and_page_by_id() {
    let cloud = one_region().await;
    let region = cloud.region("RegionOne");
    let servers = region.nova.add_servers(3);
    let admin = at(&cloud, Service::Neutron, "admin");
    let of = format!("/v2.0/ports?device_id={}&device_id={}", servers[0], servers[1]);
    let ports = admin.get(&of).await.json()["ports"].as_array().cloned().unwrap();
    assert_eq!(ports.len(), 2);
    assert_eq!(ports[0]["status"], "ACTIVE");
    let id = region.neutron.ports_of(&servers[0])[0].id.clone();
    let before = region.neutron.port(&id).unwrap().revision;
    region.neutron.set_port_status(&id, "DOWN");
    let shown = admin.get(&format!("/v2.0/ports/{id}?fields=status&fields=revision_number")).await.json();
    assert_eq!(shown["port"], serde_json::json!({"status": "DOWN", "revision_number": before + 1}));
    let first = admin.get("/v2.0/ports?fields=id&sort_key=id&limit=2").await.json();
    let last = first["ports"][1]["id"].as_str().unwrap();
    assert!(first["ports_links"][0]["href"].as_str().unwrap().contains(last));
    let rest = admin.get(&format!("/v2.0/ports?fields=id&sort_key=id&limit=2&marker={last}")).await.json();
    assert_eq!(rest["ports"].as_array().unwrap().len(), 1);
    assert_eq!(admin.get("/v2.0/ports?changed_since=2020-01-01T00:00:00Z").await.status, 400);
    assert_eq!(at(&cloud, Service::Neutron, "alt").get(&format!("/v2.0/ports/{id}")).await.status, 404);
    assert_eq!(admin.delete(&format!("/v2.0/ports/{id}")).await.status, 204);
    let attached = super::nova(&cloud, "demo", "2.70").get(&format!("/servers/{}/os-interface", servers[1])).await;
    assert_eq!(attached.json()["interfaceAttachments"][0]["port_state"], "ACTIVE");
}

#[tokio::test]
async fn images_differ_by_region_and_owner() {
    let cloud = crate::sim::SimCloud::start(&["RegionOne", "RegionTwo"]).await;
    let region = cloud.region("RegionOne");
    assert_ne!(region.glance.id_of("cirros"), cloud.region("RegionTwo").glance.id_of("cirros"));
    let own = region.glance.add_image("mine", Some("demo"));
    let (demo, alt) = (at(&cloud, Service::Glance, "demo"), at(&cloud, Service::Glance, "alt"));
    assert_eq!(demo.get("/v2/images?name=mine").await.json()["images"][0]["id"], own);
    assert_eq!(alt.get("/v2/images?name=mine").await.json()["images"], serde_json::json!([]));
    assert_eq!(alt.get(&format!("/v2/images/{own}")).await.status, 404);
    assert_eq!(demo.get(&format!("/v2/images?id=in:{own},x")).await.json()["images"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn placement_says_whether_it_fits() {
    let cloud = one_region().await;
    let region = cloud.region("RegionOne");
    region.placement.set_room(Some(Room { vcpus: 2, ram_mb: 1024, disk_gb: 10 }));
    let admin = at(&cloud, Service::Placement, "cascade");
    let fits = async |resources: &str| {
        let answer = admin.get(&format!("/allocation_candidates?resources={resources}&limit=1")).await.json();
        !answer["allocation_requests"].as_array().unwrap().is_empty()
    };
    assert!(fits("VCPU:2,MEMORY_MB:512,DISK_GB:1").await);
    assert!(!fits("VCPU:3,MEMORY_MB:512").await);
}
