//! `/os-keypairs`: the top's own, and how they come into a region.

mod answers;
mod below;
mod create;
mod names;
mod quota;

use serde_json::{Value, json};

use crate::sim::Answer;

/// Two keys of other people's machines, and what Nova says of them.
pub const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4 me@host";
pub const FINGERPRINT: &str = "f1:02:17:de:ef:c1:30:83:11:8b:82:a0:0e:67:7f:d5";
pub const OTHER_KEY: &str = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBCbvzr0O6eNKZpGH4Y\
                             s6kSKy9zOUW2Scyfn5Ien52tgSkCOL3pzHuzMNFQxncE3SWucFUgV0S28xv0BwdFhy0OY=";

/// A body that imports [`KEY`].
pub fn import(name: &str) -> Value {
    import_key(name, KEY)
}

/// A body that imports a key.
pub fn import_key(name: &str, public_key: &str) -> Value {
    json!({"keypair": {"name": name, "public_key": public_key}})
}

/// The names in a list.
#[track_caller]
pub fn listed(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{answer:?}");
    let list = answer.json()["keypairs"].as_array().expect("a list").clone();
    list.iter().map(|item| item["keypair"]["name"].as_str().expect("a name").to_owned()).collect()
}
