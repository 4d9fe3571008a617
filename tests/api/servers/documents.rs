//! `GET /servers/{id}` and `/servers/detail`: the region's own document but for what is named here.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::sim::{BootOutcome, Pace, SimCloud, SimRegion};
use crate::support::{Database, World, accepted, on_each_database};

on_each_database!(
    documents_are_the_regions_own,
    documents_of_an_old_region_are_its_own,
    the_marker_is_never_shown,
    the_first_document_has_the_fields_of_nova,
);

const VERSIONS: [&str; 8] = ["2.1", "2.3", "2.42", "2.63", "2.96", "2.98", "2.100", "2.104"];

async fn documents_are_the_regions_own(database: Arc<Database>) {
    let cloud = SimCloud::start(&["RegionOne", "RegionTwo"]).await;
    cloud.regions().for_each(|region| region.offer_volumes(&cloud));
    let world = World::over(cloud, &database, |_| {}).await;
    for (zone, region) in [("RegionOne", world.one()), ("RegionTwo-nova", world.two())] {
        let volume = region.cinder.add_volume("demo");
        let mut body = world.body_in(zone, "web");
        body["server"]["metadata"] = json!({"a": "b"});
        body["server"]["user_data"] = json!("QUJD");
        body["server"]["block_device_mapping_v2"] =
            json!([{"source_type": "volume", "uuid": volume, "boot_index": 1, "destination_type": "volume"}]);
        body["os:scheduler_hints"] = json!({"different_host": ["0b5a0e1f-16a5-4a5a-bd32-0d9a7a1d0001"]});
        let mut made = vec![accepted(&world.demo().post("/servers", body.clone()).await)];
        region.nova.next_boots([BootOutcome::Failed("libvirt said no".into())]);
        made.push(accepted(&world.demo().post("/servers", body).await));
        world.wait_status(&made[0], "ACTIVE").await;
        region.nova.edit(&made[0], |server| {
            server.locked = true;
            server.locked_reason = Some("because".into());
            server.tags = vec!["x".into()];
            server.description = Some("mine".into());
        });
        world.wait_status(&made[1], "ERROR").await;
        world.synced().await;
        world.synced().await;
        for id in made {
            for version in VERSIONS {
                for user in ["demo", "admin"] {
                    compare(&world, region, zone, &id, user, version).await;
                }
            }
        }
    }
}

async fn compare(world: &World, region: &SimRegion, zone: &str, id: &str, user: &str, version: &str) {
    let path = format!("/servers/{id}");
    let on_top = world.user(user, version).get(&path).await.json()["server"].clone();
    let below = world.below(region, user, version).get(&path).await.json()["server"].clone();
    assert_eq!(on_top, rewritten(world, region, zone, below, &on_top), "show as {user} at {version}");
    let path = "/servers/detail?all_tenants=1";
    let path = if user == "admin" { path } else { "/servers/detail" };
    let find = |list: Value| list["servers"].as_array().unwrap().iter().find(|s| s["id"] == id).cloned().unwrap();
    let on_top = find(world.user(user, version).get(path).await.json());
    let below = find(world.below(region, user, version).get(path).await.json());
    assert_eq!(on_top, rewritten(world, region, zone, below, &on_top), "list as {user} at {version}");
}

async fn documents_of_an_old_region_are_its_own(database: Arc<Database>) {
    let cloud = crate::sim::SimCloud::start(&["RegionOne", "RegionTwo"]).await;
    cloud.region("RegionOne").nova.set_max_minor(63);
    cloud.region("RegionTwo").nova.set_max_minor(96);
    let world = World::over(cloud, &database, |_| {}).await;
    for (zone, region) in [("RegionOne", world.one()), ("RegionTwo", world.two())] {
        let id = world.boot(zone, "web").await;
        world.synced().await;
        for version in &VERSIONS[..4] {
            for user in ["demo", "admin"] {
                compare(&world, region, zone, &id, user, version).await;
            }
        }
    }
}

/// The region's document as the top has to show it: links, image, zone, reservation, and no marker.
fn rewritten(world: &World, region: &SimRegion, zone: &str, document: Value, on_top: &Value) -> Value {
    let base = region.url(crate::sim::Service::Nova).replace("/v2.1", "");
    let text = document.to_string().replace(&base, &world.top.url);
    let mut document: Value =
        serde_json::from_str(&text.replace(&region.glance.id_of("cirros"), &world.image())).expect("JSON");
    if document["OS-EXT-AZ:availability_zone"] != "" || !zone.ends_with("-nova") {
        document["OS-EXT-AZ:availability_zone"] = json!(zone);
    }
    if document.get("pinned_availability_zone").is_some() {
        document["pinned_availability_zone"] = json!(zone);
    }
    // The top's own, one for all servers of a request.
    if let Some(reservation) = document.get_mut("OS-EXT-SRV-ATTR:reservation_id") {
        *reservation = on_top["OS-EXT-SRV-ATTR:reservation_id"].clone();
        assert!(reservation.as_str().is_some_and(|id| id.starts_with("r-") && id.len() == 10), "{reservation}");
    }
    if let Some(hints) = document["scheduler_hints"].as_object_mut() {
        hints.remove("cascade_intent").expect("a marker below");
    } else {
        document.as_object_mut().expect("a document").remove("scheduler_hints");
    }
    document
}

async fn the_marker_is_never_shown(database: Arc<Database>) {
    let world = World::start(&database).await;
    world.one().nova.set_boot_pace(Pace::ByHand);
    let id = accepted(&world.demo().post("/servers", world.body_in("RegionOne", "web")).await);
    for building in [true, false] {
        if !building {
            world.one().nova.finish_boot(&id);
            world.wait_status(&id, "ACTIVE").await;
        }
        for version in ["2.1", "2.100", "2.104"] {
            for user in ["demo", "admin"] {
                for path in [format!("/servers/{id}"), "/servers/detail?all_tenants=0".into(), "/servers".into()] {
                    let answer = world.user(user, version).get(&path).await;
                    assert_eq!(answer.status, 200);
                    let text = String::from_utf8_lossy(&answer.body).into_owned();
                    assert!(!text.contains("cascade_intent"), "{path} as {user} at {version}: {text}");
                }
            }
        }
        let shown = world.user("demo", "2.100").get(&format!("/servers/{id}")).await.json();
        assert_eq!(shown["server"]["scheduler_hints"], json!({}));
    }
}

/// Before the region has told of a server, its document is made from the boot: the fields must be the same ones.
async fn the_first_document_has_the_fields_of_nova(database: Arc<Database>) {
    let world = World::with(&database, |config| config.sync.read_wait_ms = 1).await;
    world.one().nova.set_boot_pace(Pace::ByHand);
    // No list of the region is answered, so nothing but the boot is known.
    let silent = crate::sim::Fault::new(crate::sim::Kind::Answer(500, "no"));
    world.one().faults.push(silent.on(crate::sim::Service::Nova).method("GET").path("/v2.1/servers"));
    let id = accepted(&world.demo().post("/servers", world.body_in("RegionOne", "web")).await);
    let mut first = Vec::new();
    for version in VERSIONS {
        for user in ["demo", "admin"] {
            first.push(world.user(user, version).get(&format!("/servers/{id}")).await.json()["server"].clone());
        }
    }
    world.one().faults.clear();
    let mut first = first.into_iter();
    for version in VERSIONS {
        for user in ["demo", "admin"] {
            let below = world.below(world.one(), user, version).get(&format!("/servers/{id}")).await.json();
            let keys = |document: &Value| {
                let mut keys: Vec<String> = document.as_object().expect("a document").keys().cloned().collect();
                keys.sort();
                keys
            };
            let shown = first.next().expect("one");
            assert_eq!(keys(&shown), keys(&below["server"]), "as {user} at {version}");
            // Nova has a name for every server, if an empty one.
            let name = shown.get("OS-EXT-SRV-ATTR:instance_name");
            assert!(name.is_none_or(Value::is_string), "{name:?} as {user} at {version}");
            for same in ["id", "name", "status", "tenant_id", "user_id", "flavor", "OS-EXT-STS:vm_state"] {
                let (ours, theirs) = (&shown[same], &below["server"][same]);
                let bare = |value: &Value| value.get("id").unwrap_or(value).clone();
                assert_eq!(bare(ours), bare(theirs), "{same} as {user} at {version}");
            }
        }
    }
}
