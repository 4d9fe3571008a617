//! What a boot's body asks of the top: what is needed to choose a region. All else is the region's to judge, with the
//! body passed on whole (invariant 3).

use serde_json::{Map, Value};

use crate::api::body::{self, invalid, python};
use crate::error::{ApiResult, Fault};
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
    let (least, most) = counts(server)?;
    if most > 1 {
        alone(server, version)?;
    }
    let reservation_only = flag(server, "return_reservation_id")?;
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

/// `min_count` and `max_count` (schemas/servers.py; `parameter_types.py`, `positive_integer`).
fn counts(server: &Map<String, Value>) -> ApiResult<(usize, usize)> {
    let count = |key: &str| server.get(key).map(|value| positive(key, value)).transpose();
    let least = count("min_count")?.unwrap_or(1);
    let most = count("max_count")?.unwrap_or(least);
    if least > most {
        return Err(Fault::bad_request("min_count must be <= max_count"));
    }
    Ok((least, most))
}

fn positive(key: &str, value: &Value) -> ApiResult<usize> {
    let wrong = |reason: String| invalid(key, value, &reason);
    let number = match value {
        Value::Number(number) if number.is_i64() || number.is_u64() => number.to_string(),
        Value::String(text) if text.is_empty() => return Err(wrong("'' is too short".into())),
        Value::String(text) if text.bytes().all(|b| b.is_ascii_digit()) => text.clone(),
        Value::String(text) => return Err(wrong(format!("'{text}' does not match '^[0-9]*$'"))),
        other => return Err(wrong(format!("{} is not of type 'integer', 'string'", python(other)))),
    };
    match number.parse() {
        Ok(0) | Err(_) if !number.starts_with(|c: char| ('1'..='9').contains(&c)) => {
            Err(wrong(format!("{number} is less than the minimum of 1")))
        }
        Ok(number) => Ok(number),
        Err(_) => Err(wrong(format!("{number} is too large"))),
    }
}

/// What only one server can have (nova/compute/api.py, `create` and `_check_multiple_instances_*`).
fn alone(server: &Map<String, Value>, version: Microversion) -> ApiResult<()> {
    let items = |key: &str| server.get(key).and_then(Value::as_array).into_iter().flatten();
    if items("networks").any(|network| network["fixed_ip"].is_string() && network["uuid"].is_string()) {
        let reason = "max_count cannot be greater than 1 if an fixed_ip is specified.";
        return Err(Fault::bad_request(format!("Failed to launch instances: {reason}")));
    }
    if items("networks").any(|network| network["port"].is_string()) {
        let reason = "Unable to launch multiple instances with a single configured port ID. Please launch your instance \
                      one by one with different ports.";
        return Err(Fault::bad_request(format!("Failed to launch instances: {reason}")));
    }
    if version >= v2(90) && server.get("hostname").is_some_and(|name| !name.is_null()) {
        return Err(Fault::bad_request("Unable to allocate a single hostname to multiple instances"));
    }
    let of_volume = |device: &Value| device["source_type"] == "volume" || device["volume_id"].is_string();
    if items("block_device_mapping_v2").chain(items("block_device_mapping")).any(of_volume) {
        return Err(Fault::bad_request("Cannot attach one or more volumes to multiple instances"));
    }
    Ok(())
}

/// A boolean in any of Nova's spellings (`parameter_types.py`, `boolean`); every text counts as true there.
fn flag(server: &Map<String, Value>, key: &str) -> ApiResult<bool> {
    match server.get(key) {
        None => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(Value::String(text)) if BOOLEANS.contains(&text.as_str()) => Ok(true),
        Some(other) => {
            let names: Vec<String> = BOOLEANS.iter().map(|name| format!("'{name}'")).collect();
            let (yes, no) = names.split_at(names.len() / 2);
            let reason =
                format!("{} is not one of [True, {}, False, {}]", python(other), yes.join(", "), no.join(", "));
            Err(invalid(key, other, &reason))
        }
    }
}

const BOOLEANS: [&str; 20] = [
    "True", "TRUE", "true", "1", "ON", "On", "on", "YES", "Yes", "yes", "False", "FALSE", "false", "0", "OFF", "Off",
    "off", "NO", "No", "no",
];

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
        let several = |field: Value| {
            let mut server = json!({"name": "a", "flavorRef": "1", "max_count": 2, "networks": []});
            server.as_object_mut().expect("an object").extend(field.as_object().expect("an object").clone());
            refused(server, v2(90))
        };
        assert!(several(json!({"networks": [{"port": "p"}]})).starts_with("Failed to launch instances: Unable to"));
        assert!(several(json!({"networks": [{"uuid": "n", "fixed_ip": "10.0.0.1"}]})).contains("max_count cannot be"));
        assert!(several(json!({"hostname": "h"})).contains("a single hostname"));
        assert!(several(json!({"block_device_mapping_v2": [{"source_type": "volume"}]})).contains("more volumes"));
        assert!(several(json!({"min_count": 0})).ends_with("0 is less than the minimum of 1"));
        assert!(several(json!({"min_count": "x"})).ends_with("'x' does not match '^[0-9]*$'"));
        assert!(several(json!({"return_reservation_id": "maybe"})).contains("'maybe' is not one of [True, 'True',"));
    }
}
