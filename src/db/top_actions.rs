//! Actions of the top itself on a server, beside those that its region keeps: placings that failed, deletes that no
//! region saw. Shown among the server's instance actions.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::schema::top_actions;
use super::{Db, DbResult};

/// One action, with its one event. Times are microseconds.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = top_actions)]
#[expect(missing_docs, reason = "schema/*/…/up.sql says what each column holds")]
pub struct TopAction {
    pub server_id: String,
    pub action: String,
    pub request_id: String,
    pub project_id: String,
    pub user_id: String,
    pub message: Option<String>,
    pub started_at: i64,
    pub ended_at: Option<i64>,
    pub failed: bool,
}

/// Inside [`writing!`]: notes one that has just ended.
macro_rules! top_action {
    ($conn:ident, $action:expr) => {{
        use $crate::db::schema::top_actions;
        let now = $conn.now().await?;
        let mut row = $crate::db::top_actions::TopAction { ended_at: Some(now), ..$action.clone() };
        // It may have the words of a region in it.
        if let Some(message) = &mut row.message {
            $crate::db::text::cut(message, $crate::db::text::LONG_MAX);
        }
        diesel::insert_into(top_actions::table).values(&row).execute($conn).await?;
    }};
}

/// Those of a server, newest first.
pub async fn of_server(db: &Db, server_id: &str) -> DbResult<Vec<TopAction>> {
    let rows = top_actions::table.filter(top_actions::server_id.eq(server_id)).order(top_actions::id.desc());
    reading!(db, |conn| Ok(rows.select(TopAction::as_select()).load(conn).await?))
}
