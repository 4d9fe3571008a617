//! Scheduler hints of a document (from 2.100): the marker that is taken out, and the ids that are shown as the top's.

use serde_json::{Map, Value};

use super::{Names, Told};
use crate::db::text::{ID_MAX, fits};

/// Hint that carries a boot's intent (D2).
pub const MARKER: &str = "cascade_intent";

/// Hint that names a server group.
pub const GROUP: &str = "group";

/// Hints that name servers.
pub const SERVERS: [&str; 2] = ["same_host", "different_host"];

/// Replaces the ids in a hint, one or a list of them, that are called otherwise.
pub fn replace_ids(hint: Option<&mut Value>, with: impl Fn(&str) -> Option<String>) {
    let items = match hint {
        Some(Value::Array(items)) => items.as_mut_slice(),
        Some(one) => std::slice::from_mut(one),
        None => return,
    };
    for item in items {
        if let Some(id) = item.as_str().and_then(&with) {
            *item = Value::String(id);
        }
    }
}

/// Takes the marker out.
pub(super) fn take_marker(document: &mut Map<String, Value>) -> Option<String> {
    let hints = document.get_mut("scheduler_hints")?.as_object_mut()?;
    let marker = hints.shift_remove(MARKER)?;
    let value = marker.as_array().and_then(|values| values.first()).unwrap_or(&marker);
    // Anyone can give a server of a region's own a hint of this name: what is no id of ours is no marker.
    value.as_str().filter(|id| fits(id, ID_MAX) && id.parse::<uuid::Uuid>().is_ok()).map(str::to_owned)
}

/// Gives what the hints name its id on top.
pub(super) fn rename(document: &mut Map<String, Value>, names: &Names) {
    let Some(hints) = document.get_mut("scheduler_hints").and_then(Value::as_object_mut) else { return };
    replace_ids(hints.get_mut(GROUP), |id| names.groups.get(id).cloned());
    for name in SERVERS {
        replace_ids(hints.get_mut(name), |id| names.servers.get(id).cloned());
    }
}

impl Told {
    /// The server group on top that the server was booted into.
    #[must_use]
    pub fn group(&self, names: &Names) -> Option<String> {
        let hint = self.document.get("scheduler_hints")?.get(GROUP)?;
        let local = hint.as_array().and_then(|values| values.first()).unwrap_or(hint);
        names.groups.get(local.as_str()?).cloned()
    }

    /// Ids of servers in the hints, as the region calls them.
    #[must_use]
    pub fn hinted_servers(&self) -> Vec<&str> {
        let Some(hints) = self.document.get("scheduler_hints") else { return Vec::new() };
        let ids = SERVERS.iter().filter_map(|name| hints.get(*name)?.as_array());
        ids.flatten().filter_map(Value::as_str).collect()
    }

    /// Hints say what was asked for at boot, so what is stored of these stays, whatever became of what they name.
    pub(super) fn keep_hints(&mut self, stored: &str) {
        let Some(hints) = self.document.get_mut("scheduler_hints").and_then(Value::as_object_mut) else { return };
        let named = |name: &&str| hints.contains_key(*name);
        let named: Vec<&str> = [GROUP, SERVERS[0], SERVERS[1]].into_iter().filter(named).collect();
        if named.is_empty() {
            return;
        }
        let stored: Map<String, Value> = serde_json::from_str(stored).unwrap_or_default();
        for name in named {
            if let Some(known) = stored.get("scheduler_hints").and_then(|hints| hints.get(name)) {
                hints.insert(name.to_owned(), known.clone());
            }
        }
    }
}
