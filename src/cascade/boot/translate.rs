//! The body as one region gets it: the ids of things that are called otherwise there (D10).

use serde_json::{Value, json};

use super::ask::Request;
use crate::selector::{Facts, Kind};

/// The body for the region of `facts`, but for its hints (`super::hints`).
#[must_use]
pub fn for_region(request: &Request, facts: &Facts, local_flavor_id: &str, local_zone: Option<&str>) -> Value {
    let mut body = request.body.clone();
    if let Some(server) = body.get_mut("server").and_then(Value::as_object_mut) {
        // How many, and how that is answered, is the top's affair: a region makes one.
        for key in ["min_count", "max_count", "return_reservation_id"] {
            server.shift_remove(key);
        }
        server.insert("flavorRef".into(), json!(local_flavor_id));
        let local = |kind: Kind| move |named: &str| facts.local(kind, named).map(str::to_owned);
        replace(server.get_mut("imageRef"), local(Kind::Image));
        for network in items(server.get_mut("networks")) {
            replace(network.get_mut("uuid"), local(Kind::Network));
        }
        for device in items(server.get_mut("block_device_mapping_v2")) {
            if device["source_type"] == "image" {
                replace(device.get_mut("uuid"), local(Kind::Image));
            }
        }
        for group in items(server.get_mut("security_groups")) {
            replace(group.get_mut("name"), local(Kind::SecurityGroup));
        }
        if let Some((_, host)) = &request.zone {
            match format!("{}{host}", local_zone.unwrap_or_default()) {
                zone if zone.is_empty() => server.shift_remove("availability_zone"),
                zone => server.insert("availability_zone".into(), json!(zone)),
            };
        }
    }
    body
}

fn items(value: Option<&mut Value>) -> impl Iterator<Item = &mut Value> {
    value.and_then(Value::as_array_mut).into_iter().flatten()
}

fn replace(value: Option<&mut Value>, with: impl Fn(&str) -> Option<String>) {
    if let Some(value) = value
        && let Some(new) = value.as_str().and_then(with)
    {
        *value = Value::String(new);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cascade::boot::ask;
    use crate::microversion::v2;
    use crate::selector::{Has, fixtures};

    const NETWORK: &str = "0b5a0e1f-16a5-4a5a-bd32-0d9a7a1d0001";
    const IMAGE: &str = "0b5a0e1f-16a5-4a5a-bd32-0d9a7a1d0002";

    fn facts() -> Facts {
        let mut facts = fixtures::facts("R");
        for (kind, named, local) in [
            (Kind::Network, NETWORK, "local-net"),
            (Kind::Image, IMAGE, "local-image"),
            (Kind::SecurityGroup, "top-group", "local-group"),
            (Kind::SecurityGroup, "web", "web"),
        ] {
            facts.has.insert((kind, named.into()), Has::Yes(local.into()));
        }
        facts
    }

    #[test]
    fn ids_are_replaced_and_nothing_is_dropped() {
        let body = json!({"server": {"name": "n", "flavorRef": "f", "imageRef": IMAGE, "user_data": "eA==",
            "networks": [{"uuid": NETWORK, "fixed_ip": "10.0.0.9", "tag": "t"}], "availability_zone": "R",
            "security_groups": [{"name": "default"}, {"name": "web"}, {"name": "top-group"}],
            "block_device_mapping_v2": [{"source_type": "image", "uuid": IMAGE, "boot_index": 0}]},
            "OS-SCH-HNT:scheduler_hints": {"query": "x"}});
        let request = ask::read(body, v2(42), false).expect("read");
        let sent = for_region(&request, &facts(), "local-flavor", Some(""));
        assert_eq!(
            sent,
            json!({"server": {"name": "n", "flavorRef": "local-flavor", "imageRef": "local-image", "user_data": "eA==",
                "networks": [{"uuid": "local-net", "fixed_ip": "10.0.0.9", "tag": "t"}],
                "security_groups": [{"name": "default"}, {"name": "web"}, {"name": "local-group"}],
                "block_device_mapping_v2": [{"source_type": "image", "uuid": "local-image", "boot_index": 0}]},
                "OS-SCH-HNT:scheduler_hints": {"query": "x"}})
        );
    }
}
