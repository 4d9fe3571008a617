//! Kinds of things that a boot names and a region must have, and how a region is asked for one.

use serde_json::Value;
use uuid::Uuid;

use crate::query::segment;
use crate::regions::forward::Service;

/// A kind of thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// In Neutron; has equivalents.
    Network,
    /// In Neutron; pins.
    Port,
    /// In Neutron; has equivalents. Named by id or by name.
    SecurityGroup,
    /// In Glance; has equivalents.
    Image,
    /// In Cinder; pins.
    Volume,
    /// In Cinder; pins.
    Snapshot,
}

impl Kind {
    /// Its name in the table of equivalents.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Port => "port",
            Self::SecurityGroup => "security_group",
            Self::Image => "image",
            Self::Volume => "volume",
            Self::Snapshot => "snapshot",
        }
    }

    /// Its name for people.
    #[must_use]
    pub fn words(self) -> &'static str {
        if self == Self::SecurityGroup { "security group" } else { self.name() }
    }

    /// Where it is asked for.
    #[must_use]
    pub fn service(self) -> Service {
        match self {
            Self::Network | Self::Port | Self::SecurityGroup => Service::Network,
            Self::Image => Service::Image,
            Self::Volume | Self::Snapshot => Service::Volume,
        }
    }

    /// The questions that find one, in their order: it is there where one of them is answered with it.
    pub(super) fn paths(self, project_id: &str, named: &str) -> Vec<String> {
        let id = segment(named);
        match self {
            Self::Network => vec![format!("/networks/{id}")],
            Self::Port => vec![format!("/ports/{id}")],
            Self::SecurityGroup => {
                let by_name =
                    format!("/security-groups?name={id}&project_id={}&fields=id&limit=1", segment(project_id));
                // What looks like an id can be a name all the same.
                let by_id = Uuid::parse_str(named).is_ok().then(|| format!("/security-groups/{id}"));
                by_id.into_iter().chain([by_name]).collect()
            }
            Self::Image => vec![format!("/images/{id}")],
            Self::Volume => vec![format!("/{}/volumes/{id}", segment(project_id))],
            Self::Snapshot => vec![format!("/{}/snapshots/{id}", segment(project_id))],
        }
    }

    /// Whether an admin's answer tells of something that members of the project see too: it is the project's, or for
    /// all. What is shared with single projects is not seen by this.
    pub(super) fn seen_by(self, project_id: &str, document: &Value) -> bool {
        let owner = match self {
            Self::Image => &document["owner"],
            Self::Volume => &document["os-vol-tenant-attr:tenant_id"],
            Self::Snapshot => &document["os-extended-snapshot-attributes:project_id"],
            Self::Network | Self::Port | Self::SecurityGroup => &document["tenant_id"],
        };
        let for_all = match self {
            Self::Image => matches!(document["visibility"].as_str(), Some("public" | "community")),
            Self::Network => document["shared"] == true || document["router:external"] == true,
            _ => false,
        };
        for_all || owner == project_id
    }
}

/// The thing in a region's answer: alone or the first of a list, under its name or, as Glance has it, under none.
pub(super) fn thing(answer: Value) -> Option<Value> {
    let Value::Object(mut members) = answer else { return None };
    if members.contains_key("id") {
        return Some(Value::Object(members));
    }
    let list = members.keys().find(|name| !name.ends_with("_links")).cloned()?;
    match members.remove(&list)? {
        Value::Array(mut items) => (!items.is_empty()).then(|| items.swap_remove(0)),
        one @ Value::Object(_) => Some(one),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_security_group_is_found_by_id_and_by_name() {
        let id = "0b5a0e1f-16a5-4a5a-bd32-0d9a7a1d0001";
        let by_name = |name: &str| format!("/security-groups?name={name}&project_id=p&fields=id&limit=1");
        assert_eq!(Kind::SecurityGroup.paths("p", "web%20x"), [by_name("web%2520x")]);
        assert_eq!(Kind::SecurityGroup.paths("p", id), [format!("/security-groups/{id}"), by_name(id)]);
    }

    #[test]
    fn what_an_answer_tells_of_is_found_in_each_form() {
        assert_eq!(thing(json!({"network": {"id": "n"}})), Some(json!({"id": "n"})));
        assert_eq!(thing(json!({"security_groups": []})), None);
        assert_eq!(
            thing(json!({"security_groups_links": [], "security_groups": [{"id": "s"}]})),
            Some(json!({"id": "s"}))
        );
        assert_eq!(thing(json!({"id": "i", "owner": "p"})), Some(json!({"id": "i", "owner": "p"})));
        assert_eq!(thing(json!("welcome")), None);
    }

    #[test]
    fn an_admin_tells_what_a_project_sees() {
        assert!(Kind::Network.seen_by("p", &json!({"tenant_id": "q", "shared": true})));
        assert!(Kind::Port.seen_by("p", &json!({"tenant_id": "p"})));
        assert!(!Kind::Port.seen_by("p", &json!({"tenant_id": "q", "shared": true})));
        assert!(Kind::Image.seen_by("p", &json!({"owner": "q", "visibility": "public"})));
        assert!(!Kind::Image.seen_by("p", &json!({"owner": "q", "visibility": "private"})));
        assert!(Kind::Volume.seen_by("p", &json!({"os-vol-tenant-attr:tenant_id": "p"})));
    }
}
