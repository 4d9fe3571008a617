//! What a boot's body asks of the top: what is needed to choose a region. All else is the region's to judge, with the
//! body passed on whole (invariant 3).

use serde_json::{Map, Value};
use uuid::Uuid;

use super::body_schema::BODY;
use super::count;
use crate::api::{body, schema};
use crate::error::{ApiResult, Fault};
use crate::microversion::Microversion;

/// A boot's body, read.
#[derive(Clone, Debug)]
pub struct Request {
    /// The whole body.
    pub body: Value,
    /// Server name.
    pub name: String,
    /// The top's flavor id.
    pub flavor_id: String,
    /// Image to boot from.
    pub image: Option<String>,
    /// Networks named.
    pub networks: Vec<String>,
    /// Ports named.
    pub ports: Vec<String>,
    /// Zone, and what follows it (`:host:node`).
    pub zone: Option<(String, String)>,
    /// Servers wanted at least.
    pub least: usize,
    /// Servers wanted at most.
    pub most: usize,
    /// To be answered with the reservation id alone.
    pub reservation_only: bool,
}

/// Reads a body.
///
/// # Errors
/// 400 in Nova's words where it is malformed in what the top needs.
pub fn read(mut body: Value, version: Microversion, compat: bool) -> ApiResult<Request> {
    schema::validate(BODY, &mut body, version, compat)?;
    let server = body::member(&body, "server")?;
    let text = |key: &str| server.get(key).and_then(Value::as_str).unwrap_or_default();
    // Nova's `normalize_name`: the schema lets spaces at its ends pass under /v2 alone.
    let name = text("name").trim().to_owned();
    let flavor_id = match &server["flavorRef"] {
        Value::String(text) => text.rsplit('/').next().unwrap_or_default().to_owned(),
        number => number.to_string(),
    };
    let image = Some(text("imageRef")).filter(|id| !id.is_empty()).map(str::to_owned);
    let (networks, ports) = networks(server)?;
    let zone = text("availability_zone");
    let (least, most) = count::counts(server)?;
    if most > 1 {
        count::alone(server, version)?;
        count::check_name(&name, most)?;
    }
    let reservation_only = count::flag(server, "return_reservation_id")?;
    let end = zone.find(':').unwrap_or(zone.len());
    let zone = (!zone.is_empty()).then(|| (zone[..end].to_owned(), zone[end..].to_owned()));
    Ok(Request {
        name,
        flavor_id,
        image: image.or_else(|| block_device_image(server)),
        networks,
        ports,
        zone,
        least,
        most,
        reservation_only,
        body,
    })
}

/// Networks and ports named; 400 for a network that is no id (nova/api/openstack/compute/servers.py, `_validate_network_id`).
fn networks(server: &Map<String, Value>) -> ApiResult<(Vec<String>, Vec<String>)> {
    let (mut networks, mut ports) = (Vec::new(), Vec::new());
    for item in server.get("networks").and_then(Value::as_array).into_iter().flatten() {
        // A port says its network itself; Nova ignores a network beside it.
        match (item["port"].as_str(), item["uuid"].as_str()) {
            (Some(port), _) => ports.push(port.to_owned()),
            (None, Some(network)) if Uuid::parse_str(network).is_err() => {
                let message = format!("Bad networks format: network uuid is not in proper format ({network})");
                return Err(Fault::bad_request(message));
            }
            (None, Some(network)) if !networks.iter().any(|known| known == network) => {
                networks.push(network.to_owned());
            }
            _ => {}
        }
    }
    Ok((networks, ports))
}

/// The image of the device that is booted from, where no `imageRef` says it.
fn block_device_image(server: &Map<String, Value>) -> Option<String> {
    let devices = server.get("block_device_mapping_v2")?.as_array()?;
    let from_image = |device: &&Value| {
        device["source_type"] == "image" && (device["boot_index"] == 0 || device["boot_index"] == "0")
    };
    devices.iter().find(from_image)?["uuid"].as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::microversion::v2;
    use serde_json::json;

    const ID: &str = "0b5a0e1f-16a5-4a5a-bd32-0d9a7a1d0001";

    #[test]
    fn what_the_selector_needs_is_read() {
        let body = json!({"server": {"name": "a", "flavorRef": "http://x/flavors/42", "imageRef": ID,
            "networks": [{"uuid": ID}, {"uuid": ID}], "availability_zone": "R1-z:h",
            "min_count": "2", "max_count": 3}});
        let request = read(body, v2(42), false).expect("read");
        assert_eq!((request.name.as_str(), request.flavor_id.as_str()), ("a", "42"));
        assert_eq!((request.least, request.most, request.reservation_only), (2, 3, false));
        assert_eq!((request.networks, request.ports), (vec![ID.to_owned()], Vec::new()));
        assert_eq!((request.zone, request.image), (Some(("R1-z".into(), ":h".into())), Some(ID.to_owned())));
        let spaced = json!({"server": {"name": " a ", "flavorRef": 42}});
        assert!(read(spaced.clone(), v2(1), false).is_err());
        assert_eq!(read(spaced, v2(1), true).expect("read").name, "a", "under /v2");
    }

    #[test]
    fn malformed_bodies_are_refused_in_novas_words() {
        let refused =
            |server: Value, minor| read(json!({ "server": server }), v2(minor), false).expect_err("refused").message;
        assert!(refused(json!({"name": "a"}), 1).ends_with("'flavorRef' is a required property"));
        assert!(refused(json!({"name": "a", "flavorRef": "1"}), 37).ends_with("'networks' is a required property"));
        let field = |field: &str, value: Value, minor| {
            let mut server = json!({"name": "a", "flavorRef": "1", "networks": []});
            server[field] = value;
            let message = refused(server, minor);
            message.strip_prefix("Invalid input for field/attribute ").map_or(message.clone(), str::to_owned)
        };
        let (long, none) = ("x".repeat(256), "is not valid under any of the given schemas");
        for (name, value, words) in [
            ("name", json!(1), "name. Value: 1. 1 is not of type 'string'".to_owned()),
            ("name", json!(long), format!("name. Value: {long}. '{long}' is too long")),
            ("imageRef", json!("x"), format!("imageRef. Value: x. 'x' {none}")),
            ("flavorRef", json!(""), "flavorRef. Value: . '' should be non-empty".to_owned()),
            ("flavorRef", json!(1.5), "flavorRef. Value: 1.5. 1.5 is not of type 'string', 'integer'".to_owned()),
            (
                "networks",
                json!([{"uuid": "x"}]),
                format!("networks. Value: [{{'uuid': 'x'}}]. [{{'uuid': 'x'}}] {none}"),
            ),
            ("availability_zone", json!(long), format!("availability_zone. Value: {long}. '{long}' is too long")),
            ("key_name", json!(null), "key_name. Value: None. None is not of type 'string'".to_owned()),
            ("security_groups", json!([5]), "0. Value: 5. 5 is not of type 'object'".to_owned()),
            ("security_groups", json!([{"name": ""}]), "name. Value: . '' should be non-empty".to_owned()),
            (
                "block_device_mapping_v2",
                json!([{"uuid": "a b"}]),
                "uuid. Value: a b. 'a b' does not match '^[a-zA-Z0-9._-]*$'".to_owned(),
            ),
            (
                "block_device_mapping",
                json!([{"volume_id": "x"}]),
                "volume_id. Value: x. 'x' is not a 'uuid'".to_owned(),
            ),
        ] {
            assert_eq!(field(name, value, 104), words);
        }
        assert_eq!(field("networks", json!(5), 1), "networks. Value: 5. 5 is not of type 'array'");
        assert_eq!(field("networks", json!([5]), 1), "0. Value: 5. 5 is not of type 'object'");
        let counts = json!({"name": "a", "flavorRef": "1", "min_count": 3, "max_count": 2});
        assert_eq!(refused(counts, 1), "min_count must be <= max_count");
    }
}
