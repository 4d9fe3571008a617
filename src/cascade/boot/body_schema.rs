//! What of a boot's body the top reads or keeps, and what makes Nova fail, as
//! `nova/api/openstack/compute/schemas/servers.py` has it, in its order. Every other field is the region's to judge.

use serde_json::Value;
use uuid::Uuid;

use super::formats::{is_base64, is_fqdn, is_hostname, is_tag};
use crate::api::schema::Check::{
    Any, Fields, Format, Items, MaxItems, MaxLength, MinLength, OneOf, Pattern, Type as OfType, TypeByMode,
    Uuid as OfUuid,
};
use crate::api::schema::{BOOLEAN, Check, Field, NAME, Schema, Type, optional, printable, required};

const OBJECT: &[Type] = &[Type::Object];
const ARRAY: &[Type] = &[Type::Array];
const STRING: &[Type] = &[Type::String];

/// The whole body.
pub(super) const BODY: Schema = &[OfType(OBJECT), Fields(&[required("server", &[OfType(OBJECT), Fields(SERVER)])])];

const SERVER: &[Field] = &[
    required("name", NAME),
    optional("imageRef", &[Any(is_image)]),
    required("flavorRef", &[OfType(&[Type::String, Type::Integer]), MinLength(1)]),
    optional("adminPass", &[OfType(STRING)]),
    optional("networks", &[OfType(ARRAY), Items(&[OfType(OBJECT), Fields(NETWORK)])]).until(36),
    optional("networks", &[Any(are_networks)]).since(37).required_since(37),
    optional("OS-DCF:diskConfig", &[OfType(STRING), OneOf(&["AUTO", "MANUAL"])]),
    optional("personality", &[OfType(ARRAY), Items(&[OfType(OBJECT), Fields(FILE)])]).until(56),
    optional("availability_zone", NAME),
    optional("block_device_mapping", &[OfType(ARRAY), Items(&[OfType(OBJECT), Fields(LEGACY_DEVICE)])]),
    optional("block_device_mapping_v2", &[OfType(ARRAY), Items(&[OfType(OBJECT), Fields(DEVICE)])]),
    optional("config_drive", BOOLEAN),
    optional("key_name", NAME),
    optional("security_groups", &[OfType(ARRAY), Items(&[OfType(OBJECT), Fields(SECURITY_GROUP)])]),
    optional("user_data", &[TypeByMode(STRING, &[Type::String, Type::Null]), BASE64, MaxLength(65_535)]),
    optional("description", DESCRIPTION).since(19),
    optional("tags", &[OfType(ARRAY), Items(TAG), MaxItems(50)]).since(52),
    optional("host", FQDN).since(74),
    optional("hypervisor_hostname", FQDN).since(74),
    optional("hostname", HOSTNAME).since(90).until(93),
    optional("hostname", FQDN).since(94),
];

const BASE64: Check = Format("base64", is_base64);
/// Nova's schema asks for neither, and Nova fails where one is missing.
const FILE: &[Field] = &[required("path", &[OfType(STRING)]), required("contents", &[OfType(STRING), BASE64])];
/// What a message shows of the expression is not its every character.
const DESCRIPTION: Schema =
    &[OfType(&[Type::String, Type::Null]), Pattern("^[printable characters]*$", printable), MaxLength(255)];
const TAG: Schema = &[OfType(STRING), Pattern("^[^,/]*$", is_tag), MinLength(1), MaxLength(60)];
const FQDN: Schema = &[OfType(STRING), Pattern("^[a-zA-Z0-9-._]*$", is_fqdn), MinLength(1), MaxLength(255)];
const HOSTNAME: Schema =
    &[OfType(STRING), Pattern("^[a-zA-Z0-9]+[a-zA-Z0-9-]*[a-zA-Z0-9]+$", is_hostname), MinLength(2), MaxLength(63)];

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
