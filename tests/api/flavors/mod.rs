//! `/flavors`: the top's own, how they come into a region, and how they are kept there.

mod access;
mod extra_specs;
mod kept;
mod push;
mod read;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use nova_cascade::db::flavors::{self, Flavor};
use serde_json::json;

use crate::sim::{Answer, nova};
use crate::support::{World, flavor};

/// Extra specs, swap, ephemeral disk, a description, and access for demo alone.
pub fn special() -> Flavor {
    Flavor {
        vcpus: 8,
        ram_mb: 16_384,
        disk_gb: 80,
        ephemeral_gb: 10,
        swap_mb: 512,
        is_public: false,
        description: Some("for the few".into()),
        extra_specs: json!({"hw:cpu_policy": "dedicated", "x:y": "z"}).to_string(),
        ..flavor("42", "g1.special")
    }
}

pub async fn add_special(world: &World) {
    let demo = world.cloud.keystone.project_id("demo");
    flavors::import(&world.db, &special(), &[demo]).await.expect("a flavor");
}

/// The same one in a simulated region.
pub fn simulated(world: &World) -> nova::Flavor {
    let mut same = nova::Flavor::new("42", "g1.special", 8, 16_384, 80);
    (same.ephemeral, same.swap, same.is_public) = (10, 512, false);
    same.description = Some("for the few".into());
    same.extra_specs =
        BTreeMap::from([("hw:cpu_policy", "dedicated"), ("x:y", "z")].map(|(k, v)| (k.into(), v.into())));
    same.projects = BTreeSet::from([world.cloud.keystone.project_id("demo")]);
    same
}

/// The ids of a list's flavors.
#[track_caller]
pub fn ids(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["flavors"].as_array().unwrap().iter().map(|f| f["id"].as_str().unwrap().to_owned()).collect()
}
