//! The order of a list, and what lies behind a server in it. NULL sorts before every value, as both databases have it.

use std::fmt::Write as _;

use super::columns::{CREATED_AT, Column, ID};
use super::statement::Statement;

/// Which end comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The least.
    Ascending,
    /// The greatest.
    Descending,
}

/// Columns, most significant first; no two servers are equal in all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order(Vec<(Column, Direction)>);

impl Order {
    /// By these, then by id from the least on, whatever the direction (`nova/compute/instance_list.py`,
    /// `InstanceSortContext`).
    #[must_use]
    pub fn new(keys: Vec<(Column, Direction)>) -> Self {
        let mut order: Vec<(Column, Direction)> = Vec::with_capacity(keys.len() + 1);
        for (column, direction) in keys.into_iter().chain([(ID, Direction::Ascending)]) {
            if order.iter().all(|(known, _)| *known != column) {
                order.push((column, direction));
            }
        }
        Self(order)
    }

    /// The direction, where it is that of creation and then of id: what the indexes of lists have.
    pub(super) fn by_creation(&self) -> Option<Direction> {
        match self.0.as_slice() {
            [(CREATED_AT, direction), (ID, Direction::Ascending)] => Some(*direction),
            _ => None,
        }
    }

    pub(super) fn write(&self, to: &mut Statement) {
        for (number, (column, direction)) in self.0.iter().enumerate() {
            let sorted = column.sorted(to.embedded);
            to.push(if number == 0 { " ORDER BY " } else { ", " }).push(&sorted);
            to.push(if *direction == Direction::Ascending { "" } else { " DESC" });
        }
    }

    /// True of the rows `s` behind the marker `m`.
    pub(super) fn write_behind_marker(&self, to: &mut Statement) {
        let mut sql = String::new();
        if let Some((column, direction)) = self.0.first().filter(|(column, _)| !column.nullable) {
            // This alone lets an index jump to the place; the alternatives below would make it scan.
            let sign = if *direction == Direction::Ascending { ">=" } else { "<=" };
            let _ = write!(sql, "{} {sign} m.{} AND ", column.sorted(to.embedded), column.name);
        }
        sql.push('(');
        for (number, (column, direction)) in self.0.iter().enumerate() {
            let equal =
                self.0[..number].iter().map(|(column, _)| equal(*column, to.embedded) + " AND ").collect::<String>();
            let or = if number == 0 { "" } else { " OR " };
            let _ = write!(sql, "{or}({equal}{})", behind(*column, *direction, to.embedded));
        }
        sql.push(')');
        to.push(&sql);
    }
}

fn equal(column: Column, embedded: bool) -> String {
    let (name, sorted) = (column.name, column.sorted(embedded));
    if column.nullable {
        format!("({sorted} = m.{name} OR (s.{name} IS NULL AND m.{name} IS NULL))")
    } else {
        format!("{sorted} = m.{name}")
    }
}

fn behind(column: Column, direction: Direction, embedded: bool) -> String {
    let (name, sorted) = (column.name, column.sorted(embedded));
    match (direction, column.nullable) {
        (Direction::Ascending, false) => format!("{sorted} > m.{name}"),
        (Direction::Descending, false) => format!("{sorted} < m.{name}"),
        (Direction::Ascending, true) => format!("({sorted} > m.{name} OR (m.{name} IS NULL AND s.{name} IS NOT NULL))"),
        (Direction::Descending, true) => {
            format!("({sorted} < m.{name} OR (s.{name} IS NULL AND m.{name} IS NOT NULL))")
        }
    }
}
