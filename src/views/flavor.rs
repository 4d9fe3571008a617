//! Flavor documents by microversion (nova/api/openstack/compute/views/flavors.py).

use serde_json::{Map, Value, json};

use super::links::Links;
use crate::db::flavors::Flavor;
use crate::microversion::{Microversion, v2};

/// As `GET /flavors` lists it.
#[must_use]
pub fn basic(flavor: &Flavor, links: &Links, version: Microversion) -> Value {
    let mut view = Map::new();
    view.insert("id".into(), json!(flavor.id));
    view.insert("name".into(), json!(flavor.name));
    view.insert("links".into(), links.both("flavors", &flavor.id));
    if version >= v2(55) {
        view.insert("description".into(), json!(flavor.description));
    }
    Value::Object(view)
}

/// In detail; `extra_specs` where the caller may see them.
#[must_use]
pub fn detail(flavor: &Flavor, links: &Links, version: Microversion, extra_specs: bool) -> Value {
    type Field = (&'static str, u16, u16, fn(&Flavor, Microversion) -> Value);
    /// Field, first and last minor version, value.
    const FIELDS: [Field; 12] = [
        ("id", 1, u16::MAX, |f, _| json!(f.id)),
        ("name", 1, u16::MAX, |f, _| json!(f.name)),
        ("ram", 1, u16::MAX, |f, _| json!(f.ram_mb)),
        ("disk", 1, u16::MAX, |f, _| json!(f.disk_gb)),
        ("swap", 1, u16::MAX, |f, v| if f.swap_mb == 0 && v < v2(75) { json!("") } else { json!(f.swap_mb) }),
        ("OS-FLV-EXT-DATA:ephemeral", 1, u16::MAX, |f, _| json!(f.ephemeral_gb)),
        ("OS-FLV-DISABLED:disabled", 1, 101, |f, _| json!(f.disabled)),
        ("vcpus", 1, u16::MAX, |f, _| json!(f.vcpus)),
        ("os-flavor-access:is_public", 1, u16::MAX, |f, _| json!(f.is_public)),
        ("rxtx_factor", 1, 101, |f, _| if f.rxtx_factor == 0.0 { json!("") } else { json!(f.rxtx_factor) }),
        ("description", 55, u16::MAX, |f, _| json!(f.description)),
        ("extra_specs", 61, u16::MAX, |f, _| Value::Object(f.specs())),
    ];
    let mut view = Map::new();
    for (name, first, last, value) in FIELDS {
        if (v2(first)..=v2(last)).contains(&version) && (name != "extra_specs" || extra_specs) {
            view.insert(name.into(), value(flavor, version));
        }
    }
    view.insert("links".into(), links.both("flavors", &flavor.id));
    Value::Object(view)
}
