//! What a list asks of its servers, and the SQL of it.

use super::columns::{Column, FIXED, RESERVATION_ID};
use super::statement::Statement;
use crate::pattern::Pattern;

/// What a filter by tags wants (nova/db/main/api.py, `instance_get_all_by_filters_sort`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tags {
    /// All of them.
    All,
    /// One of them at least.
    Any,
    /// Not all of them.
    NotAll,
    /// None of them.
    None,
}

/// Something that is true of every server listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// The column has this value.
    Is(Column, String),
    /// One of these; there is at least one.
    IsAny(Column, Vec<String>),
    /// A regular expression is found in it.
    Matches(Column, Pattern),
    /// This number, or more.
    AtLeast(Column, i64),
    /// This number, or less.
    AtMost(Column, i64),
    /// True or not.
    Flag(Column, bool),
    /// Deleted; with `true`, soft-deleted too.
    Deleted(bool),
    /// Not deleted; with `true`, soft-deleted all the same.
    Live(bool),
    /// A fixed address contains one of these texts.
    HasIp(Vec<String>),
    /// Its tags.
    Tagged(Tags, Vec<String>),
}

impl Condition {
    /// True for one that a change of a server can make true or false.
    #[must_use]
    pub fn can_change(&self) -> bool {
        !self.is_fixed() && !matches!(self, Self::Live(_))
    }

    /// True for one that is decided once and for all when a server is made.
    pub(super) fn is_fixed(&self) -> bool {
        match self {
            Self::Is(column, _) | Self::IsAny(column, _) | Self::Matches(column, _) => FIXED.contains(column),
            _ => false,
        }
    }

    /// The column and the expression that is searched for in it.
    pub(super) fn pattern(&self) -> Option<(Column, Pattern)> {
        match self {
            Self::Matches(column, pattern) => Some((*column, pattern.clone())),
            _ => None,
        }
    }

    /// The reservation id that an expression is, whole: none has more characters, so that what has it in it is it
    /// (nova/utils.py, `generate_uid`).
    pub(super) fn whole_reservation(&self) -> Option<String> {
        let Self::Matches(RESERVATION_ID, pattern) = self else { return None };
        let id = pattern.literal()?.to_ascii_lowercase();
        let random = id.strip_prefix("r-")?;
        let whole = random.len() == 8 && random.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        whole.then_some(id)
    }

    pub(super) fn write(&self, to: &mut Statement) {
        match self {
            Self::Is(column, value) => {
                // MariaDB's column has the collation itself. Of ASCII alone here, for which an index can be had.
                let any_case = if to.embedded && column.is_folded() { " COLLATE NOCASE" } else { "" };
                to.push(&format!("s.{} = ", column.name)).text(value).push(any_case)
            }
            Self::IsAny(column, values) => to.push(&format!("s.{} IN ", column.name)).texts(values),
            Self::Matches(column, pattern) => {
                match (self.whole_reservation(), pattern.literal().filter(|_| column.is_text())) {
                    (Some(id), _) => to.push("s.reservation_id = ").text(&id),
                    (None, Some(literal)) => {
                        let any_case = if to.embedded { "" } else { " COLLATE utf8mb4_general_ci" };
                        to.push(&format!("s.{}{any_case} LIKE ", column.name)).text(&alike(literal))
                    }
                    // What it leaves out is found out row by row (`search`).
                    (None, None) => to.push("1 = 1"),
                }
            }
            Self::AtLeast(column, number) => to.push(&format!("s.{} >= ", column.name)).number(*number),
            Self::AtMost(column, number) => to.push(&format!("s.{} <= ", column.name)).number(*number),
            Self::Flag(column, wanted) => to.push(&format!("s.{} = {}", column.name, u8::from(*wanted))),
            Self::Deleted(true) => to.push("(s.deleted = 1 OR s.vm_state = 'soft-delete')"),
            Self::Deleted(false) => to.push("s.deleted = 1"),
            Self::Live(true) => to.push("s.deleted = 0"),
            Self::Live(false) => to.push("s.deleted = 0 AND s.vm_state <> 'soft-delete'"),
            Self::HasIp(parts) => {
                to.push("(");
                for (number, part) in parts.iter().enumerate() {
                    to.push(if number == 0 { "" } else { " OR " });
                    // No address holds a wildcard of LIKE; a part that does finds nothing.
                    to.push("INSTR(s.ips, ").text(part).push(") > 0");
                }
                to.push(")")
            }
            Self::Tagged(tags, names) => tagged(to, *tags, names),
        };
    }
}

/// LIKE of all that has a literal in it, and perhaps more: any character may stand where the two databases do not agree
/// with each other, or with Unicode, on what is alike without regard to case (s and k have a third form), and where LIKE
/// means something else.
fn alike(literal: &str) -> String {
    let same = |c: char| c.is_ascii_graphic() && !"%_\\sSkK".contains(c) || c == ' ';
    let middle: String = literal.chars().take(255).map(|c| if same(c) { c } else { '_' }).collect();
    format!("%{middle}%")
}

fn tagged<'a>(to: &'a mut Statement, tags: Tags, names: &[String]) -> &'a mut Statement {
    let count = "(SELECT COUNT(*) FROM server_tags t WHERE t.server_id = s.id AND t.tag IN ";
    let some = "EXISTS (SELECT 1 FROM server_tags t WHERE t.server_id = s.id AND t.tag IN ";
    let mut distinct = names.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    let all = i64::try_from(distinct.len()).unwrap_or(i64::MAX);
    match tags {
        // One by one, so that the rows of a tag can be what the database begins with.
        Tags::All => {
            for (number, tag) in distinct.iter().enumerate() {
                to.push(if number == 0 { "" } else { " AND " }).push(some).texts(std::slice::from_ref(tag)).push(")");
            }
            to
        }
        Tags::NotAll => to.push(count).texts(&distinct).push(") < ").number(all),
        Tags::Any => to.push(some).texts(&distinct).push(")"),
        Tags::None => to.push("NOT ").push(some).texts(&distinct).push(")"),
    }
}
