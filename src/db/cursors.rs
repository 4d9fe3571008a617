//! How far the sync of each region has come.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::clock::Clock;
use super::leases::Lease;
use super::schema::cursors;
use super::{Db, DbResult};

/// Position of a region's sync.
#[derive(Clone, Debug, Default, Queryable, Selectable, Insertable)]
#[diesel(table_name = cursors)]
pub struct Cursor {
    /// The region.
    pub region_id: String,
    /// Newest `updated` that was stored, in the region's own clock (microseconds); none before the first whole list.
    pub changes_since: Option<i64>,
    /// Start of the last completed round, in our clock.
    pub round_at: i64,
}

/// Positions of all regions.
pub async fn all(db: &Db) -> DbResult<Vec<Cursor>> {
    reading!(db, |conn| Ok(cursors::table.select(Cursor::as_select()).load(conn).await?))
}

/// The position of one region.
pub async fn get(db: &Db, region_id: &str) -> DbResult<Cursor> {
    let row = cursors::table.find(region_id);
    let found = reading!(db, |conn| row.select(Cursor::as_select()).first(conn).await.optional()?);
    Ok(found.unwrap_or_else(|| Cursor { region_id: region_id.to_owned(), ..Cursor::default() }))
}

/// Notes a completed round; `changes_since` only moves forward.
pub async fn complete(
    db: &Db,
    lease: &Lease,
    region_id: &str,
    changes_since: Option<i64>,
    round_at: i64,
) -> DbResult<()> {
    writing!(db, "cursors.complete", |conn| {
        require_lease!(conn, lease);
        let fresh = Cursor { region_id: region_id.to_owned(), changes_since, round_at };
        if diesel::insert_or_ignore_into(cursors::table).values(&fresh).execute(conn).await? == 0 {
            diesel::update(cursors::table.find(region_id)).set(cursors::round_at.eq(round_at)).execute(conn).await?;
            let behind = cursors::table
                .find(region_id)
                .filter(cursors::changes_since.is_null().or(cursors::changes_since.lt(changes_since)));
            diesel::update(behind).set(cursors::changes_since.eq(changes_since)).execute(conn).await?;
        }
        Ok(())
    })
}
