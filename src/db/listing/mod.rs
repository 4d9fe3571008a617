//! One page of servers, from indexed columns: what a list filters by is put together at run time, and a page begins
//! behind its marker by comparison of what it is sorted by, so that it costs the same wherever it lies.

pub mod columns;
mod condition;
mod index;
mod order;
mod plan;
mod search;
mod statement;
mod unsettled;

use diesel::mysql::Mysql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::Sqlite;
use diesel_async::RunQueryDsl;

use super::schema::servers;
use super::servers::Shown;
use super::text::folded_id;
use super::{Db, DbResult};
use crate::pattern::Matcher;
use statement::{Statement, Value};

pub use condition::{Condition, Tags};
pub use order::{Direction, Order};
pub use plan::plan;
pub use search::ListError;
pub use unsettled::{marker_region, regions};

/// What a row is read into, less the document.
const COLUMNS: &str = "s.id AS id, s.region_id AS region_id, s.local_id AS local_id, s.project_id AS project_id, \
    s.user_id AS user_id, s.name AS name, s.flavor_id AS flavor_id, s.flavor_name AS flavor_name, s.asked_zone AS asked_zone, \
    s.zone AS zone, s.reservation_id AS reservation_id, s.launch_index AS launch_index, s.deleted AS deleted, s.settled AS settled, s.unknown AS unknown, \
    s.has_user_data AS has_user_data, \
    s.group_id AS group_id, s.to_remove AS to_remove, ";

/// Which page.
#[derive(Clone, Debug)]
pub struct Page {
    /// All of these hold.
    pub conditions: Vec<Condition>,
    /// In this order.
    pub order: Order,
    /// Behind this server, which need not be in the list itself.
    pub marker: Option<String>,
    /// At most so many.
    pub limit: usize,
    /// Read the documents too.
    pub documents: bool,
}

/// True where there is such a server, deleted ones among them. `project_id` hides other projects' servers.
pub async fn has_marker(db: &Db, id: &str, project_id: Option<&str>) -> DbResult<bool> {
    let row = servers::table.filter(servers::id.eq(folded_id(id))).select(servers::project_id);
    let found = reading!(db, |conn| row.first::<String>(conn).await.optional()?);
    Ok(found.is_some_and(|owner| project_id.is_none_or(|project| project == owner)))
}

/// Reads it.
///
/// # Errors
/// [`ListError`] where the database takes longer than `database.statement_timeout_ms`, or the expressions longer than
/// `api.pattern_time_max_ms`.
pub async fn page(db: &Db, page: &Page, matcher: &Matcher) -> Result<Vec<Shown>, ListError> {
    if page.conditions.iter().any(|condition| condition.pattern().is_some()) {
        return search::page(db, page, matcher).await;
    }
    Ok(rows(db, page.statement(db)).await?)
}

/// The rows of a statement.
async fn rows<T>(db: &Db, statement: Statement) -> DbResult<Vec<T>>
where
    T: QueryableByName<Sqlite> + QueryableByName<Mysql> + Send + 'static,
{
    let Statement { sql, values, .. } = statement;
    reading!(db, |conn| {
        let mut query = diesel::sql_query(sql).into_boxed();
        for value in values {
            query = match value {
                Value::Text(text) => query.bind::<Text, _>(text),
                Value::Number(number) => query.bind::<BigInt, _>(number),
            };
        }
        Ok(query.load(conn).await?)
    })
}

impl Page {
    fn statement(&self, db: &Db) -> Statement {
        let document = if self.documents { "s.document" } else { "''" };
        self.select(db, &format!("{COLUMNS}{document} AS document"))
    }

    /// `what` of the rows of the page.
    fn select(&self, db: &Db, what: &str) -> Statement {
        let mut to = Statement::limited(db);
        let index = index::hint(&self.conditions, &self.order, to.embedded);
        to.push("SELECT ").push(what).push(" FROM ");
        if let Some(marker) = &self.marker {
            // The marker first, so that its values are known when the rows behind it are looked for.
            to.push("servers m CROSS JOIN servers s").push(&index);
            to.push(" WHERE m.id = ").text(&folded_id(marker)).push(" AND ");
            self.order.write_behind_marker(&mut to);
        } else {
            to.push("servers s").push(&index).push(" WHERE 1 = 1");
        }
        for condition in &self.conditions {
            to.push(" AND ");
            condition.write(&mut to);
        }
        self.order.write(&mut to);
        to.push(" LIMIT ").number(i64::try_from(self.limit).unwrap_or(i64::MAX));
        to
    }
}
