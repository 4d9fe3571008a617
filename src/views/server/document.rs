//! Reading a region's document: the columns it decides, and the form in which it is kept.
//!
//! Kept is what the region said, less what every view writes itself (links), what is kept apart (user data), and the
//! boot's marker; with the top's names where ours differ.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::Awaited;
use crate::db::clock;
use crate::db::servers::{Change, Documented, Known};

/// Scheduler hint that carries a boot's intent (D2).
pub const MARKER: &str = "cascade_intent";

/// Statuses in which nothing is under way, when there is no task state.
pub const STABLE: [&str; 11] = [
    "ACTIVE",
    "SHUTOFF",
    "PAUSED",
    "SUSPENDED",
    "RESCUE",
    "ERROR",
    "SHELVED",
    "SHELVED_OFFLOADED",
    "VERIFY_RESIZE",
    "SOFT_DELETED",
    "DELETED",
];

/// What the things of a region are called on top.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Flavor name there -> (id, name) on top.
    pub flavors: HashMap<String, (String, String)>,
    /// Zone name there -> name on top; the empty key is the region.
    pub zones: HashMap<String, String>,
    /// Image id there -> id on top.
    pub images: HashMap<String, String>,
}

/// A region's document, read.
#[derive(Clone, Debug)]
pub struct Told {
    /// The server's id in the region.
    pub local_id: String,
    /// The boot it came from.
    pub marker: Option<String>,
    /// Microseconds; the region's clock.
    pub updated: i64,
    /// base64 text.
    pub user_data: Option<String>,
    document: Map<String, Value>,
}

impl Told {
    /// Reads a document; `None` where it is no server's, or one of the minimal ones of a cell that is down (2.69),
    /// which tells nothing.
    #[must_use]
    pub fn read(document: Value) -> Option<Self> {
        let Value::Object(mut document) = document else { return None };
        let local_id = document.get("id")?.as_str()?.to_owned();
        if text(&document, "status") == Some("UNKNOWN") || !document.contains_key("OS-EXT-STS:vm_state") {
            return None;
        }
        document.shift_remove("links");
        document.shift_remove("adminPass");
        let user_data = document.shift_remove("OS-EXT-SRV-ATTR:user_data").and_then(|v| v.as_str().map(str::to_owned));
        let marker = take_marker(&mut document);
        let updated = text(&document, "updated").and_then(clock::parse)?;
        Some(Self { local_id, marker, updated, user_data, document })
    }

    /// A field's text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        text(&self.document, name)
    }

    /// A field's number.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<i64> {
        self.document.get(name).and_then(Value::as_i64)
    }

    /// The name of the flavor, as the region calls it.
    #[must_use]
    pub fn flavor_name(&self) -> Option<&str> {
        self.document.get("flavor")?.get("original_name")?.as_str()
    }

    /// A number inside the embedded flavor.
    #[must_use]
    pub fn flavor_number(&self, name: &str) -> i32 {
        let number = self.document.get("flavor").and_then(|flavor| flavor.get(name)).and_then(Value::as_i64);
        number.and_then(|n| i32::try_from(n).ok()).unwrap_or(0)
    }

    /// True for a document that says the server is gone.
    #[must_use]
    pub fn is_deleted(&self) -> bool {
        self.text("status") == Some("DELETED")
    }

    /// The columns. `flavor` is the id and name the row had, kept where the region's flavor is not known on top;
    /// `settled` is decided by the caller, who knows of holds.
    #[must_use]
    pub fn columns(mut self, names: &Names, flavor: (&str, &str), asked_zone: Option<&str>) -> Documented {
        let known = self.flavor_name().and_then(|name| names.flavors.get(name)).cloned();
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
            awaits: None,
            deleting: false,
            documented: true,
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
    }

    /// A field's number where it is a small one; else 0.
    #[must_use]
    pub fn small(&self, name: &str) -> i32 {
        self.number(name).and_then(|number| i32::try_from(number).ok()).unwrap_or(0)
    }

    /// The fixed addresses, a space before and behind each.
    fn ips(&self) -> Option<String> {
        let networks = self.document.get("addresses")?.as_object()?;
        let addresses = networks.values().filter_map(Value::as_array).flatten();
        let fixed = addresses.filter(|address| address["OS-EXT-IPS:type"] != "floating");
        let ips: Vec<&str> = fixed.filter_map(|address| address["addr"].as_str()).collect();
        (!ips.is_empty()).then(|| format!(" {} ", ips.join(" ")))
    }

    fn tags(&self) -> Vec<String> {
        let tags = self.document.get("tags").and_then(Value::as_array);
        tags.into_iter().flatten().filter_map(|tag| tag.as_str().map(str::to_owned)).collect()
    }

    /// The newer state of a row; `None` where nothing differs from what is stored. `listed`: from a list, whose word on
    /// the host's status does not count (see [`Self::keep_host_status`]).
    #[must_use]
    pub fn change(mut self, row: &Known, names: &Names, round_at: i64, listed: bool) -> Option<Change> {
        // Where a single show is due, a list does not stand for it.
        let whole = self.is_deleted() || !listed || (row.documented && self.keep_host_status(&row.document));
        let (user_data, tags) = (self.user_data.clone(), self.tags());
        let awaited = row.awaits.as_deref().and_then(Awaited::parse);
        let seen = awaited.as_ref().is_some_and(|awaited| awaited.is_met(&self.document));
        let held = row.hold_until > round_at && !seen;
        let mut columns = self.columns(names, (&row.flavor_id, &row.flavor_name), row.asked_zone.as_deref());
        // A delete that ends in ERROR failed, one that ends in SOFT_DELETED is done for now. Nova sets the task before
        // it answers 204, so a server that is stable after that was never told of the delete: its request was lost.
        let quiet = is_stable(&columns) && !held;
        let ended = is_stable(&columns) && ["ERROR", "SOFT_DELETED", "DELETED"].contains(&columns.status.as_str());
        columns.deleting = row.deleting && !quiet && !ended;
        columns.awaits = awaited.filter(|_| held).map(|awaited| awaited.to_string());
        columns.documented = whole;
        columns.settled = columns.deleted || (quiet && whole);
        let differs = columns.document != row.document || columns.has_user_data != row.has_user_data;
        let same = !differs
            && (columns.settled, columns.deleting) == (row.settled, row.deleting)
            && (columns.documented, &columns.awaits) == (row.documented, &row.awaits)
            && row.missing_since.is_none();
        let afresh = differs || !row.documented;
        (!same).then(|| Change {
            id: row.id.clone(),
            columns,
            differs,
            user_data: user_data.filter(|_| afresh),
            tags: afresh.then_some(tags),
        })
    }

    /// A list with `changes-since` reads deleted rows too, and then leaves the status of every host empty. The one known
    /// of the same host stays; false where none is: a single show is due.
    fn keep_host_status(&mut self, stored: &str) -> bool {
        const HOST: &str = "OS-EXT-SRV-ATTR:host";
        if self.text(HOST).is_none() || self.text("host_status") != Some("") {
            return true;
        }
        let stored: Map<String, Value> = serde_json::from_str(stored).unwrap_or_default();
        let known = text(&stored, "host_status").filter(|status| !status.is_empty());
        let Some(status) = known.filter(|_| text(&stored, HOST) == self.text(HOST)) else { return false };
        self.document.insert("host_status".into(), json!(status));
        true
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

/// Fields that an answer's document has as the region says them while the row has them in the top's words, or has more.
const KEPT: [&str; 5] = ["links", "flavor", "addresses", "OS-EXT-AZ:availability_zone", "scheduler_hints"];

/// Fields that a document has only in some states.
const PASSING: [&str; 2] = ["fault", "progress"];

/// The stored document with what the region's answer to a change says newer, at whatever microversion it says it.
#[must_use]
pub fn overlaid(stored: &str, answer: &Value, names: &Names) -> String {
    let mut document: Map<String, Value> = serde_json::from_str(stored).unwrap_or_default();
    let Value::Object(mut answer) = answer.clone() else { return stored.to_owned() };
    for key in PASSING {
        document.shift_remove(key);
    }
    for key in KEPT {
        answer.shift_remove(key);
    }
    image(&mut answer, names);
    document.extend(answer);
    Value::Object(document).to_string()
}

/// Nothing is under way.
#[must_use]
pub fn is_stable(columns: &Documented) -> bool {
    columns.task_state.is_none() && STABLE.contains(&columns.status.as_str())
}

/// The columns of a row whose server is gone from its region without a last word.
#[must_use]
pub fn gone(row: &Known, now: i64) -> Option<Change> {
    let mut document: Map<String, Value> = serde_json::from_str(&row.document).ok()?;
    document.insert("status".into(), json!("DELETED"));
    document.insert("OS-EXT-STS:vm_state".into(), json!("deleted"));
    document.insert("OS-EXT-STS:task_state".into(), Value::Null);
    document.insert("updated".into(), json!(clock::iso(now)));
    let told = Told::read(Value::Object(document))?;
    let mut columns = told.columns(&Names::default(), (&row.flavor_id, &row.flavor_name), row.asked_zone.as_deref());
    columns.settled = true;
    Some(Change { id: row.id.clone(), columns, differs: true, user_data: None, tags: None })
}

/// Gives the image its id on top, which is returned.
fn image(document: &mut Map<String, Value>, names: &Names) -> Option<String> {
    let image = document.get_mut("image")?.as_object_mut()?;
    image.shift_remove("links");
    let local = image.get("id")?.as_str()?.to_owned();
    let top = names.images.get(&local).cloned().unwrap_or(local);
    image.insert("id".into(), json!(top));
    Some(top)
}

fn text<'a>(document: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    document.get(name).and_then(Value::as_str)
}

fn take_marker(document: &mut Map<String, Value>) -> Option<String> {
    let hints = document.get_mut("scheduler_hints")?.as_object_mut()?;
    let marker = hints.shift_remove(MARKER)?;
    let value = marker.as_array().and_then(|values| values.first()).unwrap_or(&marker);
    value.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Value {
        json!({
            "id": "s", "name": "n", "status": "ACTIVE", "OS-EXT-STS:vm_state": "active",
            "OS-EXT-STS:task_state": null, "created": "2026-11-23T15:00:00Z", "updated": "2026-11-23T15:00:04Z",
            "links": [], "image": {"id": "i", "links": []}, "OS-EXT-AZ:availability_zone": "nova",
            "flavor": {"original_name": "local", "vcpus": 1, "ram": 64},
            "scheduler_hints": {"cascade_intent": ["m"], "group": ["g"]}, "OS-EXT-SRV-ATTR:user_data": "eA==",
        })
    }

    fn names() -> Names {
        Names {
            flavors: HashMap::from([("local".into(), ("f".into(), "m1.tiny".into()))]),
            zones: HashMap::from([(String::new(), "R1".into()), ("nova".into(), "R1-nova".into())]),
            images: HashMap::from([("i".into(), "top-image".into())]),
        }
    }

    #[test]
    fn the_kept_document_speaks_of_the_top_and_hides_the_marker() {
        let told = Told::read(document()).expect("a document");
        assert_eq!((told.marker.as_deref(), told.user_data.as_deref()), (Some("m"), Some("eA==")));
        let columns = told.columns(&names(), ("", ""), None);
        assert_eq!((columns.flavor_id.as_str(), columns.flavor_name.as_str()), ("f", "m1.tiny"));
        assert_eq!((columns.image_id.as_deref(), columns.zone.as_str()), (Some("top-image"), "R1-nova"));
        for hidden in ["cascade_intent", "links", "user_data", "\"local\""] {
            assert!(!columns.document.contains(hidden), "{hidden} in {}", columns.document);
        }
        assert!(columns.document.contains("\"group\""));
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
