//! What of a boot's body the top reads or keeps, as `nova/api/openstack/compute/schemas/servers.py` has it, in its order.
//! Every other field is the region's to judge.

use serde_json::Value;
use uuid::Uuid;

use crate::api::schema::Check::{Any, Fields, Items, MaxLength, MinLength, Pattern, Type as OfType, Uuid as OfUuid};
use crate::api::schema::{Field, NAME, Schema, Type, optional, required};

const OBJECT: &[Type] = &[Type::Object];
const ARRAY: &[Type] = &[Type::Array];
const STRING: &[Type] = &[Type::String];

/// The whole body.
pub(super) const BODY: Schema = &[OfType(OBJECT), Fields(&[required("server", &[OfType(OBJECT), Fields(SERVER)])])];

const SERVER: &[Field] = &[
    required("name", NAME),
    optional("imageRef", &[Any(is_image)]),
    required("flavorRef", &[OfType(&[Type::String, Type::Integer]), MinLength(1)]),
    optional("networks", &[OfType(ARRAY), Items(&[OfType(OBJECT), Fields(NETWORK)])]).until(36),
    optional("networks", &[Any(are_networks)]).since(37).required_since(37),
    optional("availability_zone", NAME),
    optional("block_device_mapping", &[OfType(ARRAY), Items(&[OfType(OBJECT), Fields(LEGACY_DEVICE)])]),
    optional("block_device_mapping_v2", &[OfType(ARRAY), Items(&[OfType(OBJECT), Fields(DEVICE)])]),
    optional("key_name", NAME),
    optional("security_groups", &[OfType(ARRAY), Items(&[OfType(OBJECT), Fields(SECURITY_GROUP)])]),
];

const NETWORK: &[Field] = &[
    optional("port", &[OfType(&[Type::String, Type::Null]), OfUuid]),
    // Nova looks at its form later, and not beside a port.
    optional("uuid", &[OfType(STRING)]),
];
const ID: Schema = &[OfType(STRING), OfUuid];
const LEGACY_DEVICE: &[Field] = &[optional("snapshot_id", ID), optional("volume_id", ID)];
const DEVICE: &[Field] =
    &[optional("uuid", &[OfType(STRING), MinLength(1), MaxLength(255), Pattern("^[a-zA-Z0-9._-]*$", is_device_id)])];
const SECURITY_GROUP: &[Field] = &[optional("name", NAME)];

/// `image_id_or_empty_string`
fn is_image(value: &Value) -> bool {
    value == "" || is_uuid(value)
}

fn is_port(value: &Value) -> bool {
    value.is_null() || is_uuid(value)
}

fn is_uuid(value: &Value) -> bool {
    value.as_str().is_some_and(|text| Uuid::parse_str(text).is_ok())
}

fn is_device_id(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

/// From 2.37 on: some networks, or a word.
fn are_networks(value: &Value) -> bool {
    let is_network =
        |item: &Value| item.is_object() && item.get("port").is_none_or(is_port) && item.get("uuid").is_none_or(is_uuid);
    value == "auto" || value == "none" || value.as_array().is_some_and(|items| items.iter().all(is_network))
}
