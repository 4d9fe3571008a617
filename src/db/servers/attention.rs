//! Rows that the sync has to look at closer: those that a sweep did not see, those that are missing, those of a cell
//! that is down, and those whose neighbours (ports, floating ips, hosts) have changed.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::sync::{Known, of_region};
use crate::db::clock::Clock;
use crate::db::leases::Lease;
use crate::db::schema::servers;
use crate::db::{Db, DbResult};

/// Which live unsettled rows of a region are to be shown singly, since a list need not bring their documents. Times are
/// of our clock.
#[derive(Clone, Copy, Debug)]
pub struct Due {
    /// Now.
    pub now: i64,
    /// What has not changed since then stands still.
    pub still_since: i64,
    /// One that has been missing for less is not looked at again yet.
    pub missing_since: i64,
    /// Those that stand still too: with work under way that need not end. Others are new, or missing, or await something.
    pub stuck: bool,
}

impl Due {
    /// Those looked at longest ago come first.
    pub async fn rows(self, db: &Db, region_id: &str, at_most: usize) -> DbResult<Vec<Known>> {
        let untold = servers::documented.eq(false).or(servers::missing_since.is_not_null());
        let due = untold
            .or(servers::deleting.eq(true))
            .or(servers::awaits.is_not_null())
            .or(servers::changed_at.le(self.still_since));
        let still_since = if self.stuck { i64::MIN } else { self.still_since };
        let moving = untold.or(servers::changed_at.gt(still_since)).or(servers::hold_until.gt(self.now));
        let waited = servers::missing_since
            .is_null()
            .or(servers::missing_since.le(self.missing_since))
            .or(servers::deleting.eq(true));
        let rows = of_region(region_id).filter(servers::settled.eq(false)).filter(due).filter(moving).filter(waited);
        let limit = i64::try_from(at_most).unwrap_or(i64::MAX);
        reading!(db, |conn| Ok(rows.order(servers::seq).select(Known::as_select()).limit(limit).load(conn).await?))
    }
}

/// What of a region's live rows is not as it should be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attention {
    /// Something is under way, or is not known.
    pub unsettled: i64,
    /// A single show answered 404.
    pub missing: i64,
    /// In a cell that is down.
    pub unknown: i64,
}

/// Counted by region, in the order of these.
pub async fn counts(db: &Db, region_ids: &[&str]) -> DbResult<Vec<Attention>> {
    reading!(db, |conn| {
        let mut counts = Vec::with_capacity(region_ids.len());
        for region_id in region_ids {
            let unsettled = of_region(region_id).filter(servers::settled.eq(false));
            counts.push(Attention {
                unsettled: unsettled.count().get_result(conn).await?,
                missing: unsettled.filter(servers::missing_since.is_not_null()).count().get_result(conn).await?,
                unknown: of_region(region_id).filter(servers::unknown.eq(true)).count().get_result(conn).await?,
            });
        }
        Ok(counts)
    })
}

/// Ids, in their region, of live rows behind `after` and up to `last` that nothing has touched since `read_seq`.
pub async fn between(db: &Db, region_id: &str, after: &str, last: &str, read_seq: i64) -> DbResult<Vec<String>> {
    let rows = of_region(region_id).filter(servers::local_id.gt(after)).filter(servers::local_id.le(last));
    let rows = rows.filter(servers::seq.le(read_seq)).select(servers::local_id.assume_not_null());
    reading!(db, |conn| Ok(rows.load(conn).await?))
}

/// Rows of a region for which a single show is due at once.
pub async fn undocumented(db: &Db, region_id: &str) -> DbResult<i64> {
    let rows = of_region(region_id).filter(servers::settled.eq(false)).filter(servers::documented.eq(false));
    reading!(db, |conn| Ok(rows.filter(servers::missing_since.is_null()).count().get_result(conn).await?))
}

/// Rows that have been missing from later than `since` on, and whose delete did not go through us.
pub async fn missing(db: &Db, region_id: &str, since: i64) -> DbResult<i64> {
    let rows = of_region(region_id).filter(servers::settled.eq(false)).filter(servers::deleting.eq(false));
    reading!(db, |conn| Ok(rows.filter(servers::missing_since.gt(since)).count().get_result(conn).await?))
}

/// Ids, in their region, of some rows that are surely there: nothing of them is in doubt.
pub async fn witnesses(db: &Db, region_id: &str, at_most: i64) -> DbResult<Vec<String>> {
    let rows = of_region(region_id).filter(servers::settled.eq(true)).filter(servers::unknown.eq(false));
    let rows = rows.filter(servers::local_id.is_not_null()).order(servers::seq.desc()).limit(at_most);
    reading!(db, |conn| Ok(rows.select(servers::local_id.assume_not_null()).load(conn).await?))
}

/// Marks rows whose cell is down. Their documents stay, and nothing is waited for: that the cell is back is seen of
/// one of them ([`longest_unknown`]).
pub async fn note_unknown(
    db: &Db,
    lease: &Lease,
    region_id: &str,
    read_seq: i64,
    local_ids: &[String],
) -> DbResult<()> {
    writing!(db, "servers.note_unknown", |conn| {
        require_lease!(conn, lease);
        let seq = next_seq!(conn, region_id);
        let now = conn.now().await?;
        let rows = of_region(region_id).filter(servers::local_id.eq_any(local_ids)).filter(servers::seq.le(read_seq));
        let shown = (servers::unknown.eq(true), servers::changed_at.eq(now));
        diesel::update(rows.clone().filter(servers::unknown.eq(false))).set(shown).execute(conn).await?;
        let noted = (servers::settled.eq(true), servers::missing_since.eq(None::<i64>), servers::seq.eq(seq));
        diesel::update(rows).set(noted).execute(conn).await?;
        Ok(())
    })
}

/// The row of a cell that is down that was looked at longest ago.
pub async fn longest_unknown(db: &Db, region_id: &str) -> DbResult<Option<Known>> {
    let rows = of_region(region_id).filter(servers::unknown.eq(true)).filter(servers::settled.eq(true));
    reading!(db, |conn| Ok(rows.order(servers::seq).select(Known::as_select()).first(conn).await.optional()?))
}

/// One of them was told whole again, so each of them is looked at.
pub async fn unsettle_unknown(db: &Db, lease: &Lease, region_id: &str) -> DbResult<()> {
    writing!(db, "servers.unsettle_unknown", |conn| {
        require_lease!(conn, lease);
        let seq = next_seq!(conn, region_id);
        let due = (servers::settled.eq(false), servers::documented.eq(false), servers::seq.eq(seq));
        diesel::update(of_region(region_id).filter(servers::unknown.eq(true))).set(due).execute(conn).await?;
        Ok(())
    })
}

/// Ids, in their region, of the live rows on a host.
pub async fn on_host(db: &Db, region_id: &str, host: &str) -> DbResult<Vec<String>> {
    let rows = of_region(region_id).filter(servers::host.eq(host)).select(servers::local_id.assume_not_null());
    reading!(db, |conn| Ok(rows.filter(servers::local_id.is_not_null()).load(conn).await?))
}

/// Unsettles a server until its document shows something ([`super::sync::unsettle_local`]), for so long at most; what a
/// change of a user's waits for comes first.
pub async fn await_local(
    db: &Db,
    lease: &Lease,
    region_id: &str,
    awaited: &[(String, String)],
    hold_us: i64,
) -> DbResult<()> {
    writing!(db, "servers.await_local", |conn| {
        require_lease!(conn, lease);
        let seq = next_seq!(conn, region_id);
        let hold_until = conn.now().await? + hold_us;
        for (local_id, what) in awaited {
            let row = of_region(region_id).filter(servers::local_id.eq(local_id));
            let due = (servers::settled.eq(false), servers::documented.eq(false), servers::seq.eq(seq));
            diesel::update(row).set(due).execute(conn).await?;
            let held = (servers::awaits.eq(what), servers::hold_until.eq(hold_until));
            diesel::update(row.filter(servers::awaits.is_null())).set(held).execute(conn).await?;
        }
        Ok(())
    })
}
