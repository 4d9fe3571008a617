//! A boot with every field that Nova's schema has, and what of it arrived in the region.

use serde_json::{Value, json};

use crate::support::{ONE, Stage, TWO, lab};

/// Fields of a boot, and where the region shows them to an admin at 2.96.
const SHOWN: [(&str, &str); 9] = [
    ("/name", "/name"),
    ("/metadata", "/metadata"),
    ("/accessIPv4", "/accessIPv4"),
    ("/accessIPv6", "/accessIPv6"),
    ("/description", "/description"),
    ("/key_name", "/key_name"),
    ("/user_data", "/OS-EXT-SRV-ATTR:user_data"),
    ("/hostname", "/OS-EXT-SRV-ATTR:hostname"),
    ("/OS-DCF:diskConfig", "/OS-DCF:diskConfig"),
];

#[test]
fn every_field_of_a_boot_arrives_in_its_region() {
    let stage = Stage::new();
    let key = json!({ "keypair": { "name": "e2e-whole", "type": "ssh", "public_key":
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4 me@host" } });
    stage.ask("POST", "/os-keypairs").version("2.92").json(&key).send();
    for (region, zone, local_zone) in [(ONE, "RegionOne-nova-a", "nova-a"), (TWO, "RegionTwo-east", "east")] {
        let more = json!({
            "accessIPv4": "192.0.2.7", "accessIPv6": "2001:db8::7", "adminPass": "s3cr3t-Pass",
            "availability_zone": zone, "config_drive": true, "description": "all of it", "hostname": "whole-body",
            "key_name": "e2e-whole", "metadata": { "a": "b", "c": "d" }, "OS-DCF:diskConfig": "MANUAL",
            "security_groups": [{ "name": "default" }], "tags": ["one", "two"], "user_data": "IyEvYmluL3NoCg==",
            "block_device_mapping_v2": [{ "boot_index": 0, "uuid": lab::image("cirros"), "source_type": "image",
                "destination_type": "local", "delete_on_termination": true, "tag": "root" }],
            "min_count": 1, "max_count": 1, "return_reservation_id": false,
        });
        let networks = json!([{ "uuid": lab::network(ONE, "lab-net"), "tag": "nic" }]);
        let mut body = stage.boot_body(&format!("e2e-whole-{region}"), networks, more);
        body["OS-SCH-HNT:scheduler_hints"] = json!({ "custom": "hint" });
        let answer = stage.ask("POST", "/servers").version("2.96").json(&body).send().expect(202).json();
        assert_eq!(answer["server"]["adminPass"], "s3cr3t-Pass", "{answer}");
        let id = answer["server"]["id"].as_str().expect("an id").to_owned();
        stage.wait_status(&id, "ACTIVE", 90);
        let below = stage.ask_region_as_admin(region, "GET", &format!("/servers/{id}")).version("2.100");
        let below = below.send().expect(200).json()["server"].clone();
        for (asked, shown) in SHOWN {
            assert_eq!(body["server"].pointer(asked), below.pointer(shown), "{asked} in {region}: {below}");
        }
        assert_eq!(below["OS-EXT-AZ:availability_zone"], local_zone, "{below}");
        assert_eq!(below["config_drive"], "True", "{below}");
        assert_eq!(sorted(&below["tags"]), ["one", "two"]);
        assert_eq!(below["security_groups"], json!([{ "name": "default" }]), "{below}");
        assert_eq!(below["flavor"]["original_name"], "m1.tiny", "{below}");
        assert_eq!(below["image"]["id"], lab::image("cirros"), "{below}");
        assert!(below["addresses"]["lab-net"].is_array(), "{below}");
        // The hints of the client, and the marker, which no user of the top sees.
        assert_eq!(below["scheduler_hints"]["custom"], json!(["hint"]), "{below}");
        assert!(below["scheduler_hints"]["cascade_intent"].is_array(), "{below}");
        let above = stage.show(&id);
        for (asked, shown) in SHOWN.iter().filter(|(_, shown)| !shown.starts_with("/OS-EXT-SRV-ATTR")) {
            assert_eq!(body["server"].pointer(asked), above.pointer(shown), "{asked} on top: {above}");
        }
    }
    stage.ask("DELETE", "/os-keypairs/e2e-whole").version("2.92").send();
}

fn sorted(list: &Value) -> Vec<String> {
    let mut texts: Vec<String> =
        list.as_array().into_iter().flatten().map(|text| text.as_str().unwrap_or_default().to_owned()).collect();
    texts.sort();
    texts
}
