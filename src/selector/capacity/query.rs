//! What a flavor asks of Placement, as Nova's scheduler puts it (nova/scheduler/utils.py, `ResourceRequest`).
//!
//! Only what the flavor says in the clear. What Nova makes of `hw:…` and of the image's properties is left to the
//! region's scheduler: a region that passes here may still find no host, one that is taken out would find none.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use regex::Regex;

use crate::db::flavors::Flavor;
use crate::query::segment;

/// `resources<group>:CLASS` and `trait<group>:TRAIT`.
static KEY: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\A(resources|trait)([a-zA-Z0-9_-]{1,64})?:(.*)\z").ok());

/// Hosts that Nova has marked as disabled are never asked for.
const DISABLED: &str = "root_required=%21COMPUTE_STATUS_DISABLED";

/// One question to Placement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// By group; that without a name is the host itself.
    groups: BTreeMap<String, Group>,
    policy: Option<String>,
    /// Extra specs say what is asked for.
    special: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Group {
    resources: BTreeMap<String, u64>,
    /// `TRAIT` or `!TRAIT`.
    traits: Vec<String>,
}

impl Query {
    /// What a server of a flavor needs; one that boots from a volume has its root disk there.
    #[must_use]
    pub fn of(flavor: &Flavor, from_volume: bool) -> Self {
        let mut query = Self::default();
        let specs = flavor.specs();
        let text = |key: &str| specs.get(key).and_then(serde_json::Value::as_str);
        for (key, value) in &specs {
            query.add(key, value.as_str().unwrap_or_default());
        }
        query.policy = text("group_policy").filter(|policy| ["none", "isolate"].contains(policy)).map(str::to_owned);
        let said = |query: &Self, class: &str| query.groups.values().any(|group| group.resources.contains_key(class));
        let size = |number: i32| u64::try_from(number).unwrap_or(0);
        // Whether pinned cores are VCPU or PCPU is for each region's configuration to say.
        let pinned = text("hw:cpu_policy").is_some_and(|policy| policy != "shared");
        if !pinned && !said(&query, "VCPU") && !said(&query, "PCPU") {
            query.host().resources.insert("VCPU".into(), size(flavor.vcpus));
        }
        if !said(&query, "MEMORY_MB") {
            query.host().resources.insert("MEMORY_MB".into(), size(flavor.ram_mb));
        }
        if !said(&query, "DISK_GB") {
            let root = if from_volume { 0 } else { size(flavor.disk_gb) };
            let disk = root + size(flavor.ephemeral_gb) + size(flavor.swap_mb).div_ceil(1_024);
            query.host().resources.insert("DISK_GB".into(), disk);
        }
        for group in query.groups.values_mut() {
            // An extra spec of 0 takes a resource away.
            group.resources.retain(|_, amount| *amount > 0);
        }
        query.groups.retain(|_, group| *group != Group::default());
        if query.policy.is_none() && query.groups.keys().filter(|name| !name.is_empty()).count() > 1 {
            query.policy = Some("none".into());
        }
        query
    }

    /// The query string, for so many hosts at most.
    #[must_use]
    pub fn render(&self, hosts_max: usize) -> String {
        let mut text = String::new();
        for (name, group) in &self.groups {
            let amounts = group.resources.iter().map(|(class, amount)| format!("{}:{amount}", segment(class)));
            let lists = [
                ("resources", amounts.collect::<Vec<_>>()),
                ("required", group.traits.iter().map(|name| segment(name)).collect()),
            ];
            for (key, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
                let _ = write!(text, "{key}{name}={}&", list.join(","));
            }
        }
        if let Some(policy) = &self.policy {
            let _ = write!(text, "group_policy={policy}&");
        }
        let _ = write!(text, "{DISABLED}&limit={hosts_max}");
        text
    }

    /// True where extra specs ask for more, or for other things, than the flavor's sizes.
    #[must_use]
    pub fn is_special(&self) -> bool {
        self.special
    }

    fn host(&mut self) -> &mut Group {
        self.groups.entry(String::new()).or_default()
    }

    /// Takes an extra spec in, as far as it is about Placement; Nova passes over values that it does not know.
    fn add(&mut self, key: &str, value: &str) {
        let Some(parts) = KEY.as_ref().and_then(|key_form| key_form.captures(key)) else { return };
        let part = |number: usize| parts.get(number).map_or("", |part| part.as_str());
        let (kind, group, name) = (part(1), part(2).to_owned(), part(3).to_owned());
        let wanted = match (kind, value) {
            ("trait", "required") => Some(name.clone()),
            ("trait", "forbidden") => Some(format!("!{name}")),
            _ => None,
        };
        if let Some(wanted) = wanted {
            self.groups.entry(group).or_default().traits.push(wanted);
        } else if let ("resources", Ok(amount)) = (kind, value.parse()) {
            self.groups.entry(group).or_default().resources.insert(name, amount);
        } else {
            return;
        }
        self.special = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::selector::fixtures::flavor;
    use serde_json::{Value, json};

    fn query(specs: &Value, from_volume: bool) -> String {
        let mut flavor = flavor();
        (flavor.vcpus, flavor.ram_mb, flavor.disk_gb) = (2, 4096, 20);
        (flavor.ephemeral_gb, flavor.swap_mb) = (1, 1025);
        flavor.extra_specs = specs.to_string();
        Query::of(&flavor, from_volume).render(9)
    }

    const END: &str = "&root_required=%21COMPUTE_STATUS_DISABLED&limit=9";

    #[test]
    fn a_flavors_sizes_are_asked_for() {
        assert_eq!(query(&json!({}), false), format!("resources=DISK_GB:23,MEMORY_MB:4096,VCPU:2{END}"));
        assert_eq!(query(&json!({}), true), format!("resources=DISK_GB:3,MEMORY_MB:4096,VCPU:2{END}"));
        assert_eq!(
            query(&json!({"hw:cpu_policy": "dedicated"}), true),
            format!("resources=DISK_GB:3,MEMORY_MB:4096{END}")
        );
    }

    #[test]
    fn extra_specs_replace_them_and_add_to_them() {
        let specs = json!({"resources:VCPU": "0", "resources:CUSTOM_BAREMETAL": "1", "resources:MEMORY_MB": "x",
            "resources:DISK_GB": "0", "trait:CUSTOM_GOLD": "required", "trait:HW_CPU_X86_VMX": "forbidden",
            "hw:mem_page_size": "large", "trait:CUSTOM_ODD": "maybe"});
        let host = "resources=CUSTOM_BAREMETAL:1,MEMORY_MB:4096&required=CUSTOM_GOLD,%21HW_CPU_X86_VMX";
        assert_eq!(query(&specs, false), format!("{host}{END}"));
    }

    #[test]
    fn groups_of_their_own_stay_apart() {
        let one = json!({"resources1:VGPU": "1", "trait1:CUSTOM_A": "required"});
        let host = "resources=DISK_GB:23,MEMORY_MB:4096,VCPU:2";
        assert_eq!(query(&one, false), format!("{host}&resources1=VGPU:1&required1=CUSTOM_A{END}"));
        let two = json!({"resources1:VGPU": "1", "resources2:VGPU": "1"});
        assert_eq!(query(&two, false), format!("{host}&resources1=VGPU:1&resources2=VGPU:1&group_policy=none{END}"));
        let apart = json!({"resources1:VGPU": "1", "group_policy": "isolate"});
        assert_eq!(query(&apart, false), format!("{host}&resources1=VGPU:1&group_policy=isolate{END}"));
    }

    #[test]
    fn what_is_special_is_said() {
        let special = |specs: &Value| {
            let mut flavor = flavor();
            flavor.extra_specs = specs.to_string();
            Query::of(&flavor, false).is_special()
        };
        assert!(!special(&json!({"hw:cpu_policy": "dedicated"})));
        assert!(special(&json!({"trait:CUSTOM_A": "required"})));
    }
}
