//! Key pair documents by microversion (nova/api/openstack/compute/views/keypairs.py).

use serde_json::{Map, Value, json};

use crate::db::clock;
use crate::db::key_pairs::KeyPair;
use crate::microversion::{Microversion, v2};

/// A field, its first minor version, and its value.
type Field = (&'static str, u16, fn(&KeyPair) -> Value);

const LISTED: [Field; 4] = [
    ("name", 1, |key| json!(key.name)),
    ("public_key", 1, |key| json!(key.public_key)),
    ("fingerprint", 1, |key| json!(key.fingerprint)),
    ("type", 2, |key| json!(key.kind)),
];

const OWNER: Field = ("user_id", 1, |key| json!(key.user_id));

const SHOWN: [Field; 5] = [
    ("created_at", 1, |key| json!(clock::iso(key.created_at).replace('Z', ".000000"))),
    // Nova shows these and never fills them.
    ("deleted", 1, |_| json!(false)),
    ("deleted_at", 1, |_| Value::Null),
    ("updated_at", 1, |_| Value::Null),
    ("id", 1, |key| json!(key.serial)),
];

/// In `GET /os-keypairs`.
#[must_use]
pub fn listed(key: &KeyPair, version: Microversion) -> Value {
    json!({ "keypair": document(key, version, &[&LISTED]) })
}

/// `GET /os-keypairs/{name}`
#[must_use]
pub fn shown(key: &KeyPair, version: Microversion) -> Value {
    json!({ "keypair": document(key, version, &[&LISTED, &[OWNER], &SHOWN]) })
}

/// The answer to `POST /os-keypairs`; with the private key where it was generated.
#[must_use]
pub fn created(key: &KeyPair, private_key: Option<&str>, version: Microversion) -> Value {
    let mut view = document(key, version, &[&LISTED, &[OWNER]]);
    if let Some(private_key) = private_key {
        view.insert("private_key".into(), json!(private_key));
    }
    json!({ "keypair": view })
}

fn document(key: &KeyPair, version: Microversion, tables: &[&[Field]]) -> Map<String, Value> {
    let fields = tables.iter().copied().flatten().filter(|(_, since, _)| version >= v2(*since));
    fields.map(|(name, _, value)| ((*name).to_owned(), value(key))).collect()
}
