//! All that the rows say of where one server is and was.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::mappings::Mapping;
use super::schema::{server_mappings, servers};
use super::{Db, DbResult};

/// A row, less its document.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = servers)]
#[expect(missing_docs, clippy::struct_excessive_bools, reason = "schema/*/…/up.sql says what each column holds")]
pub struct Facts {
    pub id: String,
    pub region_id: Option<String>,
    pub local_id: Option<String>,
    pub intent_id: Option<String>,
    pub project_id: String,
    pub user_id: String,
    pub name: String,
    pub status: String,
    pub task_state: Option<String>,
    pub host: Option<String>,
    pub asked_zone: Option<String>,
    pub zone: String,
    pub reservation_id: String,
    pub launch_index: i32,
    pub created_at: i64,
    pub updated_at: i64,
    pub deleted: bool,
    pub changed_at: i64,
    pub seq: i64,
    pub settled: bool,
    pub hold_until: i64,
    pub awaits: Option<String>,
    pub deleting: bool,
    pub missing_since: Option<i64>,
    pub documented: bool,
    pub charged_instances: i32,
    pub charged_cores: i32,
    pub charged_ram_mb: i32,
    pub boot_request_id: String,
    pub last_request_id: String,
}

/// The server of this id on top, else the one that a region has or had under it; deleted ones too.
pub async fn server(db: &Db, id: &str) -> DbResult<Option<Facts>> {
    let own = servers::table.filter(servers::id.eq(id));
    let mapped = server_mappings::table
        .inner_join(servers::table.on(servers::id.eq(server_mappings::server_id)))
        .filter(server_mappings::local_id.eq(id))
        .order(server_mappings::current.desc());
    if let Some(found) = reading!(db, |conn| own.select(Facts::as_select()).first(conn).await.optional()?) {
        return Ok(Some(found));
    }
    reading!(db, |conn| Ok(mapped.select(Facts::as_select()).first(conn).await.optional()?))
}

/// Where a server is and was, the newest first.
pub async fn placements(db: &Db, server_id: &str) -> DbResult<Vec<Mapping>> {
    let rows = server_mappings::table.filter(server_mappings::server_id.eq(server_id));
    let rows = rows.order((server_mappings::current.desc(), server_mappings::created_at.desc()));
    reading!(db, |conn| Ok(rows.select(Mapping::as_select()).load(conn).await?))
}
