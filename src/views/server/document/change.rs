//! What a document changes in the row that is there.

use serde_json::{Map, Value, json};

use super::{Names, STABLE, Told, text};
use crate::db::clock;
use crate::db::quota::Charge;
use crate::db::servers::{Change, Documented, Known};
use crate::views::server::Awaited;

impl Told {
    /// The newer state of a row; `None` where nothing differs from what is stored. `listed`: from a list, whose word on
    /// the host's status does not count (see [`Self::keep_host_status`]).
    #[must_use]
    pub fn change(mut self, row: &Known, names: &Names, round_at: i64, listed: bool) -> Option<Change> {
        // Where a single show is due, a list does not stand for it.
        let whole = self.is_deleted() || !listed || (row.documented && self.keep_host_status(&row.document));
        let size = self.flavor_size();
        if row.to_remove {
            // The region has not heard of the delete yet.
            self.document.insert("OS-EXT-STS:task_state".into(), json!("deleting"));
        }
        self.keep_hints(&row.document);
        let (user_data, tags) = (self.user_data.clone(), self.tags());
        let awaited = row.awaits.as_deref().and_then(Awaited::parse);
        let seen = awaited.as_ref().is_some_and(|awaited| awaited.is_met(&self.document));
        let held = row.hold_until > round_at && !seen;
        let had = if self.has_other_sizes(row, names) { ("", "") } else { (&*row.flavor_id, &*row.flavor_name) };
        let mut columns = self.columns(names, had, row.asked_zone.as_deref());
        // A delete that ends in ERROR failed, one that ends in SOFT_DELETED is done for now. Nova sets the task before
        // it answers 204, so a server that is stable after that was never told of the delete: its request was lost.
        let quiet = is_stable(&columns) && !held;
        let ended = is_stable(&columns) && ["ERROR", "SOFT_DELETED", "DELETED"].contains(&columns.status.as_str());
        columns.deleting = row.deleting && !quiet && !ended;
        columns.hold_until = if seen { 0 } else { row.hold_until };
        columns.awaits = awaited.filter(|_| held).map(|awaited| awaited.to_string());
        columns.documented = whole;
        columns.settled = columns.deleted || (quiet && whole);
        let differs = columns.document != row.document || columns.has_user_data != row.has_user_data || row.unknown;
        let same = !differs
            && (columns.settled, columns.deleting) == (row.settled, row.deleting)
            && (columns.documented, &columns.awaits) == (row.documented, &row.awaits)
            && row.missing_since.is_none();
        let afresh = differs || !row.documented;
        (!same).then(|| Change {
            id: row.id.clone(),
            charge: charge(&columns, size),
            columns,
            differs,
            user_data: user_data.filter(|_| afresh),
            tags: afresh.then_some(tags),
        })
    }

    /// True where the server has been resized to another flavor of the same name: one of them is no longer there.
    fn has_other_sizes(&self, row: &Known, names: &Names) -> bool {
        let known = self.flavor_on_top(names);
        if known.is_none_or(|(id, name)| *id == row.flavor_id || *name != row.flavor_name) {
            return false;
        }
        let stored: Map<String, Value> = serde_json::from_str(&row.document).unwrap_or_default();
        let sizes = ["vcpus", "ram", "disk", "ephemeral", "swap"];
        sizes
            .iter()
            .any(|size| self.document.get("flavor").map(|f| &f[*size]) != stored.get("flavor").map(|f| &f[*size]))
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
}

/// What the server is charged from now on: nothing once it is deleted, softly too; its flavor once it is settled, but
/// while a resize can still be reverted what it was charged then, which is the larger of both (D6).
fn charge(columns: &Documented, size: Option<(i32, i32)>) -> Option<Charge> {
    let gone = columns.deleted || (columns.status == "SOFT_DELETED" && is_stable(columns));
    if gone {
        return Some(Charge::default());
    }
    let (cores, ram_mb) = size.filter(|_| columns.settled && columns.status != "VERIFY_RESIZE")?;
    Some(Charge::of_server(cores, ram_mb))
}

/// Nothing is under way.
#[must_use]
pub fn is_stable(columns: &Documented) -> bool {
    columns.task_state.is_none() && STABLE.contains(&columns.status.as_str())
}

/// The columns of a row whose server is gone from its region without a last word; `documented` stays false, so that the
/// word counts if it comes after all.
#[must_use]
pub fn gone(row: &Known, names: &Names, now: i64) -> Option<Change> {
    let mut document: Map<String, Value> = serde_json::from_str(&row.document).ok()?;
    document.insert("status".into(), json!("DELETED"));
    document.insert("OS-EXT-STS:vm_state".into(), json!("deleted"));
    document.insert("OS-EXT-STS:task_state".into(), Value::Null);
    document.insert("OS-EXT-STS:power_state".into(), json!(0));
    document.insert("OS-SRV-USG:terminated_at".into(), json!(clock::iso(now).replace('Z', ".000000")));
    document.shift_remove("progress");
    document.insert("updated".into(), json!(clock::iso(now)));
    let told = Told::read(Value::Object(document))?;
    // What else has a name on top has it in the stored document already.
    let zones = Names { zones: names.zones.clone(), ..Names::default() };
    let mut columns = told.columns(&zones, (&row.flavor_id, &row.flavor_name), row.asked_zone.as_deref());
    columns.settled = true;
    columns.documented = false;
    let charge = Some(Charge::default());
    Some(Change { id: row.id.clone(), columns, charge, differs: true, user_data: None, tags: None })
}
