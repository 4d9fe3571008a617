//! Quota sets, quota classes and limits: one table of the resources, by microversion
//! (`nova/api/openstack/compute/{quota_sets,quota_classes,views/limits}.py`).

use serde_json::{Map, Value, json};

use crate::db::quota::resource as name;
use crate::microversion::Microversion;

/// No version.
const NEVER: u16 = u16::MAX;

/// A resource and where it is shown.
struct Shown {
    /// As quota sets and classes call it.
    name: &'static str,
    /// Last minor version of quota sets.
    set_until: u16,
    /// First minor version of quota classes.
    class_since: u16,
    /// Last minor version of quota classes.
    class_until: u16,
    /// The names of its limit in `/limits`, each with its last minor version.
    limits: &'static [(&'static str, u16)],
    /// The name of what is in use in `/limits`, with its last minor version.
    used: Option<(&'static str, u16)>,
}

const fn shown(name: &'static str, limits: &'static [(&'static str, u16)]) -> Shown {
    Shown { name, set_until: NEVER, class_since: 1, class_until: NEVER, limits, used: None }
}

impl Shown {
    const fn used(self, name: &'static str) -> Self {
        Self { used: Some((name, NEVER)), ..self }
    }

    /// Nova's proxies once counted it; nothing enforces it.
    const fn of_networks(self, used: Option<&'static str>) -> Self {
        let used = match used {
            Some(name) => Some((name, 35)),
            None => None,
        };
        Self { set_until: 35, class_until: 49, used, ..self }
    }

    const fn of_files(self) -> Self {
        Self { set_until: 56, class_until: 56, ..self }
    }

    const fn of_groups(self) -> Self {
        Self { class_since: 50, ..self }
    }
}

static TABLE: [Shown; 14] = [
    shown(name::INSTANCES, &[("maxTotalInstances", NEVER)]).used("totalInstancesUsed"),
    shown(name::CORES, &[("maxTotalCores", NEVER)]).used("totalCoresUsed"),
    shown(name::RAM, &[("maxTotalRAMSize", NEVER)]).used("totalRAMUsed"),
    shown(name::METADATA_ITEMS, &[("maxServerMeta", NEVER), ("maxImageMeta", 38)]),
    shown(name::INJECTED_FILES, &[("maxPersonality", 56)]).of_files(),
    shown(name::INJECTED_FILE_CONTENT_BYTES, &[("maxPersonalitySize", 56)]).of_files(),
    shown(name::INJECTED_FILE_PATH_BYTES, &[]).of_files(),
    shown(name::KEY_PAIRS, &[("maxTotalKeypairs", NEVER)]),
    shown(name::SERVER_GROUPS, &[("maxServerGroups", NEVER)]).of_groups().used("totalServerGroupsUsed"),
    shown(name::SERVER_GROUP_MEMBERS, &[("maxServerGroupMembers", NEVER)]).of_groups(),
    shown(name::FIXED_IPS, &[]).of_networks(None),
    shown(name::FLOATING_IPS, &[("maxTotalFloatingIps", 35)]).of_networks(Some("totalFloatingIpsUsed")),
    shown(name::SECURITY_GROUPS, &[("maxSecurityGroups", 35)]).of_networks(Some("totalSecurityGroupsUsed")),
    shown(name::SECURITY_GROUP_RULES, &[("maxSecurityGroupRules", 35)]).of_networks(None),
];

/// `{"quota_set": {…}}`, with `id` where the answer names whose it is.
#[must_use]
pub fn set(id: Option<&str>, version: Microversion, value: impl Fn(&'static str) -> Value) -> Value {
    let mut set: Map<String, Value> = id.map(|id| ("id".to_owned(), json!(id))).into_iter().collect();
    for shown in TABLE.iter().filter(|shown| version.minor <= shown.set_until) {
        set.insert(shown.name.into(), value(shown.name));
    }
    json!({ "quota_set": set })
}

/// `{"quota_class_set": {…}}`
#[must_use]
pub fn class(id: Option<&str>, version: Microversion, value: impl Fn(&'static str) -> i64) -> Value {
    let mut set: Map<String, Value> = id.map(|id| ("id".to_owned(), json!(id))).into_iter().collect();
    let is_in = |shown: &&Shown| (shown.class_since..=shown.class_until).contains(&version.minor);
    for shown in TABLE.iter().filter(is_in) {
        set.insert(shown.name.into(), json!(value(shown.name)));
    }
    json!({ "quota_class_set": set })
}

/// `{"limits": {"rate": [], "absolute": {…}}}`
#[must_use]
pub fn limits(version: Microversion, limit: impl Fn(&str) -> i64, in_use: impl Fn(&str) -> i64) -> Value {
    let mut absolute = Map::new();
    for shown in &TABLE {
        for (name, _) in shown.limits.iter().filter(|(_, until)| version.minor <= *until) {
            absolute.insert((*name).into(), json!(limit(shown.name)));
        }
        if let Some((name, _)) = shown.used.filter(|(_, until)| version.minor <= *until) {
            absolute.insert(name.into(), json!(in_use(shown.name)));
        }
    }
    json!({ "limits": { "rate": [], "absolute": absolute } })
}
