//! What a boot's body asks of the top: what is needed to choose a region. All else is the region's to judge, with the
//! body passed on whole (invariant 3).

use serde_json::{Map, Value};

use super::count;
use crate::api::body::{self, invalid, python};
use crate::error::ApiResult;
use crate::microversion::{Microversion, v2};

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
pub fn read(body: Value, version: Microversion) -> ApiResult<Request> {
    let server = body::member(&body, "server")?;
    required(server, "name")?;
    required(server, "flavorRef")?;
    let name = string(server, "name")?.trim().to_owned();
    let flavor_id = match &server["flavorRef"] {
        Value::String(text) if !text.is_empty() => text.rsplit('/').next().unwrap_or_default().to_owned(),
        Value::Number(number) => number.to_string(),
        other => {
            return Err(invalid("flavorRef", other, &format!("{} is not of type 'string', 'integer'", python(other))));
        }
    };
    let image = server.get("imageRef").map(|_| string(server, "imageRef")).transpose()?;
    let image = image.filter(|id| !id.is_empty()).map(|id| id.rsplit('/').next().unwrap_or_default().to_owned());
    let (networks, ports) = networks(server, version)?;
    let zone = server.get("availability_zone").map(|_| string(server, "availability_zone")).transpose()?;
    let (least, most) = count::counts(server)?;
    if most > 1 {
        count::alone(server, version)?;
    }
    let reservation_only = count::flag(server, "return_reservation_id")?;
    Ok(Request {
        name,
        flavor_id,
        image: image.or_else(|| block_device_image(server)),
        networks,
        ports,
        zone: zone.filter(|zone| !zone.is_empty()).map(|zone| {
            let end = zone.find(':').unwrap_or(zone.len());
            (zone[..end].to_owned(), zone[end..].to_owned())
        }),
        least,
        most,
        reservation_only,
        body,
    })
}

fn required(server: &Map<String, Value>, key: &str) -> ApiResult<()> {
    if server.contains_key(key) {
        return Ok(());
    }
    Err(invalid("server", &Value::Object(server.clone()), &format!("'{key}' is a required property")))
}

fn string(server: &Map<String, Value>, key: &str) -> ApiResult<String> {
    let value = &server[key];
    let text =
        value.as_str().ok_or_else(|| invalid(key, value, &format!("{} is not of type 'string'", python(value))))?;
    Ok(text.to_owned())
}

/// Networks and ports named; from 2.37 on the key must be there.
fn networks(server: &Map<String, Value>, version: Microversion) -> ApiResult<(Vec<String>, Vec<String>)> {
    let (mut networks, mut ports) = (Vec::new(), Vec::new());
    let items = match server.get("networks") {
        None if version >= v2(37) => {
            required(server, "networks")?;
            return Ok((networks, ports));
        }
        None => return Ok((networks, ports)),
        Some(Value::String(text)) if version >= v2(37) && (text == "auto" || text == "none") => {
            return Ok((networks, ports));
        }
        Some(Value::Array(items)) => items,
        Some(other) => return Err(invalid("networks", other, &format!("{} is not of type 'array'", python(other)))),
    };
    for item in items {
        let object = item
            .as_object()
            .ok_or_else(|| invalid("networks", item, &format!("{} is not of type 'object'", python(item))))?;
        // A port says its network itself; Nova ignores a network beside it.
        match (object.get("port").and_then(Value::as_str), object.get("uuid").and_then(Value::as_str)) {
            (Some(port), _) => ports.push(port.to_owned()),
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
    use serde_json::json;

    #[test]
    fn what_the_selector_needs_is_read() {
        let body = json!({"server": {"name": " a ", "flavorRef": "http://x/flavors/42", "imageRef": "i",
            "networks": [{"uuid": "n"}, {"uuid": "n"}], "availability_zone": "R1-z:h",
            "min_count": "2", "max_count": 3}});
        let request = read(body, v2(42)).expect("read");
        assert_eq!((request.name.as_str(), request.flavor_id.as_str()), ("a", "42"));
        assert_eq!((request.least, request.most, request.reservation_only), (2, 3, false));
        assert_eq!((request.networks, request.ports), (vec!["n".to_owned()], Vec::new()));
        assert_eq!(request.zone, Some(("R1-z".into(), ":h".into())));
    }

    #[test]
    fn malformed_bodies_are_refused_in_novas_words() {
        let refused = |server: Value, version| read(json!({ "server": server }), version).expect_err("refused").message;
        assert!(refused(json!({"name": "a"}), v2(1)).ends_with("'flavorRef' is a required property"));
        assert!(refused(json!({"name": "a", "flavorRef": "1"}), v2(37)).ends_with("'networks' is a required property"));
        assert_eq!(
            refused(json!({"name": 1, "flavorRef": "1"}), v2(1)),
            "Invalid input for field/attribute name. Value: 1. 1 is not of type 'string'"
        );
        let counts = json!({"name": "a", "flavorRef": "1", "min_count": 3, "max_count": 2});
        assert_eq!(refused(counts, v2(1)), "min_count must be <= max_count");
    }
}
