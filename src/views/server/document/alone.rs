//! The row of a server that is in no region: while it is placed again, in ERROR where no region takes it, and deleted. As
//! Nova shows one that no cell has taken (its cell0).

use serde_json::{Map, Value, json};

use super::{Names, Told, is_stable};
use crate::db::clock;
use crate::db::servers::{Documented, Known, ServerRow};

/// What a document has only of a server that a host has.
const OF_A_HOST: [&str; 6] = [
    "OS-EXT-SRV-ATTR:host",
    "OS-EXT-SRV-ATTR:hypervisor_hostname",
    "OS-SRV-USG:launched_at",
    "OS-SRV-USG:terminated_at",
    "OS-EXT-SRV-ATTR:root_device_name",
    "fault",
];

/// What becomes of a server on top alone.
#[derive(Clone, Copy, Debug)]
pub enum Alone<'a> {
    /// It is on its way to another region.
    Placing,
    /// It ended in ERROR, with this message.
    Failed(&'a str),
    /// It was deleted.
    Deleted,
}

/// The columns of its row, from the document stored so far; `None` where that cannot be read. `now`: our clock.
#[must_use]
pub fn columns(document: &str, row: &Stored<'_>, what: Alone<'_>, now: i64) -> Option<Documented> {
    let mut document: Map<String, Value> = serde_json::from_str(document).ok()?;
    let mut put = |key: &str, value: Value| document.insert(key.to_owned(), value);
    let (status, vm_state, task_state) = match what {
        Alone::Placing => ("BUILD", "building", json!("scheduling")),
        Alone::Failed(_) => ("ERROR", "error", Value::Null),
        Alone::Deleted => ("DELETED", "deleted", Value::Null),
    };
    put("status", json!(status));
    put("OS-EXT-STS:vm_state", json!(vm_state));
    put("OS-EXT-STS:task_state", task_state);
    put("OS-EXT-STS:power_state", json!(0));
    put("updated", json!(clock::iso(now)));
    if !matches!(what, Alone::Deleted) {
        for key in OF_A_HOST {
            put(key, Value::Null);
        }
        put("OS-EXT-SRV-ATTR:instance_name", json!(""));
        put("OS-EXT-AZ:availability_zone", json!(""));
        put("hostId", json!(""));
        put("host_status", json!(""));
        put("addresses", json!({}));
        put("os-extended-volumes:volumes_attached", json!([]));
    }
    match what {
        Alone::Placing => put("progress", json!(0)),
        Alone::Failed(message) => put("fault", fault(message, now)),
        Alone::Deleted => put("OS-SRV-USG:terminated_at", json!(clock::naive(now))),
    };
    if !matches!(what, Alone::Placing) {
        document.shift_remove("progress");
    }
    if document.get("fault").is_some_and(Value::is_null) {
        document.shift_remove("fault");
    }
    let told = Told::read(Value::Object(document))?;
    let mut columns = told.columns(&Names::default(), row.flavor, row.asked_zone);
    columns.settled = is_stable(&columns);
    columns.has_user_data = row.has_user_data;
    Some(columns)
}

/// What the columns of a row have that its document does not tell.
#[derive(Clone, Copy, Debug)]
pub struct Stored<'a> {
    /// Id and name.
    pub flavor: (&'a str, &'a str),
    /// The top's zone asked for.
    pub asked_zone: Option<&'a str>,
    /// Kept apart.
    pub has_user_data: bool,
}

impl<'a> From<&'a ServerRow> for Stored<'a> {
    fn from(row: &'a ServerRow) -> Self {
        Self {
            flavor: (&row.told.flavor_id, &row.told.flavor_name),
            asked_zone: row.asked_zone.as_deref(),
            has_user_data: row.told.has_user_data,
        }
    }
}

impl<'a> From<&'a Known> for Stored<'a> {
    fn from(row: &'a Known) -> Self {
        Self {
            flavor: (&row.flavor_id, &row.flavor_name),
            asked_zone: row.asked_zone.as_deref(),
            has_user_data: row.has_user_data,
        }
    }
}

/// As Nova keeps what its conductor could not do (nova/compute/utils.py, `add_instance_fault_from_exc`).
fn fault(message: &str, now: i64) -> Value {
    json!({ "code": 500, "created": clock::iso(now), "message": message, "details": "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: Stored<'static> = Stored { flavor: ("1", "m1.tiny"), asked_zone: None, has_user_data: false };

    #[test]
    fn a_server_that_no_region_takes_looks_like_novas() {
        let stored = json!({"id": "s", "name": "n", "status": "ERROR", "OS-EXT-STS:vm_state": "error",
            "OS-EXT-SRV-ATTR:host": "h", "updated": "2026-11-23T15:05:44Z", "created": "2026-11-23T15:05:44Z",
            "fault": {"code": 500, "message": "the region's"}, "metadata": {"a": "b"},
            "flavor": {"original_name": "m1.tiny"}});
        let columns = |what| columns(&stored.to_string(), &ROW, what, 0).expect("columns");
        let placing = columns(Alone::Placing);
        assert_eq!((placing.status.as_str(), placing.host.as_deref(), placing.settled), ("BUILD", None, false));
        assert!(!placing.document.contains("fault") && placing.document.contains("\"metadata\":{\"a\":\"b\"}"));
        let failed = columns(Alone::Failed("No valid host was found."));
        assert_eq!((failed.vm_state.as_str(), failed.settled), ("error", true));
        assert!(failed.document.contains("No valid host was found."));
        let deleted = columns(Alone::Deleted);
        assert!(deleted.deleted && deleted.deleted_at == Some(0));
    }
}
