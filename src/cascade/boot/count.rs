//! How many servers a boot asks for, and what only one can have.

use serde_json::{Map, Value};

use crate::api::body::{BOOLEANS, invalid, no_boolean, python};
use crate::db::text::{NAME_MAX, fits};
use crate::error::{ApiResult, Fault};
use crate::microversion::{Microversion, v2};

/// `min_count` and `max_count` (schemas/servers.py; `parameter_types.py`, `positive_integer`).
pub(super) fn counts(server: &Map<String, Value>) -> ApiResult<(usize, usize)> {
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
        Value::String(text) if text.is_empty() => return Err(wrong("'' should be non-empty".into())),
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
pub(super) fn alone(server: &Map<String, Value>, version: Microversion) -> ApiResult<()> {
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

/// The number behind each name must leave room for it; Nova's database does not take a longer one, and Nova answers 500.
pub(super) fn check_name(name: &str, most: usize) -> ApiResult<()> {
    if fits(&format!("{name}-{most}"), NAME_MAX) {
        return Ok(());
    }
    let value = Value::from(name);
    Err(invalid("name", &value, &format!("{} is too long for {most} servers", python(&value))))
}

/// A boolean in any of Nova's spellings (`parameter_types.py`, `boolean`); every text counts as true there.
pub(super) fn flag(server: &Map<String, Value>, key: &str) -> ApiResult<bool> {
    match server.get(key) {
        None => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(Value::String(text)) if BOOLEANS.contains(&text.as_str()) => Ok(true),
        Some(other) => Err(invalid(key, other, &no_boolean(other))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::ask::read;
    use super::*;
    use serde_json::json;

    const ID: &str = "0b5a0e1f-16a5-4a5a-bd32-0d9a7a1d0001";

    #[test]
    fn counts_are_refused_in_novas_words() {
        let several = |field: Value| {
            let mut server = json!({"name": "a", "flavorRef": "1", "max_count": 2, "networks": []});
            server.as_object_mut().expect("an object").extend(field.as_object().expect("an object").clone());
            read(json!({ "server": server }), v2(90), false).expect_err("refused").message
        };
        assert!(several(json!({"networks": [{"port": ID}]})).starts_with("Failed to launch instances: Unable to"));
        assert!(several(json!({"networks": [{"uuid": ID, "fixed_ip": "10.0.0.1"}]})).contains("max_count cannot be"));
        assert!(several(json!({"hostname": "web"})).contains("a single hostname"));
        assert!(several(json!({"block_device_mapping_v2": [{"source_type": "volume"}]})).contains("more volumes"));
        assert!(several(json!({"name": "a".repeat(254)})).ends_with("is too long for 2 servers"));
        assert!(several(json!({"min_count": 0})).ends_with("0 is less than the minimum of 1"));
        assert!(several(json!({"min_count": "x"})).ends_with("'x' does not match '^[0-9]*$'"));
        assert!(several(json!({"return_reservation_id": "maybe"})).contains("'maybe' is not one of [True, 'True',"));
    }
}
