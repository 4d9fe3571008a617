//! Server group documents by microversion (`nova/api/openstack/compute/server_groups.py`, `_format_server_group`).

use serde_json::{Map, Value, json};

use crate::db::server_groups::ServerGroup;
use crate::microversion::{Microversion, v2};

type Field = (&'static str, u16, u16, fn(&ServerGroup, &[String]) -> Value);

/// Field, first and last minor version, value.
const FIELDS: [Field; 9] = [
    ("id", 1, u16::MAX, |group, _| json!(group.id)),
    ("name", 1, u16::MAX, |group, _| json!(group.name)),
    ("policies", 1, 63, |group, _| json!([group.policy])),
    // Nova has none, and shows so.
    ("metadata", 1, 63, |_, _| json!({})),
    ("policy", 64, u16::MAX, |group, _| json!(group.policy)),
    ("rules", 64, u16::MAX, |group, _| Value::Object(group.rules())),
    ("members", 1, u16::MAX, |_, members| json!(members)),
    ("project_id", 13, u16::MAX, |group, _| json!(group.project_id)),
    ("user_id", 13, u16::MAX, |group, _| json!(group.user_id)),
];

/// A group with these servers in it.
#[must_use]
pub fn document(group: &ServerGroup, members: &[String], version: Microversion) -> Value {
    let fields = FIELDS.iter().filter(|(_, first, last, _)| (v2(*first)..=v2(*last)).contains(&version));
    Value::Object(fields.map(|(name, _, _, value)| ((*name).to_owned(), value(group, members))).collect::<Map<_, _>>())
}
