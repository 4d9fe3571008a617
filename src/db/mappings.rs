//! Which server of which region a server of the top is (D1). Written together with the server's row.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::clock::Clock;
use super::intents::Intent;
use super::quota::{Account, Charge};
use super::removals::{Removal, reason};
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
/// Whoever comes second (the boot or the sync, which may find the server by its marker) changes nothing. Of a server that
/// is placed again the row is there; where that was deleted meanwhile, what the region made is removed again. Returns
/// false where the server was mapped already.
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
        let intent = match &row.intent_id {
            Some(intent_id) => take_intent!(conn, intent_id),
            None => None,
        };
        let again = intent.as_ref().and_then(|intent| intent.server_id.as_deref());
        let again = again.or((row.id != *local_id).then_some(row.id.as_str()));
        let mapping = Mapping {
            region_id: region_id.clone(),
            local_id: local_id.clone(),
            server_id: again.unwrap_or(&row.id).to_owned(),
            current: true,
            intent_id: row.intent_id.clone(),
            created_at: now,
        };
        let new = diesel::insert_or_ignore_into(server_mappings::table).values(&mapping).execute(conn).await? > 0;
        // The intent's charge goes over to the row; one that comes without is charged whatever the limit.
        let before = intent.as_ref().map_or_else(Charge::default, Intent::charge);
        let mut after = Charge::default();
        if let Some(id) = again.filter(|_| new) {
            let alone = servers::table
                .filter(servers::id.eq(id))
                .filter(servers::region_id.is_null())
                .filter(servers::deleted.eq(false));
            let place = (servers::region_id.eq(region_id), servers::local_id.eq(local_id));
            let origin = (servers::intent_id.eq(&row.intent_id), servers::seq.eq(seq), servers::changed_at.eq(now));
            if diesel::update(alone).set((&row.told, place, origin)).execute(conn).await? == 0 {
                let current = server_mappings::current.eq(false);
                diesel::update(server_mappings::table.find((region_id, local_id))).set(current).execute(conn).await?;
                let request_id = intent.as_ref().map_or("", |intent| intent.boot_request_id.as_str());
                let remnant = Removal::new(region_id, local_id, id, reason::REMNANT, request_id);
                remove_server!(conn, remnant);
                return Ok(new);
            }
        } else if new {
            after = if intent.is_some() { before } else { row.charge() };
            let row = ServerRow { seq, changed_at: now, group_id, ..row.clone() }.charged(after);
            diesel::insert_into(servers::table).values(&row).execute(conn).await?;
        }
        if let Some(intent) = intent.as_ref().filter(|_| new) {
            watch_server!(conn, &mapping.server_id, &intent.owner);
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

/// Which of the regions has a server of these ids: id and region. Earlier placements count: they are nobody else's.
pub async fn elsewhere(db: &Db, region_ids: &[&str], local_ids: &[&str]) -> DbResult<Vec<(String, String)>> {
    let rows = server_mappings::table
        .filter(server_mappings::region_id.eq_any(region_ids))
        .filter(server_mappings::local_id.eq_any(local_ids))
        .select((server_mappings::local_id, server_mappings::region_id));
    reading!(db, |conn| Ok(rows.load(conn).await?))
}

/// How many servers of a region are on the map, at most `most`: more are not counted.
pub async fn count_up_to(db: &Db, region_id: &str, most: usize) -> DbResult<usize> {
    let rows = server_mappings::table.filter(server_mappings::region_id.eq(region_id));
    let rows = rows.select(server_mappings::local_id).limit(i64::try_from(most).unwrap_or(i64::MAX));
    Ok(reading!(db, |conn| rows.load::<String>(conn).await?).len())
}
