//! One page of servers, from indexed columns.

use std::sync::{Mutex, PoisonError};

use diesel::QueryResult;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel_async::RunQueryDsl;

use super::pools::AsyncSqlite;
use super::schema::servers;
use super::servers::Shown;
use super::{Db, DbResult};

diesel::infix_operator!(Regexp, " REGEXP ", Bool);

mod sqlite {
    use diesel::sql_types::Text;
    #[diesel::declare_sql_function]
    extern "SQL" {
        /// What `SQLite` calls for `text REGEXP pattern`.
        fn regexp(pattern: Text, text: Text) -> Bool;
    }
}

/// Gives a `SQLite` connection the operator that `MariaDB` has by itself.
pub(in crate::db) async fn register_regexp(conn: &mut AsyncSqlite) -> QueryResult<()> {
    let compiled: Mutex<Option<(String, Option<regex::Regex>)>> = Mutex::new(None);
    conn.spawn_blocking(move |conn| {
        sqlite::regexp_utils::register_impl(conn, move |pattern: String, text: String| {
            // A connection runs one statement at a time, so the last pattern is the right one for all its rows.
            let mut last = compiled.lock().unwrap_or_else(PoisonError::into_inner);
            if last.as_ref().is_none_or(|(known, _)| *known != pattern) {
                let regex = regex::Regex::new(&pattern).ok();
                *last = Some((pattern, regex));
            }
            last.as_ref().and_then(|(_, regex)| regex.as_ref()).is_some_and(|regex| regex.is_match(&text))
        })
    })
    .await
}

/// Where a page begins: after the server with this place in the order.
#[derive(Clone, Copy, Debug)]
pub struct Marker {
    /// Microseconds.
    pub created_at: i64,
    /// Tie-break.
    pub serial: i64,
}

/// Which servers a page shows.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only this project's; none: all.
    pub project_id: Option<String>,
    /// Only (not) deleted ones; none: both.
    pub deleted: Option<bool>,
    /// Regular expression on the name, without regard to case as in Nova's databases.
    pub name: Option<String>,
    /// Any of these; none: all.
    pub vm_states: Option<Vec<String>>,
    /// Any of these; none: all.
    pub task_states: Option<Vec<String>>,
}

/// The place of a server in the default order. `project_id` hides other projects' servers; deleted ones are found.
pub async fn marker(db: &Db, id: &str, project_id: Option<&str>) -> DbResult<Option<Marker>> {
    let row =
        servers::table.filter(servers::id.eq(id)).select((servers::project_id, servers::created_at, servers::serial));
    let found = reading!(db, |conn| row.first::<(String, i64, i64)>(conn).await.optional()?);
    Ok(found
        .filter(|(owner, ..)| project_id.is_none_or(|project| project == owner))
        .map(|(_, created_at, serial)| Marker { created_at, serial }))
}

/// At most `limit` servers after `marker`, newest first.
pub async fn page(db: &Db, filter: &Filter, marker: Option<Marker>, limit: usize) -> DbResult<Vec<Shown>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    reading!(db, |conn| {
        let mut query = servers::table.select(Shown::as_select()).into_boxed();
        if let Some(project_id) = &filter.project_id {
            query = query.filter(servers::project_id.eq(project_id));
        }
        if let Some(deleted) = filter.deleted {
            query = query.filter(servers::deleted.eq(deleted));
        }
        if let Some(pattern) = &filter.name {
            query = query.filter(Regexp::new(servers::name, format!("(?i){pattern}").into_sql::<Text>()));
        }
        if let Some(states) = &filter.vm_states {
            query = query.filter(servers::vm_state.eq_any(states));
        }
        if let Some(states) = &filter.task_states {
            query = query.filter(servers::task_state.eq_any(states));
        }
        if let Some(Marker { created_at, serial }) = marker {
            let same_instant = servers::created_at.eq(created_at).and(servers::serial.lt(serial));
            // The first condition alone lets the index jump to the place; OR would make it scan.
            query = query
                .filter(servers::created_at.le(created_at))
                .filter(servers::created_at.lt(created_at).or(same_instant));
        }
        let page = query.order((servers::created_at.desc(), servers::serial.desc())).limit(limit);
        Ok(page.load(conn).await?)
    })
}
