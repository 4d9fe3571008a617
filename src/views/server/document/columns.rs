//! The columns that a document decides.

use serde_json::{Map, Value, json};

use super::{Names, Told, hints};
use crate::db::clock;
use crate::db::servers::Documented;
use crate::db::text::fits;

/// Characters of a tag, as in Nova (`nova/objects/tag.py`, `MAX_TAG_LENGTH`).
const TAG_MAX: usize = 60;

impl Told {
    /// The columns. `flavor` is the id and name the row had, kept where the region's flavor is not known on top, and
    /// where another flavor has the name by now; `settled` is decided by the caller, who knows of holds.
    #[must_use]
    pub fn columns(mut self, names: &Names, flavor: (&str, &str), asked_zone: Option<&str>) -> Documented {
        let known = self.flavor_on_top(names);
        let known = known.filter(|(_, name)| flavor.0.is_empty() || name != flavor.1).cloned();
        let (flavor_id, flavor_name) = known.unwrap_or_else(|| {
            let name = self.flavor_name().filter(|_| flavor.1.is_empty()).unwrap_or(flavor.1).to_owned();
            (if flavor.0.is_empty() { name.clone() } else { flavor.0.to_owned() }, name)
        });
        if let Some(Value::Object(embedded)) = self.document.get_mut("flavor")
            && embedded.contains_key("original_name")
        {
            embedded.insert("original_name".into(), json!(flavor_name));
        }
        let image_id = image(&mut self.document, names);
        key_pair(&mut self.document, names);
        hints::rename(&mut self.document, names);
        let deleted = self.is_deleted();
        let zone = self.zone(names, asked_zone);
        let own = |name: &str| self.text(name).map(str::to_owned);
        let time = |name: &str| self.text(name).and_then(clock::parse);
        Documented {
            name: own("name").unwrap_or_default(),
            status: own("status").unwrap_or_default(),
            vm_state: own("OS-EXT-STS:vm_state").unwrap_or_default(),
            task_state: own("OS-EXT-STS:task_state"),
            host: own("OS-EXT-SRV-ATTR:host"),
            flavor_id,
            flavor_name,
            image_id,
            zone,
            created_at: time("created").unwrap_or(self.updated),
            updated_at: self.updated,
            launched_at: time("OS-SRV-USG:launched_at"),
            deleted,
            deleted_at: deleted.then(|| time("OS-SRV-USG:terminated_at").unwrap_or(self.updated)),
            settled: false,
            hold_until: 0,
            awaits: None,
            deleting: false,
            documented: true,
            unknown: false,
            has_user_data: self.user_data.is_some(),
            hostname: own("OS-EXT-SRV-ATTR:hostname"),
            node: own("OS-EXT-SRV-ATTR:hypervisor_hostname"),
            key_name: own("key_name"),
            config_drive: own("config_drive"),
            locked: self.document.get("locked").and_then(Value::as_bool).unwrap_or(false),
            progress: self.small("progress"),
            power_state: self.small("OS-EXT-STS:power_state"),
            description: own("description"),
            access_ip_v4: own("accessIPv4").filter(|ip| !ip.is_empty()),
            access_ip_v6: own("accessIPv6").filter(|ip| !ip.is_empty()),
            root_device_name: own("OS-EXT-SRV-ATTR:root_device_name"),
            kernel_id: own("OS-EXT-SRV-ATTR:kernel_id"),
            ramdisk_id: own("OS-EXT-SRV-ATTR:ramdisk_id"),
            auto_disk_config: self.text("OS-DCF:diskConfig").map(|config| config == "AUTO"),
            terminated_at: time("OS-SRV-USG:terminated_at"),
            ips: self.ips(),
            document: Value::Object(self.document).to_string(),
        }
        .fit()
    }

    /// The fixed addresses, a space before and behind each.
    fn ips(&self) -> Option<String> {
        let networks = self.document.get("addresses")?.as_object()?;
        let addresses = networks.values().filter_map(Value::as_array).flatten();
        let fixed = addresses.filter(|address| address["OS-EXT-IPS:type"] != "floating");
        let ips: Vec<&str> = fixed.filter_map(|address| address["addr"].as_str()).collect();
        (!ips.is_empty()).then(|| format!(" {} ", ips.join(" ")))
    }

    /// All tags.
    #[must_use]
    pub fn tags(&self) -> Vec<String> {
        let tags = self.document.get("tags").and_then(Value::as_array);
        tags.into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .filter(|tag| fits(tag, TAG_MAX))
            .map(str::to_owned)
            .collect()
    }

    /// The zone asked for while the server is in it; else the top's name of where it is (D11).
    fn zone(&self, names: &Names, asked: Option<&str>) -> String {
        let local = self.text("OS-EXT-AZ:availability_zone").unwrap_or_default();
        let here = names.zones.get(local);
        let region = names.zones.get("");
        if let Some(asked) = asked
            && (here.is_some_and(|zone| zone == asked) || region.is_some_and(|zone| zone == asked) || local.is_empty())
        {
            return asked.to_owned();
        }
        if local.is_empty() { String::new() } else { here.or(region).cloned().unwrap_or_default() }
    }
}

/// Gives the image its id on top, which is returned.
pub(super) fn image(document: &mut Map<String, Value>, names: &Names) -> Option<String> {
    let image = document.get_mut("image")?.as_object_mut()?;
    image.shift_remove("links");
    let local = image.get("id")?.as_str()?.to_owned();
    let top = names.images.get(&local).cloned().unwrap_or(local);
    image.insert("id".into(), json!(top));
    Some(top)
}

/// Gives the key pair its name on top.
pub(super) fn key_pair(document: &mut Map<String, Value>, names: &Names) {
    let Some(value) = document.get_mut("key_name") else { return };
    if let Some(top) = value.as_str().and_then(|local| names.key_pairs.get(local)) {
        *value = json!(top);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    const MARKER_ID: &str = "0198c0de-0000-7000-8000-000000000001";

    fn document() -> Value {
        json!({
            "id": "s", "name": "n", "status": "ACTIVE", "OS-EXT-STS:vm_state": "active",
            "OS-EXT-STS:task_state": null, "created": "2026-11-23T15:00:00Z", "updated": "2026-11-23T15:00:04Z",
            "links": [], "image": {"id": "i", "links": []}, "OS-EXT-AZ:availability_zone": "nova",
            "flavor": {"original_name": "local", "vcpus": 1, "ram": 64}, "key_name": "k-1a2b3c4d",
            "scheduler_hints": {"cascade_intent": [MARKER_ID], "group": ["g"], "same_host": ["t", "u"]}, "OS-EXT-SRV-ATTR:user_data": "eA==",
        })
    }

    fn names() -> Names {
        Names {
            flavors: HashMap::from([("local".into(), ("f".into(), "m1.tiny".into()))]),
            zones: HashMap::from([(String::new(), "R1".into()), ("nova".into(), "R1-nova".into())]),
            images: HashMap::from([("i".into(), "top-image".into())]),
            key_pairs: HashMap::from([("k-1a2b3c4d".into(), "k".into())]),
            own_flavors: HashMap::from([(("local".into(), [1, 64, 2, 0, 0]), ("own".into(), "local-1a2b".into()))]),
            groups: HashMap::from([("g".into(), "top-group".into())]),
            servers: HashMap::from([("t".into(), "top-server".into())]),
        }
    }

    #[test]
    fn the_kept_document_speaks_of_the_top_and_hides_the_marker() {
        let told = Told::read(document()).expect("a document");
        assert_eq!((told.marker.as_deref(), told.user_data.as_deref()), (Some(MARKER_ID), Some("eA==")));
        let columns = told.columns(&names(), ("", ""), None);
        assert_eq!((columns.flavor_id.as_str(), columns.flavor_name.as_str()), ("f", "m1.tiny"));
        assert_eq!((columns.image_id.as_deref(), columns.zone.as_str()), (Some("top-image"), "R1-nova"));
        assert_eq!(columns.key_name.as_deref(), Some("k"));
        for hidden in ["cascade_intent", "links", "user_data", "\"local\"", "1a2b3c4d"] {
            assert!(!columns.document.contains(hidden), "{hidden} in {}", columns.document);
        }
        let hints = json!({"group": ["top-group"], "same_host": ["top-server", "u"]});
        let kept: Value = serde_json::from_str(&columns.document).expect("a document");
        assert_eq!(kept["scheduler_hints"], hints);
    }

    #[test]
    fn a_server_keeps_its_flavors_id_when_another_flavor_takes_the_name() {
        let shown = |had: (&str, &str)| {
            let columns = Told::read(document()).expect("a document").columns(&names(), had, None);
            (columns.flavor_id, columns.flavor_name)
        };
        assert_eq!(shown(("old", "m1.tiny")), ("old".into(), "m1.tiny".into()));
        assert_eq!(shown(("old", "m1.small")), ("f".into(), "m1.tiny".into()));
    }

    #[test]
    fn a_flavor_of_the_regions_own_is_told_by_its_sizes() {
        let mut document = document();
        for (name, size) in [("disk", 2), ("ephemeral", 0), ("swap", 0)] {
            document["flavor"][name] = json!(size);
        }
        let columns =
            |document: &Value| Told::read(document.clone()).expect("a document").columns(&names(), ("", ""), None);
        assert_eq!(columns(&document).flavor_id, "own");
        assert!(columns(&document).document.contains("local-1a2b"));
        document["flavor"]["disk"] = json!(3);
        assert_eq!(columns(&document).flavor_id, "f");
    }

    #[test]
    fn the_zone_asked_for_is_shown_while_the_server_is_in_it() {
        let zone = |asked| Told::read(document()).expect("a document").columns(&names(), ("", ""), asked).zone;
        assert_eq!(zone(Some("R1")), "R1");
        assert_eq!(zone(Some("R1-nova")), "R1-nova");
        assert_eq!(zone(Some("R2")), "R1-nova");
    }

    #[test]
    fn a_minimal_record_of_a_cell_that_is_down_tells_nothing() {
        assert!(Told::read(json!({"id": "s", "status": "UNKNOWN", "links": []})).is_none());
    }
}
