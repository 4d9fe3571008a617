//! How far the sync of each region has come, and what operators see of it.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::clock::Clock;
use super::leases::Lease;
use super::schema::cursors;
use super::{Db, DbResult};

/// Characters of an error that are kept.
const ERROR_CHARS: usize = 255;

/// Position of a region's sync. Times are microseconds of our clock unless said otherwise.
#[derive(Clone, Debug, Default, Queryable, Selectable, Insertable)]
#[diesel(table_name = cursors)]
pub struct Cursor {
    /// The region.
    pub region_id: String,
    /// Newest `updated` that was stored, in the region's own clock (microseconds); none before the first whole list.
    pub changes_since: Option<i64>,
    /// Start of the last completed round; 0 before the first.
    pub round_at: i64,
    /// The sweep goes on behind this id there.
    pub sweep_after: String,
    /// Start of the sweep under way; 0 where none is.
    pub sweep_began_at: i64,
    /// Start of the last sweep that ended; 0 before the first.
    pub swept_at: i64,
    /// The region's clock less ours, by whole seconds of its answers.
    pub skew_us: Option<i64>,
    /// Time between the last change below and its store.
    pub lag_us: Option<i64>,
    /// Parts of the sync that did not end, since the region was registered.
    pub errors: i64,
    /// When the last one did not.
    pub error_at: i64,
    /// Why.
    pub error: String,
    /// Since when too many rows are missing for any to be closed; 0 where that is not so.
    pub brake_at: i64,
    /// An operator said that what was missing by then is gone.
    pub brake_released_at: i64,
}

/// What a completed round knows: its cursor, with what is new. Nobody else moves that while the lease is held.
#[derive(Clone, Copy, Debug, Default)]
pub struct Completed {
    /// Newest `updated` stored; not before the one that the round began with.
    pub changes_since: Option<i64>,
    /// Its start.
    pub round_at: i64,
    /// See [`Cursor::skew_us`].
    pub skew_us: Option<i64>,
    /// See [`Cursor::lag_us`].
    pub lag_us: Option<i64>,
}

/// Inside [`writing!`]: the region's row, made where there is none.
macro_rules! cursor {
    ($conn:ident, $region_id:expr) => {{
        let fresh = Cursor { region_id: $region_id.to_owned(), ..Cursor::default() };
        diesel::insert_or_ignore_into(cursors::table).values(&fresh).execute($conn).await?;
        cursors::table.find($region_id)
    }};
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

/// Notes a completed round.
pub async fn complete(db: &Db, lease: &Lease, region_id: &str, round: Completed) -> DbResult<()> {
    writing!(db, "cursors.complete", |conn| {
        require_lease!(conn, lease);
        let row = cursors::table.find(region_id);
        let told = (
            cursors::changes_since.eq(round.changes_since),
            cursors::round_at.eq(round.round_at),
            cursors::skew_us.eq(round.skew_us),
            cursors::lag_us.eq(round.lag_us),
        );
        if diesel::update(row).set(told).execute(conn).await? == 0 {
            let fresh = Cursor { region_id: region_id.to_owned(), ..Cursor::default() };
            diesel::insert_or_ignore_into(cursors::table).values(&fresh).execute(conn).await?;
            diesel::update(row).set(told).execute(conn).await?;
        }
        Ok(())
    })
}

/// Notes where the sweep that began then goes on.
pub async fn sweep_on(db: &Db, lease: &Lease, region_id: &str, began_at: i64, after: &str) -> DbResult<()> {
    writing!(db, "cursors.sweep_on", |conn| {
        require_lease!(conn, lease);
        let row = cursor!(conn, region_id);
        let place = (cursors::sweep_began_at.eq(began_at), cursors::sweep_after.eq(after));
        diesel::update(row).set(place).execute(conn).await?;
        Ok(())
    })
}

/// Notes that the sweep that began then has ended.
pub async fn swept(db: &Db, lease: &Lease, region_id: &str, began_at: i64) -> DbResult<()> {
    writing!(db, "cursors.swept", |conn| {
        require_lease!(conn, lease);
        let row = cursor!(conn, region_id);
        let ended = (cursors::swept_at.eq(began_at), cursors::sweep_began_at.eq(0), cursors::sweep_after.eq(""));
        diesel::update(row).set(ended).execute(conn).await?;
        Ok(())
    })
}

/// Counts and keeps what did not end.
pub async fn note_error(db: &Db, lease: &Lease, region_id: &str, error: &str) -> DbResult<()> {
    let text: String = error.chars().take(ERROR_CHARS).collect();
    writing!(db, "cursors.note_error", |conn| {
        require_lease!(conn, lease);
        let row = cursor!(conn, region_id);
        let now = conn.now().await?;
        let told = (cursors::errors.eq(cursors::errors + 1), cursors::error_at.eq(now), cursors::error.eq(&text));
        diesel::update(row).set(told).execute(conn).await?;
        Ok(())
    })
}

/// Puts the brake on or takes it off.
pub async fn set_brake(db: &Db, lease: &Lease, region_id: &str, on: bool) -> DbResult<()> {
    writing!(db, "cursors.set_brake", |conn| {
        require_lease!(conn, lease);
        let row = cursor!(conn, region_id);
        let at = if on { conn.now().await? } else { 0 };
        diesel::update(row).set(cursors::brake_at.eq(at)).execute(conn).await?;
        Ok(())
    })
}

/// An operator says that what is missing now is gone. Needs no lease: whoever holds it looks at this.
pub async fn release_brake(db: &Db, region_id: &str) -> DbResult<()> {
    writing!(db, "cursors.release_brake", |conn| {
        let row = cursor!(conn, region_id);
        let now = conn.now().await?;
        diesel::update(row).set(cursors::brake_released_at.eq(now)).execute(conn).await?;
        Ok(())
    })
}
