//! Security groups, volumes, snapshots and images of block devices: which region has them for the project.

use std::sync::Arc;

use nova_cascade::db::equivalents;
use nova_cascade::selector::{Kind, Why};
use serde_json::{Value, json};

use super::{ask, chosen, forgetful, refusals, select};
use crate::sim::SimCloud;
use crate::support::{Database, World, accepted, on_each_database, refused};

on_each_database!(
    a_security_group_is_there_by_name_or_id,
    a_security_group_has_equivalents,
    a_volume_pins,
    without_block_storage_there_are_no_volumes,
    images_of_block_devices_count,
);

fn with_groups(world: &World, names: &[&str]) -> Value {
    let mut body = world.body("web");
    body["server"]["security_groups"] = names.iter().map(|name| json!({ "name": name })).collect();
    body
}

async fn a_security_group_is_there_by_name_or_id(database: Arc<Database>) {
    let world = World::with(&database, forgetful).await;
    let id = world.two().neutron.add_security_group("web", "demo");
    world.one().neutron.add_security_group("web", "alt");
    let mut ask = ask(&world, "1").await;
    for named in ["web", id.as_str()] {
        ask.named = vec![(Kind::SecurityGroup, named.to_owned())];
        let selection = select(&world, &ask).await;
        assert_eq!(chosen(&selection), ["RegionTwo"], "{named}");
        let text = format!("it has no security group {named} for this project");
        assert_eq!(refusals(&selection), [("RegionOne", "security_group", Why::Unfit, text.as_str())]);
        let made = accepted(&world.demo().post("/servers", with_groups(&world, &["default", named])).await);
        assert!(world.two().nova.ids().contains(&made));
    }
    // Every project has this one, in every region.
    accepted(
        &world
            .demo()
            .post("/servers", {
                let mut body = with_groups(&world, &["default"]);
                body["server"]["availability_zone"] = json!("RegionOne");
                body
            })
            .await,
    );
    // One that is called by the id of another.
    world.one().neutron.add_security_group(&id, "demo");
    ask.named = vec![(Kind::SecurityGroup, id.clone())];
    assert_eq!(chosen(&select(&world, &ask).await).len(), 2);
}

async fn a_security_group_has_equivalents(database: Arc<Database>) {
    let world = World::with(&database, forgetful).await;
    let one = world.one().neutron.add_security_group("web", "demo");
    let two = world.two().neutron.add_security_group("www", "demo");
    equivalents::set(&world.db, "security_group", &one, &world.region_id("RegionTwo"), &two).await.unwrap();
    for (zone, region, local) in [("RegionOne", world.one(), &one), ("RegionTwo", world.two(), &two)] {
        let mut body = with_groups(&world, &["default", &one]);
        body["server"]["availability_zone"] = json!(zone);
        accepted(&world.demo().post("/servers", body).await);
        let sent = region.nova.created_bodies()[0]["server"]["security_groups"].clone();
        assert_eq!(sent, json!([{"name": "default"}, {"name": local}]));
    }
}

async fn a_volume_pins(database: Arc<Database>) {
    let cloud = SimCloud::start(&["RegionOne", "RegionTwo"]).await;
    for name in ["RegionOne", "RegionTwo"] {
        cloud.region(name).offer_volumes(&cloud);
    }
    let world = World::over(cloud, &database, forgetful).await;
    let (volume, snapshot) = (world.two().cinder.add_volume("demo"), world.one().cinder.add_snapshot("demo"));
    let foreign = world.one().cinder.add_volume("alt");
    let boot = async |device: Value| {
        let mut body = world.body("web");
        body["server"]["imageRef"] = json!("");
        body["server"]["block_device_mapping_v2"] = json!([device]);
        world.demo().post("/servers", body).await
    };
    for _ in 0..2 {
        let id = accepted(&boot(json!({"source_type": "volume", "uuid": volume, "boot_index": 0})).await);
        assert!(world.two().nova.ids().contains(&id));
        let id = accepted(&boot(json!({"source_type": "snapshot", "uuid": snapshot, "boot_index": 0})).await);
        assert!(world.one().nova.ids().contains(&id));
    }
    let answer = boot(json!({"source_type": "volume", "uuid": foreign, "boot_index": 0})).await;
    let message = refused(&answer, 400);
    assert_eq!(message, format!("Block Device Mapping is Invalid: failed to get volume {foreign}."));
    let mut body = world.body("web");
    body["server"]["block_device_mapping"] = json!([{"device_name": "vdb", "volume_id": volume}]);
    let id = accepted(&world.demo().post("/servers", body).await);
    assert!(world.two().nova.ids().contains(&id), "in the older form");
}

async fn without_block_storage_there_are_no_volumes(database: Arc<Database>) {
    let cloud = SimCloud::start(&["RegionOne", "RegionTwo"]).await;
    cloud.region("RegionTwo").offer_volumes(&cloud);
    let world = World::over(cloud, &database, forgetful).await;
    let (here, nowhere) = (world.two().cinder.add_volume("demo"), world.one().cinder.add_volume("demo"));
    let mut ask = ask(&world, "1").await;
    ask.named = vec![(Kind::Volume, here.clone())];
    assert_eq!(chosen(&select(&world, &ask).await), ["RegionTwo"]);
    ask.named = vec![(Kind::Volume, nowhere.clone())];
    let text = format!("it has no volume {nowhere} for this project");
    let selection = select(&world, &ask).await;
    assert_eq!(refusals(&selection)[0], ("RegionOne", "volume", Why::Unfit, text.as_str()));
    let rows = nova_cascade::db::regions::all(&world.db).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.volume_url.is_empty()).collect::<Vec<_>>(), [true, false]);
    assert!(rows[1].volume_url.starts_with("http://127.0.0.1:") && !rows[1].volume_url.contains("/v3"));
    assert!(rows.iter().all(|row| row.placement_url.starts_with("http://127.0.0.1:")));
}

async fn images_of_block_devices_count(database: Arc<Database>) {
    let world = World::with(&database, forgetful).await;
    let image = world.two().glance.add_image("data", None);
    let mut body = world.body("web");
    body["server"]["block_device_mapping_v2"] = json!([
        {"source_type": "image", "uuid": world.image(), "boot_index": 0, "destination_type": "local"},
        {"source_type": "image", "uuid": image, "boot_index": 1, "destination_type": "volume", "volume_size": 1},
    ]);
    for _ in 0..2 {
        let id = accepted(&world.demo().post("/servers", body.clone()).await);
        assert!(world.two().nova.ids().contains(&id));
    }
    let sent = world.two().nova.created_bodies()[0]["server"]["block_device_mapping_v2"].clone();
    assert_eq!(sent[0]["uuid"], json!(world.two().glance.id_of("cirros")));
    assert_eq!(sent[1]["uuid"], json!(image));
}
