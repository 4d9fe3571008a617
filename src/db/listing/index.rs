//! The index that holds the rows of a list in its order. `MariaDB` is told, since by its own count of rows it begins a deep
//! page at the list's begin, or sorts what an index has in order; the embedded database finds all but one by itself.
//! The tests of plans (`tests/api/servers/plans.rs`) say which lists have none.

use super::columns::{self as column, Column};
use super::{Condition, Direction, Order, Tags};

/// Indexes of the rows with one value in a column, by creation.
struct Rows {
    of: Column,
    newest: &'static str,
    /// Where it has rows enough that a sort of them is worth another index.
    oldest: Option<&'static str>,
}

const fn rows(of: Column, newest: &'static str) -> Rows {
    Rows { of, newest, oldest: None }
}

/// The first that a list has a condition for; those with the fewest rows first.
const ROWS: [Rows; 6] = [
    rows(column::HOST, "servers_by_host_newest"),
    Rows { of: column::PROJECT_ID, newest: "servers_by_project_newest", oldest: Some("servers_by_project_oldest") },
    rows(column::USER_ID, "servers_by_user_newest"),
    rows(column::VM_STATE, "servers_by_state_newest"),
    rows(column::IMAGE_ID, "servers_by_image_newest"),
    rows(column::FLAVOR_ID, "servers_by_flavor_newest"),
];

/// Of all rows.
const ALL: Rows = Rows { of: column::ID, newest: "servers_by_newest", oldest: Some("servers_by_oldest") };

/// What is said behind the table's name; empty where the database chooses.
pub(super) fn hint(conditions: &[Condition], order: &Order, embedded: bool) -> String {
    let live = conditions.iter().any(|condition| matches!(condition, Condition::Live(_)));
    let Some(direction) = order.by_creation().filter(|_| live && !conditions.iter().any(has_few)) else {
        return String::new();
    };
    let rows = ROWS.iter().find(|rows| conditions.iter().any(|condition| one_value(condition) == Some(rows.of)));
    let rows = rows.unwrap_or(&ALL);
    match (direction, embedded) {
        (Direction::Descending, false) => format!(" FORCE INDEX ({})", rows.newest),
        (Direction::Ascending, false) => rows.oldest.map(|name| format!(" FORCE INDEX ({name})")).unwrap_or_default(),
        // It would read all rows in order rather than sort the few of one value.
        (Direction::Ascending, true) if rows.oldest.is_none() => format!(" INDEXED BY {}", rows.newest),
        (_, true) => String::new(),
    }
}

/// True for what leaves few rows, which an index of its own finds: there is nothing to gain by their order.
fn has_few(condition: &Condition) -> bool {
    match condition {
        Condition::Is(column, _) => *column == column::ID,
        Condition::IsAny(column, values) => {
            *column == column::ID || *column == column::TASK_STATE || (*column == column::VM_STATE && values.len() > 1)
        }
        Condition::AtLeast(column, _) => *column == column::CHANGED_AT,
        Condition::Tagged(tags, _) => matches!(tags, Tags::All | Tags::Any),
        Condition::Matches(..) => condition.whole_reservation().is_some(),
        _ => false,
    }
}

/// The column in which all rows have one value.
fn one_value(condition: &Condition) -> Option<Column> {
    match condition {
        Condition::Is(column, _) => Some(*column),
        Condition::IsAny(column, values) if values.len() == 1 => Some(*column),
        _ => None,
    }
}
