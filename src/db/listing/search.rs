//! Lists with regular expressions. The database gives what the other conditions leave, a part at a time in the list's
//! order, and the expressions are searched for here: what a database's own engine does with an expression has no bound
//! that holds, and is not the same in both.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::sql_types::Text;

use super::columns::{Column, ID};
use super::statement::Statement;
use super::{Condition, Page, rows};
use crate::db::servers::Shown;
use crate::db::{Db, DbError, DbResult};
use crate::error::Fault;
use crate::pattern::{Exhausted, Matcher, Pattern, Spent};

/// Rows of the first part, how many times larger each next one is, and rows of the largest. Most lists end in the first;
/// in one that scans all rows for each part there are not many.
const FIRST: usize = 1_000;
const GROWTH: usize = 4;
const LARGEST: usize = 16_000;

/// Why there is no list.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The database's.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The expressions took too long.
    #[error(transparent)]
    Exhausted(#[from] Exhausted),
}

impl From<ListError> for Fault {
    fn from(error: ListError) -> Self {
        match error {
            ListError::Db(error) => error.into(),
            ListError::Exhausted(error) => error.into(),
        }
    }
}

/// A row that may be in the list.
#[derive(QueryableByName)]
struct Candidate {
    #[diesel(sql_type = Text)]
    id: String,
    /// JSON array of what the expressions are searched for in, in their order; NULL is null.
    #[diesel(sql_type = Text)]
    texts: String,
}

/// One page of a list some of whose conditions are expressions.
pub(super) async fn page(db: &Db, page: &Page, matcher: &Matcher) -> Result<Vec<Shown>, ListError> {
    let wanted: Vec<(Column, Pattern)> = page.conditions.iter().filter_map(Condition::pattern).collect();
    let (columns, patterns): (Vec<Column>, Vec<Pattern>) = wanted.into_iter().unzip();
    let search = Search { cheap: patterns.iter().all(|one| one.literal().is_some()), patterns: Arc::new(patterns) };
    let mut in_database = Duration::ZERO;
    let mut spent = Spent::default();
    let mut found: Vec<Shown> = Vec::new();
    let mut part = Page { limit: FIRST, documents: false, ..page.clone() };
    while found.len() < page.limit {
        if in_database >= db.statement_timeout() {
            return Err(DbError::Slow(db.statement_timeout().as_millis()).into());
        }
        let asked_at = Instant::now();
        let candidates: Vec<Candidate> = rows(db, part.candidates(db, &columns)).await?;
        in_database += asked_at.elapsed();
        let mut last = candidates.last().map(|row| row.id.clone()).filter(|_| candidates.len() == part.limit);
        let mut ids = search.run(candidates, matcher, &mut spent).await?;
        // What moves in the order meanwhile is met twice.
        let known: HashSet<&str> = found.iter().map(|row| row.id.as_str()).collect();
        ids.retain(|id| !known.contains(id.as_str()));
        let room = page.limit - found.len();
        if ids.len() > room {
            // One of these may be gone by now: then the list goes on behind them.
            ids.truncate(room);
            last = ids.last().cloned();
        }
        let asked_at = Instant::now();
        found.extend(of(db, page, ids).await?);
        in_database += asked_at.elapsed();
        let Some(last) = last else { break };
        (part.marker, part.limit) = (Some(last), (part.limit * GROWTH).min(LARGEST));
    }
    Ok(found)
}

/// Rows of the list by their ids; one that no longer belongs to it is left out.
async fn of(db: &Db, page: &Page, ids: Vec<String>) -> DbResult<Vec<Shown>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let limit = ids.len();
    let conditions = page.conditions.iter().cloned().chain([Condition::IsAny(ID, ids)]).collect();
    let page = Page { conditions, marker: None, limit, ..page.clone() };
    rows(db, page.statement(db)).await
}

impl Page {
    fn candidates(&self, db: &Db, columns: &[Column]) -> Statement {
        let texts: Vec<String> = columns.iter().map(|column| column.as_text(db.is_embedded())).collect();
        self.select(db, &format!("s.id AS id, JSON_ARRAY({}) AS texts", texts.join(", ")))
    }
}

/// The expressions of a list.
struct Search {
    patterns: Arc<Vec<Pattern>>,
    /// All of them are literals.
    cheap: bool,
}

impl Search {
    /// Ids of the rows in which all are found.
    async fn run(
        &self,
        candidates: Vec<Candidate>,
        matcher: &Matcher,
        spent: &mut Spent,
    ) -> Result<Vec<String>, Exhausted> {
        let patterns = self.patterns.clone();
        let found = move |row: Candidate| {
            let texts: Vec<Option<String>> = serde_json::from_str(&row.texts).unwrap_or_default();
            let all = texts.len() == patterns.len()
                && texts.iter().zip(patterns.iter()).all(|(text, one)| text.as_ref().is_some_and(|t| one.matches(t)));
            all.then_some(row.id)
        };
        // The database has left few rows of what it could look for by itself.
        if self.cheap && candidates.len() < FIRST {
            return Ok(candidates.into_iter().filter_map(found).collect());
        }
        matcher.each(candidates, found, spent).await
    }
}
