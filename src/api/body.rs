//! Request bodies: JSON, and refusals in the words of Nova's validators (nova/api/validation/validators.py).

use bytes::Bytes;
use http::StatusCode;
use serde_json::{Map, Value};

use crate::error::{ApiResult, Fault};

/// Parses a body; none at all is `null`, as in Nova.
///
/// # Errors
/// 400 `Malformed request body`.
pub fn parse(bytes: &Bytes) -> ApiResult<Value> {
    if bytes.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(bytes).map_err(|_| Fault::bad_request("Malformed request body"))
}

/// The body of an action, an object of exactly one key (nova/api/openstack/wsgi.py, `action_peek`). What Python has no
/// keys of is, when it is of length one, not found.
///
/// # Errors
/// 400 `Malformed request body`, or 404.
pub fn action(bytes: &Bytes) -> ApiResult<Value> {
    let malformed = || Fault::bad_request("Malformed request body");
    let body: Value = serde_json::from_slice(bytes).map_err(|_| malformed())?;
    let length = match &body {
        Value::Object(object) => object.len(),
        Value::Array(items) => items.len(),
        Value::String(text) => text.chars().count(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 1,
    };
    match (length, body.is_object()) {
        (1, true) => Ok(body),
        (1, false) => Err(Fault::bare(StatusCode::NOT_FOUND)),
        _ => Err(malformed()),
    }
}

/// The object under `key` of a body that must be an object.
///
/// # Errors
/// 400 as jsonschema words it.
pub fn member<'a>(body: &'a Value, key: &str) -> ApiResult<&'a Map<String, Value>> {
    let object =
        body.as_object().ok_or_else(|| Fault::bad_request(format!("{} is not of type 'object'", python(body))))?;
    let inner = object.get(key).ok_or_else(|| Fault::bad_request(format!("'{key}' is a required property")))?;
    inner.as_object().ok_or_else(|| invalid(key, inner, &format!("{} is not of type 'object'", python(inner))))
}

/// Nova's spellings of a boolean, those of true first (`parameter_types.py`, `boolean`).
pub const BOOLEANS: [&str; 20] = [
    "True", "TRUE", "true", "1", "ON", "On", "on", "YES", "Yes", "yes", "False", "FALSE", "false", "0", "OFF", "Off",
    "off", "NO", "No", "no",
];

/// Why a value is none of them.
#[must_use]
pub fn no_boolean(value: &Value) -> String {
    let names: Vec<String> = BOOLEANS.iter().map(|name| format!("'{name}'")).collect();
    let (yes, no) = names.split_at(names.len() / 2);
    format!("{} is not one of [True, {}, False, {}]", python(value), yes.join(", "), no.join(", "))
}

/// 400 for a field's value.
#[must_use]
pub fn invalid(field: &str, value: &Value, reason: &str) -> Fault {
    refusal(field, &printed(value), reason)
}

/// 400 for a field whose value is printed as this.
#[must_use]
pub fn refusal(field: &str, value: &str, reason: &str) -> Fault {
    Fault::bad_request(format!("Invalid input for field/attribute {field}. Value: {value}. {reason}"))
}

/// A value as Python's `str` has it: text without quotes.
#[must_use]
pub fn printed(value: &Value) -> String {
    value.as_str().map_or_else(|| python(value), str::to_owned)
}

/// A value as Python prints it, since Nova's messages do.
#[must_use]
pub fn python(value: &Value) -> String {
    match value {
        Value::Null => "None".into(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::Number(number) if number.is_f64() => super::python::float(number.as_f64().unwrap_or_default()),
        Value::Number(number) => number.to_string(),
        Value::String(text) => super::python::text(text),
        Value::Array(items) => format!("[{}]", items.iter().map(python).collect::<Vec<_>>().join(", ")),
        Value::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| format!("'{key}': {}", python(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn refusals_are_novas() {
        let refused = |body: Value| member(&body, "server").expect_err("refused").message;
        assert_eq!(refused(Value::Null), "None is not of type 'object'");
        assert_eq!(refused(json!({})), "'server' is a required property");
        assert_eq!(
            refused(json!({"server": [1, true, "a"]})),
            "Invalid input for field/attribute server. Value: [1, True, 'a']. [1, True, 'a'] is not of type 'object'"
        );
    }
}
