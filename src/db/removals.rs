//! Servers that are to be deleted in a region: written before the region is asked, gone when it has done so. A delete
//! that was accepted while its region did not answer, what is left of an earlier placing, what a failed request made.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::{Map, Value, json};

use super::clock::{Clock, SECOND};
use super::schema::{removals, servers};
use super::{Db, DbResult};

/// Longest wait before a region that refused is asked again.
const PAUSE_MAX_S: i64 = 300;

/// Why, and so how.
pub mod reason {
    /// A user's delete; a region may keep the server for a while as softly deleted.
    pub const DELETE: &str = "delete";
    /// A user's `forceDelete`.
    pub const FORCE: &str = "force";
    /// No server of the top's any more: gone for good.
    pub const REMNANT: &str = "remnant";
}

/// One of them. Times are microseconds.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = removals)]
#[expect(missing_docs, reason = "schema/*/…/up.sql says what each column holds")]
pub struct Removal {
    pub region_id: String,
    pub local_id: String,
    pub server_id: String,
    pub reason: String,
    pub request_id: String,
    pub created_at: i64,
    pub tries: i32,
    pub try_at: i64,
    pub overrides_lock: bool,
}

/// What became of a delete that was to be accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// It will be done.
    Yes,
    /// The server is not there any more, or no longer in that region.
    Gone,
    /// The server is locked, and the delete does not override that.
    Locked,
}

impl Removal {
    /// One that is due and does not override a lock; its times are set when it is written.
    #[must_use]
    pub fn new(region_id: &str, local_id: &str, server_id: &str, reason: &str, request_id: &str) -> Self {
        Self {
            region_id: region_id.to_owned(),
            local_id: local_id.to_owned(),
            server_id: server_id.to_owned(),
            reason: reason.to_owned(),
            request_id: request_id.to_owned(),
            created_at: 0,
            tries: 0,
            try_at: 0,
            overrides_lock: false,
        }
    }

    /// For those to whom a lock is no obstacle.
    #[must_use]
    pub fn overriding_lock(mut self, overrides_lock: bool) -> Self {
        self.overrides_lock = overrides_lock;
        self
    }
}

/// Inside [`writing!`]: notes that a server is to be removed; a second time changes nothing, but for one that is to go
/// further than a plain delete, or to override a lock.
macro_rules! remove_server {
    ($conn:ident, $removal:expr) => {{
        use $crate::db::schema::removals;
        let now = $conn.now().await?;
        let row = $crate::db::removals::Removal { created_at: now, try_at: now, ..$removal.clone() };
        let noted = diesel::insert_or_ignore_into(removals::table).values(&row).execute($conn).await? > 0;
        let known = removals::table.find((&row.region_id, &row.local_id));
        if !noted && row.reason != $crate::db::removals::reason::DELETE {
            let columns = (removals::reason.eq(&row.reason), removals::try_at.eq(now));
            diesel::update(known).set(columns).execute($conn).await?;
        }
        if !noted && row.overrides_lock {
            let columns = (removals::overrides_lock.eq(true), removals::try_at.eq(now));
            diesel::update(known).set(columns).execute($conn).await?;
        }
    }};
}

/// The document of a server that is being deleted.
fn being_deleted(document: &str) -> Option<String> {
    let mut document: Map<String, Value> = serde_json::from_str(document).ok()?;
    document.insert("OS-EXT-STS:task_state".into(), json!("deleting"));
    serde_json::to_string(&document).ok()
}

/// Accepts the delete of a server whose region cannot be told of it now: its row shows that it is being deleted until it
/// is. The lock is looked at in the row as it is now.
pub async fn accept(db: &Db, removal: &Removal) -> DbResult<Accepted> {
    writing!(db, "removals.accept", |conn| {
        let seq = next_seq!(conn, &removal.region_id);
        let now = conn.now().await?;
        let row = servers::table
            .filter(servers::id.eq(&removal.server_id))
            .filter(servers::region_id.eq(&removal.region_id))
            .filter(servers::deleted.eq(false));
        let locked: Option<bool> = row.select(servers::locked).first(conn).await.optional()?;
        match locked {
            None => return Ok(Accepted::Gone),
            Some(true) if !removal.overrides_lock => return Ok(Accepted::Locked),
            Some(_) => {}
        }
        let columns = (
            servers::to_remove.eq(true),
            servers::deleting.eq(true),
            servers::settled.eq(false),
            servers::task_state.eq("deleting"),
            servers::hold_until.eq(now),
            servers::last_request_id.eq(&removal.request_id),
            servers::seq.eq(seq),
            servers::changed_at.eq(now),
        );
        if diesel::update(row).set(columns).execute(conn).await? == 0 {
            return Ok(Accepted::Gone);
        }
        let row = servers::table.filter(servers::id.eq(&removal.server_id));
        let document: String = row.select(servers::document).first(conn).await?;
        if let Some(document) = being_deleted(&document) {
            diesel::update(row).set(servers::document.eq(document)).execute(conn).await?;
        }
        remove_server!(conn, removal);
        Ok(Accepted::Yes)
    })
}

/// Those of a region that are due, oldest first.
pub async fn due(db: &Db, region_id: &str, now: i64, at_most: i64) -> DbResult<Vec<Removal>> {
    let rows = removals::table.filter(removals::region_id.eq(region_id)).filter(removals::try_at.le(now));
    let rows = rows.order(removals::created_at).limit(at_most);
    reading!(db, |conn| Ok(rows.select(Removal::as_select()).load(conn).await?))
}

/// How many are open, by region.
pub async fn counts(db: &Db) -> DbResult<Vec<(String, i64)>> {
    let rows = removals::table.group_by(removals::region_id);
    reading!(db, |conn| Ok(rows.select((removals::region_id, diesel::dsl::count_star())).load(conn).await?))
}

/// The region has done it: what was read of the server before is not stored any more (invariant 7), it would show the
/// server as it was.
pub async fn done(db: &Db, removal: &Removal) -> DbResult<()> {
    writing!(db, "removals.done", |conn| {
        let seq = next_seq!(conn, &removal.region_id);
        // One that is to go further meanwhile (`forceDelete`) is still to be done.
        let asked =
            removals::table.find((&removal.region_id, &removal.local_id)).filter(removals::reason.eq(&removal.reason));
        if diesel::delete(asked).execute(conn).await? == 0 {
            return Ok(());
        }
        let row = servers::table
            .filter(servers::id.eq(&removal.server_id))
            .filter(servers::region_id.eq(&removal.region_id))
            .filter(servers::local_id.eq(&removal.local_id));
        // What it did to the server is looked for soon, as after any change.
        let now = conn.now().await?;
        let columns = (servers::to_remove.eq(false), servers::seq.eq(seq), servers::changed_at.eq(now));
        diesel::update(row).set(columns).execute(conn).await?;
        Ok(())
    })
}

/// The region answered and did not do it: asked again later, each time after twice as long.
pub async fn put_off(db: &Db, removal: &Removal) -> DbResult<()> {
    writing!(db, "removals.put_off", |conn| {
        let pause_s = PAUSE_MAX_S.min(1 << removal.tries.clamp(0, 16));
        let try_at = conn.now().await? + pause_s * SECOND;
        // One that was asked for anew meanwhile is due at once.
        let row = removals::table
            .find((&removal.region_id, &removal.local_id))
            .filter(removals::reason.eq(&removal.reason))
            .filter(removals::overrides_lock.eq(removal.overrides_lock));
        let columns = (removals::tries.eq(removals::tries + 1), removals::try_at.eq(try_at));
        diesel::update(row).set(columns).execute(conn).await?;
        Ok(())
    })
}
