//! Where a boot goes: by zone, by network, by image.

use serde_json::{Value, json};

use crate::support::http::Ask;
use crate::support::{ONE, Stage, TOP, TWO, cli, eventually, lab};

/// The networks of a server's ports, as its region's Neutron has them.
fn networks(stage: &Stage, region: &str, id: &str) -> Vec<String> {
    let url = format!("{}/v2.0/ports?device_id={id}", lab::url(region, "network"));
    let ports = Ask::new("GET", url).token(&stage.admin).send().expect(200).json()["ports"].take();
    let ports = ports.as_array().expect("ports");
    ports.iter().map(|port| port["network_id"].as_str().expect("an id").to_owned()).collect()
}

#[test]
fn a_zone_chooses_the_region_and_the_place_in_it() {
    let stage = Stage::new();
    let create = |name: &str, zone: &str, network: &[&str]| {
        let fixed = ["server", "create", "--image", "cirros", "--flavor", "m1.tiny", "--availability-zone", zone];
        let created = cli::openstack("demo", TOP, &[&fixed, network, &["--wait", name]].concat());
        assert_eq!(created["status"], "ACTIVE", "{created}");
        created["id"].as_str().expect("an id").to_owned()
    };
    // A region's name: anywhere in it. No network: nothing to map.
    let bare = create("e2e-bare", "RegionTwo", &["--nic", "none"]);
    assert_eq!(stage.region_of(&bare), TWO);
    assert_eq!(stage.show(&bare)["addresses"], json!({}));
    assert_eq!(stage.show(&bare)["OS-EXT-AZ:availability_zone"], "RegionTwo");
    // A zone of it; the network that the catalog shows is RegionOne's, and another one in RegionTwo.
    let east = create("e2e-east", "RegionTwo-east", &["--network", "lab-net"]);
    assert_eq!(stage.region_of(&east), TWO);
    let below = stage.ask_region(TWO, "GET", &format!("/servers/{east}")).send().expect(200).json();
    assert_eq!(below["server"]["OS-EXT-AZ:availability_zone"], "east");
    assert_eq!(networks(&stage, TWO, &east), [lab::network(TWO, "lab-net")]);
    // So it is for a server that gets an interface later.
    let interface = json!({ "interfaceAttachment": { "net_id": lab::network(ONE, "lab-net") } });
    stage.ask("POST", &format!("/servers/{bare}/os-interface")).json(&interface).send().expect(200);
    assert_eq!(networks(&stage, TWO, &bare), [lab::network(TWO, "lab-net")]);
    eventually(30, "the new address on top", || {
        let addresses = stage.show(&bare)["addresses"].clone();
        if addresses["lab-net"].is_array() { Ok(()) } else { Err(addresses.to_string()) }
    });
}

#[test]
fn a_network_of_one_region_chooses_that_region() {
    let stage = Stage::new();
    let network = lab::network(TWO, "net-two-only");
    let nic = format!("net-id={network}");
    // Twice: with nothing but the number of servers to go by, one of them would be in RegionOne.
    for name in ["e2e-own-net-1", "e2e-own-net-2"] {
        let boot = ["boot", "--image", "cirros", "--flavor", "m1.tiny", "--nic", &nic, "--poll", name];
        let id = cli::property(&cli::nova("demo", TOP, &boot), "id").expect("an id");
        assert_eq!(stage.show(&id)["status"], "ACTIVE");
        assert_eq!(stage.region_of(&id), TWO);
        assert_eq!(networks(&stage, TWO, &id), [network.as_str()]);
    }
}

#[test]
fn an_image_of_one_region_chooses_that_region() {
    let stage = Stage::new();
    let network = json!([{ "uuid": lab::network(ONE, "lab-net") }]);
    let image = lab::image("only-one");
    for name in ["e2e-own-image-1", "e2e-own-image-2"] {
        let id = stage.boot(name, network.clone(), json!({ "imageRef": image }));
        assert_eq!(stage.region_of(&id), ONE);
        assert_eq!(stage.show(&id)["image"]["id"], Value::String(image.clone()));
    }
    // And where the zone says otherwise, there is no place for it.
    let more = json!({ "imageRef": image, "availability_zone": TWO });
    let body = stage.boot_body("e2e-nowhere", network, more);
    let answer = stage.ask("POST", "/servers").version("2.96").json(&body).send().expect(400);
    assert_eq!(answer.fault().0, "badRequest", "{}", answer.text);
}
