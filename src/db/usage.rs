//! The servers that ran within a window of time, by project and id (nova/db/main/api.py,
//! `instance_get_active_by_window_joined`). A page costs the same wherever it begins: it is read from an index that holds
//! the times too.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::schema::servers;
use super::{Db, DbResult};

/// What is charged for a server.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = servers)]
#[expect(missing_docs, reason = "schema/*/…/up.sql says what each column holds")]
pub struct Used {
    pub id: String,
    pub name: String,
    pub project_id: String,
    pub vm_state: String,
    pub flavor_id: String,
    pub flavor_name: String,
    pub launched_at: Option<i64>,
    pub terminated_at: Option<i64>,
    pub deleted_at: Option<i64>,
    pub document: String,
}

impl Used {
    /// When it ended: a row that was closed without a last word of its region has the time of that alone.
    #[must_use]
    pub fn ended_at(&self) -> Option<i64> {
        self.terminated_at.or(self.deleted_at)
    }
}

/// Launched before `until`, and not ended by `from`; microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Its start.
    pub from: i64,
    /// Its end.
    pub until: i64,
}

/// A part of the order by project and id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stretch {
    /// Servers of a project behind this id.
    Of(String, String),
    /// Servers of all projects behind this one.
    Behind(String),
}

/// The project of a server, deleted or not.
pub async fn project_of(db: &Db, id: &str) -> DbResult<Option<String>> {
    let row = servers::table.filter(servers::id.eq(id)).select(servers::project_id);
    reading!(db, |conn| Ok(row.first(conn).await.optional()?))
}

/// The first servers of these stretches, `limit` at most. Which they are the index alone tells: with more columns
/// `MariaDB` walks all of a project up to the place where the page begins.
pub async fn page(db: &Db, window: Window, stretches: &[Stretch], limit: usize) -> DbResult<Vec<Used>> {
    reading!(db, |conn| {
        let mut found: Vec<i64> = Vec::new();
        for stretch in stretches {
            let left = i64::try_from(limit - found.len()).unwrap_or(i64::MAX);
            let keys = running(window.from, window.until).select(servers::serial).limit(left);
            found.extend(match stretch {
                Stretch::Of(project, id) => {
                    let own = keys.filter(servers::project_id.eq(project)).filter(servers::id.gt(id));
                    own.order(servers::id).load::<i64>(conn).await?
                }
                Stretch::Behind(project) => {
                    let others = keys.filter(servers::project_id.gt(project));
                    others.order((servers::project_id, servers::id)).load::<i64>(conn).await?
                }
            });
        }
        let rows = servers::table.filter(servers::serial.eq_any(found)).select(Used::as_select());
        Ok(rows.order((servers::project_id, servers::id)).load(conn).await?)
    })
}

#[diesel::dsl::auto_type]
fn running(from: i64, until: i64) -> _ {
    let gone_later = servers::terminated_at.gt(from);
    let unknown_end = servers::deleted_at.is_null().or(servers::deleted_at.gt(from));
    servers::table
        .filter(servers::launched_at.lt(until))
        .filter(gone_later.or(servers::terminated_at.is_null().and(unknown_end)))
}
