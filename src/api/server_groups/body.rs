//! The body that makes a server group (`nova/api/openstack/compute/schemas/server_groups.py`).

use serde_json::{Value, json};

use crate::api::body::printed;
use crate::api::schema::{
    self, Check, Field, POSITIVE, STRICT_NAME, Schema, Type, integer, object, optional, required,
};
use crate::db::server_groups::policy::{AFFINITY, ANTI_AFFINITY, SOFT_AFFINITY, SOFT_ANTI_AFFINITY};
use crate::error::{ApiResult, Fault};
use crate::microversion::{Microversion, v2};

/// A group that is asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Any.
    pub name: String,
    /// One of `db::server_groups::policy`.
    pub policy: String,
    /// JSON object.
    pub rules: String,
}

const HARD: Schema = &[Check::Type(&[Type::String]), Check::OneOf(&[ANTI_AFFINITY, AFFINITY])];
const ANY: Schema =
    &[Check::Type(&[Type::String]), Check::OneOf(&[ANTI_AFFINITY, AFFINITY, SOFT_ANTI_AFFINITY, SOFT_AFFINITY])];

const HARD_LIST: Schema =
    &[Check::Type(&[Type::Array]), Check::First(HARD), Check::UniqueItems, Check::MinItems(1), Check::MaxItems(1)];
const ANY_LIST: Schema =
    &[Check::Type(&[Type::Array]), Check::First(ANY), Check::UniqueItems, Check::MinItems(1), Check::MaxItems(1)];

const RULES: &[Field] = &[optional("max_server_per_host", POSITIVE)];

const GROUP: &[Field] = &[
    required("name", STRICT_NAME),
    required("policies", HARD_LIST).until(14),
    required("policies", ANY_LIST).since(15).until(63),
    required("policy", ANY).since(64),
    optional("rules", object!(RULES)).since(64),
];

const BODY: &[Field] = &[required("server_group", object!(GROUP))];

/// Reads a body.
///
/// # Errors
/// 400 in Nova's words.
pub fn read(mut body: Value, version: Microversion, compat: bool) -> ApiResult<Wanted> {
    schema::validate(object!(BODY), &mut body, version, compat)?;
    let group = &body["server_group"];
    let policy = if version >= v2(64) { &group["policy"] } else { &group["policies"][0] };
    let policy = policy.as_str().unwrap_or_default();
    let most = &group["rules"]["max_server_per_host"];
    if !most.is_null() && policy != ANTI_AFFINITY {
        return Err(Fault::bad_request("Only anti-affinity policy supports rules."));
    }
    let rules = match integer(most) {
        Some(most) => json!({ "max_server_per_host": most }),
        None if most.is_null() => json!({}),
        None => {
            let reason = format!("invalid literal for int() with base 10: '{}'", printed(most));
            return Err(Fault::bad_request(format!("ValueError(\"{reason}\")")));
        }
    };
    Ok(Wanted {
        name: group["name"].as_str().unwrap_or_default().to_owned(),
        policy: policy.to_owned(),
        rules: rules.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(group: &Value, minor: u16) -> ApiResult<Wanted> {
        read(json!({ "server_group": group }), v2(minor), false)
    }

    #[test]
    fn groups_are_read_at_every_microversion() {
        let wanted =
            |policy: &str, rules: &str| Wanted { name: "g".into(), policy: policy.into(), rules: rules.into() };
        let read = |body: Value, minor| group(&body, minor).expect("a group");
        assert_eq!(read(json!({"name": "g", "policies": ["affinity"]}), 1), wanted(AFFINITY, "{}"));
        assert_eq!(read(json!({"name": "g", "policies": ["soft-affinity"]}), 15), wanted(SOFT_AFFINITY, "{}"));
        assert_eq!(read(json!({"name": "g", "policy": "affinity", "rules": {}}), 64), wanted(AFFINITY, "{}"));
        let ruled = json!({"name": "g", "policy": "anti-affinity", "rules": {"max_server_per_host": "02"}});
        assert_eq!(read(ruled, 64), wanted(ANTI_AFFINITY, "{\"max_server_per_host\":2}"));
    }

    #[test]
    fn refusals_are_novas() {
        let policies = |list: Value| group(&json!({"name": "g", "policies": list}), 1).expect_err("refused").message;
        for (list, reason) in [
            (json!([]), "policies. Value: []. [] should be non-empty"),
            (json!(["x"]), "0. Value: x. 'x' is not one of ['anti-affinity', 'affinity']"),
            (
                json!(["soft-affinity"]),
                "0. Value: soft-affinity. 'soft-affinity' is not one of ['anti-affinity', 'affinity']",
            ),
            (
                json!(["affinity", "affinity"]),
                "policies. Value: ['affinity', 'affinity']. ['affinity', 'affinity'] has non-unique elements",
            ),
            (
                json!(["affinity", "anti-affinity"]),
                "policies. Value: ['affinity', 'anti-affinity']. ['affinity', 'anti-affinity'] is too long",
            ),
            (json!("affinity"), "policies. Value: affinity. 'affinity' is not of type 'array'"),
            (json!([1]), "0. Value: 1. 1 is not of type 'string'"),
        ] {
            assert_eq!(policies(list), format!("Invalid input for field/attribute {reason}"));
        }
        let refused = |body: Value| group(&body, 64).expect_err("refused").message;
        let ruled = |policy: &str, rules: Value| refused(json!({"name": "g", "policy": policy, "rules": rules}));
        assert_eq!(ruled(AFFINITY, json!({"max_server_per_host": 2})), "Only anti-affinity policy supports rules.");
        let float = ruled(ANTI_AFFINITY, json!({"max_server_per_host": 2.0}));
        assert_eq!(float, "ValueError(\"invalid literal for int() with base 10: '2.0'\")");
        assert!(ruled(ANTI_AFFINITY, json!({"x": 1})).ends_with("('x' was unexpected)"));
        assert!(ruled(ANTI_AFFINITY, json!({"max_server_per_host": 0})).ends_with("0 is less than the minimum of 1"));
        assert!(refused(json!({"name": "g", "policies": ["affinity"]})).ends_with("'policy' is a required property"));
    }
}
