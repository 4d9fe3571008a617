//! Which server of which region a server of the top is (D1). Written together with the server's row.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::clock::Clock;
use super::intents::Intent;
use super::quota::{Account, Charge};
use super::schema::{server_mappings, servers};
use super::servers::ServerRow;
use super::{Db, DbResult};

/// Rows of one server in its region, current first.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = server_mappings)]
pub struct Mapping {
    /// The region.
    pub region_id: String,
    /// The server's id there.
    pub local_id: String,
    /// Its id on top.
    pub server_id: String,
    /// False for an earlier placement.
    pub current: bool,
    /// The boot it came from.
    pub intent_id: Option<String>,
    /// Microseconds.
    pub created_at: i64,
}

/// Puts a server that a region accepted on the map: mapping, row, and the intent it came from, in one transaction.
/// Whoever comes second (the boot or the sync, which may find the server by its marker) changes nothing. Returns false
/// where the server was mapped already.
pub async fn place(db: &Db, row: &ServerRow) -> DbResult<bool> {
    let (Some(region_id), Some(local_id)) = (&row.region_id, &row.local_id) else { return Ok(false) };
    writing!(db, "mappings.place", |conn| {
        // The group may have been deleted while the server was booted.
        let group_id = match &row.group_id {
            Some(id) => hold_group!(conn, id).then(|| id.clone()),
            None => None,
        };
        let now = conn.now().await?;
        let seq = next_seq!(conn, region_id);
        let mapping = Mapping {
            region_id: region_id.clone(),
            local_id: local_id.clone(),
            server_id: row.id.clone(),
            current: true,
            intent_id: row.intent_id.clone(),
            created_at: now,
        };
        let new = diesel::insert_or_ignore_into(server_mappings::table).values(&mapping).execute(conn).await? > 0;
        let intent = match &row.intent_id {
            Some(intent_id) => take_intent!(conn, intent_id),
            None => None,
        };
        // The intent's charge goes over to the row; one that comes without is charged whatever the limit.
        let before = intent.as_ref().map_or_else(Charge::default, Intent::charge);
        let mut after = Charge::default();
        if new {
            after = if intent.is_some() { before } else { row.charge() };
            let row = ServerRow { seq, changed_at: now, group_id, ..row.clone() }.charged(after);
            diesel::insert_into(servers::table).values(&row).execute(conn).await?;
        }
        charge!(conn, Account::new(&row.project_id, &row.user_id), after.beyond(before));
        Ok(new)
    })
}

/// What servers of a region are called on top, where that differs, by their ids there.
pub async fn renamed(db: &Db, region_id: &str, local_ids: &[&str]) -> DbResult<Vec<(String, String)>> {
    let rows = server_mappings::table
        .filter(server_mappings::region_id.eq(region_id))
        .filter(server_mappings::local_id.eq_any(local_ids))
        .filter(server_mappings::server_id.ne(server_mappings::local_id));
    let columns = (server_mappings::local_id, server_mappings::server_id);
    reading!(db, |conn| Ok(rows.select(columns).load(conn).await?))
}

/// The server a boot's marker already led to, if any.
pub async fn by_intent(db: &Db, intent_id: &str) -> DbResult<Option<Mapping>> {
    let rows =
        server_mappings::table.filter(server_mappings::intent_id.eq(intent_id)).order(server_mappings::created_at);
    reading!(db, |conn| Ok(rows.select(Mapping::as_select()).first(conn).await.optional()?))
}
