//! What an update of limits may say (`nova/api/openstack/compute/schemas/quota_sets.py`, `quota_classes.py`).

use serde_json::Value;

use crate::api::schema::Check::{Maximum, Minimum, Pattern};
use crate::api::schema::{BOOLEAN, Check, Field, Schema, Type, integer, object, optional, required};
use crate::db::quota::resource as name;

/// The largest limit Nova's database holds.
const LIMIT_MAX: f64 = 2_147_483_647.0;

const LIMIT: Schema =
    &[Check::Type(&[Type::Integer, Type::String]), Pattern("^-?[0-9]+$", is_number), Minimum(-1.0), Maximum(LIMIT_MAX)];

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

const SET_FIELDS: &[Field] = &[
    optional(name::INSTANCES, LIMIT),
    optional(name::CORES, LIMIT),
    optional(name::RAM, LIMIT),
    optional(name::FLOATING_IPS, LIMIT).until(35),
    optional(name::FIXED_IPS, LIMIT).until(35),
    optional(name::METADATA_ITEMS, LIMIT),
    optional(name::KEY_PAIRS, LIMIT),
    optional(name::SECURITY_GROUPS, LIMIT).until(35),
    optional(name::SECURITY_GROUP_RULES, LIMIT).until(35),
    optional(name::INJECTED_FILES, LIMIT).until(56),
    optional(name::INJECTED_FILE_CONTENT_BYTES, LIMIT).until(56),
    optional(name::INJECTED_FILE_PATH_BYTES, LIMIT).until(56),
    optional(name::SERVER_GROUPS, LIMIT),
    optional(name::SERVER_GROUP_MEMBERS, LIMIT),
    optional("force", BOOLEAN),
];

const CLASS_FIELDS: &[Field] = &[
    optional(name::INSTANCES, LIMIT),
    optional(name::CORES, LIMIT),
    optional(name::RAM, LIMIT),
    optional(name::FLOATING_IPS, LIMIT).until(49),
    optional(name::FIXED_IPS, LIMIT).until(49),
    optional(name::METADATA_ITEMS, LIMIT),
    optional(name::KEY_PAIRS, LIMIT),
    optional(name::SECURITY_GROUPS, LIMIT).until(49),
    optional(name::SECURITY_GROUP_RULES, LIMIT).until(49),
    optional(name::INJECTED_FILES, LIMIT).until(56),
    optional(name::INJECTED_FILE_CONTENT_BYTES, LIMIT).until(56),
    optional(name::INJECTED_FILE_PATH_BYTES, LIMIT).until(56),
    optional(name::SERVER_GROUPS, LIMIT),
    optional(name::SERVER_GROUP_MEMBERS, LIMIT),
];

/// Of a project or user.
pub(super) const SET: Schema = object!(&[required("quota_set", object!(SET_FIELDS))]);

/// Of a class.
pub(in crate::api) const CLASS: Schema = object!(&[required("quota_class_set", object!(CLASS_FIELDS))]);

/// The limits in a body that has passed its schema.
pub(in crate::api) fn limits(set: &Value) -> Vec<(String, i64)> {
    let fields = set.as_object().into_iter().flatten();
    fields.filter(|(name, _)| *name != "force").filter_map(|(name, v)| Some((name.clone(), integer(v)?))).collect()
}
