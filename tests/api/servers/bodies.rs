//! The body of a boot: every field reaches the region, ids are those of the region.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::key_pairs;
use crate::sim::{Client, SimCloud, SimRegion};
use crate::support::{Database, World, accepted, on_each_database, refused};

on_each_database!(
    every_field_reaches_the_region,
    names_of_things_are_the_regions,
    hints_of_the_user_stay,
    names_have_no_spaces_at_their_ends,
);

/// The body that a region got, less its marker, which must be there.
fn received(region: &SimRegion) -> Value {
    let mut body = region.nova.created_bodies().pop().expect("a boot");
    let hints = body["os:scheduler_hints"].as_object_mut().expect("hints");
    let marker = hints.remove("cascade_intent").expect("a marker");
    assert!(uuid::Uuid::parse_str(marker.as_str().expect("text")).is_ok());
    if hints.is_empty() {
        body.as_object_mut().expect("a body").remove("os:scheduler_hints");
    }
    body
}

/// Everything that Nova's schema has at 2.104 for one server.
fn whole(world: &World) -> Value {
    json!({
        "server": {
            "name": "web", "flavorRef": "1", "imageRef": world.image(),
            "networks": [{"uuid": world.network(), "fixed_ip": "10.2.0.77", "tag": "front"}],
            "key_name": "mine", "metadata": {"a": "b", "ü": "é"}, "user_data": "QUJD", "config_drive": true,
            "security_groups": [{"name": "default"}, {"name": "web"}], "adminPass": "s3cret",
            "accessIPv4": "192.0.2.1", "accessIPv6": "2001:db8::1", "OS-DCF:diskConfig": "AUTO",
            "block_device_mapping_v2": [
                {"source_type": "image", "uuid": world.image(), "boot_index": 0, "destination_type": "local",
                    "delete_on_termination": true},
                {"source_type": "blank", "destination_type": "local", "guest_format": "swap", "volume_size": 1,
                    "boot_index": -1, "tag": "swap"},
            ],
            "description": "of mine", "tags": ["x", "y"], "trusted_image_certificates": null,
            "hostname": "web-host", "min_count": 1, "max_count": 1,
        },
    })
}

async fn every_field_reaches_the_region(database: Arc<Database>) {
    let cloud = SimCloud::start(&["RegionOne", "RegionTwo"]).await;
    cloud.region("RegionOne").offer_volumes(&cloud);
    let world = World::over(cloud, &database, |_| {}).await;
    assert_eq!(world.demo().post("/os-keypairs", key_pairs::import("mine")).await.status, 200);
    for (zone, region) in [("RegionOne-nova", world.one()), ("RegionTwo-nova", world.two())] {
        region.neutron.add_security_group("web", "demo");
        let mut body = whole(&world);
        body["server"]["availability_zone"] = json!(zone);
        accepted(&world.user("demo", "2.104").post("/servers", body.clone()).await);
        // How many servers there are to be is the top's affair.
        for count in ["min_count", "max_count"] {
            body["server"].as_object_mut().expect("a server").remove(count);
        }
        body["server"]["availability_zone"] = json!("nova");
        body["server"]["imageRef"] = json!(region.glance.id_of("cirros"));
        body["server"]["block_device_mapping_v2"][0]["uuid"] = json!(region.glance.id_of("cirros"));
        body["server"]["networks"][0]["uuid"] = json!(region.neutron.id_of("shared"));
        assert_eq!(received(region), body);
        let seen = region.nova.seen_on("POST /servers").pop().expect("a boot");
        assert_eq!(seen.header("openstack-api-version"), Some("compute 2.104"));
        assert_eq!(seen.header("content-type"), Some("application/json"));
    }
    let mut old = world.body("old");
    old["server"]["personality"] = json!([{"path": "/etc/motd", "contents": "QUJD"}]);
    old["server"]["block_device_mapping"] =
        json!([{"volume_id": world.one().cinder.add_volume("demo"), "device_name": "vdb"}]);
    old["server"]["availability_zone"] = json!("RegionOne");
    accepted(&world.user("demo", "2.42").post("/servers", old.clone()).await);
    old["server"].as_object_mut().expect("a server").remove("availability_zone");
    assert_eq!(received(world.one()), old);
}

async fn names_of_things_are_the_regions(database: Arc<Database>) {
    let world = World::start(&database).await;
    // What a region has under the id that was named needs no equivalent, and pins.
    let image = world.two().glance.add_image("own", Some("demo"));
    let network = world.two().neutron.add_network("own", Some("demo"));
    let mut body = world.body("pinned");
    body["server"]["imageRef"] = json!(image);
    accepted(&world.demo().post("/servers", body.clone()).await);
    assert_eq!(received(world.two())["server"]["imageRef"], image);
    assert_eq!(received(world.two())["server"]["networks"][0]["uuid"], world.two().neutron.id_of("shared"));
    let mut body = world.body("pinned");
    body["server"]["networks"] = json!([{"uuid": network}]);
    accepted(&world.demo().post("/servers", body).await);
    assert_eq!(received(world.two())["server"]["networks"], json!([{"uuid": network}]));
    // A port is in one region only.
    for region in world.cloud.regions() {
        let port = region.neutron.add_port(&region.neutron.id_of("shared"), "demo");
        let mut body = world.body("pinned");
        body["server"]["networks"] = json!([{"port": port}]);
        let id = accepted(&world.demo().post("/servers", body).await);
        assert_eq!(region.neutron.ports_of(&id)[0].id, port);
    }
    // Nova takes URLs as well, and 'auto' and 'none' from 2.37 on.
    let mut body = world.body_in("RegionTwo", "urls");
    body["server"]["flavorRef"] = json!(format!("{}/v2.1/flavors/2", world.top.url));
    body["server"]["networks"] = json!("none");
    accepted(&world.user("demo", "2.42").post("/servers", body).await);
    let got = received(world.two());
    assert_eq!((&got["server"]["flavorRef"], &got["server"]["networks"]), (&json!("2"), &json!("none")));
}

async fn hints_of_the_user_stay(database: Arc<Database>) {
    let world = World::start(&database).await;
    let mut body = world.body_in("RegionOne", "web");
    body["os:scheduler_hints"] =
        json!({"query": "[\"=\", 1, 1]", "different_host": ["0b5a0e1f-16a5-4a5a-bd32-0d9a7a1d0001"]});
    let id = accepted(&world.demo().post("/servers", body.clone()).await);
    assert_eq!(received(world.one())["os:scheduler_hints"], body["os:scheduler_hints"]);
    world.wait_status(&id, "ACTIVE").await;
    let shown = world.user("demo", "2.100").get(&format!("/servers/{id}")).await.json();
    assert_eq!(
        shown["server"]["scheduler_hints"],
        json!({"query": ["[\"=\", 1, 1]"], "different_host": ["0b5a0e1f-16a5-4a5a-bd32-0d9a7a1d0001"]}),
        "as Nova stores them, without the marker",
    );
    let mut body = world.body_in("RegionOne", "web");
    body["OS-SCH-HNT:scheduler_hints"] = json!({"different_host": ["0b5a0e1f-16a5-4a5a-bd32-0d9a7a1d0002"]});
    accepted(&world.demo().post("/servers", body).await);
    let got = world.one().nova.created_bodies().pop().expect("a boot");
    assert_eq!(got["OS-SCH-HNT:scheduler_hints"]["different_host"], json!(["0b5a0e1f-16a5-4a5a-bd32-0d9a7a1d0002"]));
    assert!(got["OS-SCH-HNT:scheduler_hints"]["cascade_intent"].is_string());
    assert!(got.get("os:scheduler_hints").is_none());
}

/// Under `/v2` alone they may, and are stripped where Nova strips them.
async fn names_have_no_spaces_at_their_ends(database: Arc<Database>) {
    let world = World::start(&database).await;
    let strict = "An invalid 'name' value was provided. The name must be: printable characters. Can not start or end with \
                  whitespace.";
    let blank = "An invalid 'name' value was provided. The name must be: printable characters with at least one non space \
                 character";
    let (demo, admin) = (world.demo(), world.user("admin", "2.1"));
    let old = |user: &str| Client::new(format!("{}/v2", world.top.url)).token(&world.cloud.token(user));
    let server = |field: &str, value: Value| {
        let mut body = world.body_in("RegionOne", "web");
        body["server"][field] = value;
        body
    };
    let group = |name: &str| json!({"server_group": {"name": name, "policies": ["affinity"]}});
    let flavor = |name: &str| json!({"flavor": {"name": name, "vcpus": 1, "ram": 64, "disk": 0}});
    for name in [" a", "a ", "\u{3000}a", "a\u{3000}", "\u{a0}"] {
        for (client, path, body) in [
            (&demo, "/servers", server("name", json!(name))),
            (&demo, "/servers", server("key_name", json!(name))),
            (&demo, "/servers", server("availability_zone", json!(name))),
            (&demo, "/servers", server("security_groups", json!([{ "name": name }]))),
            (&demo, "/os-keypairs", key_pairs::import(name)),
            (&demo, "/os-server-groups", group(name)),
            (&old("demo"), "/os-server-groups", group(name)),
            (&admin, "/flavors", flavor(name)),
        ] {
            assert_eq!(refused(&client.post(path, body).await, 400), strict, "{path} {name:?}");
        }
    }
    for name in ["", " ", "\u{3000}"] {
        assert_eq!(refused(&old("demo").post("/servers", server("name", json!(name))).await, 400), blank, "{name:?}");
        assert_eq!(refused(&old("admin").post("/flavors", flavor(name)).await, 400), blank, "{name:?}");
    }
    assert_eq!(world.boots_sent(), 0);
    let made = old("admin").post("/flavors", flavor(" big\u{3000}")).await.json();
    assert_eq!(made["flavor"]["name"], "big");
    let id = accepted(&old("demo").post("/servers", server("name", json!("\u{3000}web "))).await);
    assert_eq!(world.show(&id).await["name"], "web");
}
