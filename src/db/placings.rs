//! Servers that a region has accepted and not launched yet, and what becomes of those that it never launches (D2,
//! "placed again"). Each change of where a server is, or that it is nowhere, is one transaction.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::clock::{Clock, micros};
use super::intents::{Intent, phase};
use super::quota::Charge;
use super::removals::Removal;
use super::schema::{intents, placings, server_mappings, servers};
use super::servers::{Documented, ServerRow};
use super::top_actions::TopAction;
use super::{Db, DbResult};

/// A server that is watched.
#[derive(Clone, Debug, Queryable)]
pub struct Watched {
    /// Its id on top.
    pub server_id: String,
    /// Its region; none while it is placed again.
    pub region_id: Option<String>,
    /// Its id there.
    pub local_id: Option<String>,
    /// Start of this placing, microseconds.
    pub begun_at: i64,
    /// As Nova shows it.
    pub status: String,
    /// None before a host has taken it.
    pub host: Option<String>,
    /// None before it ever ran.
    pub launched_at: Option<i64>,
    /// Gone, or on its way.
    pub deleted: bool,
    /// A delete went through us.
    pub deleting: bool,
}

/// Inside [`writing!`]: watches a server that a region has accepted.
macro_rules! watch_server {
    ($conn:ident, $server_id:expr, $owner:expr) => {{
        use $crate::db::schema::placings;
        let now = $conn.now().await?;
        let columns = (
            placings::server_id.eq($server_id),
            placings::owner.eq($owner),
            placings::begun_at.eq(now),
            placings::touched_at.eq(now),
        );
        // Not deleted first: what is not there is locked with its neighbours by that.
        if diesel::insert_or_ignore_into(placings::table).values(columns).execute($conn).await? == 0 {
            let columns = (placings::owner.eq($owner), placings::begun_at.eq(now), placings::touched_at.eq(now));
            diesel::update(placings::table.find($server_id)).set(columns).execute($conn).await?;
        }
    }};
}

/// Columns of [`Watched`].
type WatchedColumns = (
    placings::server_id,
    servers::region_id,
    servers::local_id,
    placings::begun_at,
    servers::status,
    servers::host,
    servers::launched_at,
    servers::deleted,
    servers::deleting,
);

#[diesel::dsl::auto_type]
fn watched() -> _ {
    let columns: WatchedColumns = Default::default();
    placings::table.inner_join(servers::table.on(servers::id.eq(placings::server_id))).select(columns)
}

/// What this process watches.
pub async fn of_owner(db: &Db, owner: &str) -> DbResult<Vec<Watched>> {
    reading!(db, |conn| Ok(watched().filter(placings::owner.eq(owner)).load(conn).await?))
}

/// One that some process watches.
pub async fn get(db: &Db, server_id: &str) -> DbResult<Option<Watched>> {
    reading!(db, |conn| Ok(watched().filter(placings::server_id.eq(server_id)).first(conn).await.optional()?))
}

/// Begins the time anew that a server may be built.
pub async fn begin_anew(db: &Db, server_id: &str) -> DbResult<()> {
    writing!(db, "placings.begin_anew", |conn| {
        let now = conn.now().await?;
        diesel::update(placings::table.find(server_id)).set(placings::begun_at.eq(now)).execute(conn).await?;
        Ok(())
    })
}

/// Watches these no longer: they run, are deleted, or nothing more can be done for them.
pub async fn forget(db: &Db, server_ids: &[&str]) -> DbResult<()> {
    writing!(db, "placings.forget", |conn| {
        diesel::delete(placings::table.filter(placings::server_id.eq_any(server_ids))).execute(conn).await?;
        Ok(())
    })
}

/// Shows that this process lives, and takes over what processes left that do not: all that is not ours with `at_once`
/// (the embedded database has one serving process), else what was not touched for `older_than_s`.
pub async fn take_over(db: &Db, owner: &str, older_than_s: u64, at_once: bool) -> DbResult<usize> {
    writing!(db, "placings.take_over", |conn| {
        let now = conn.now().await?;
        let age = micros(older_than_s);
        let ours = placings::table.filter(placings::owner.eq(owner));
        diesel::update(ours).set(placings::touched_at.eq(now)).execute(conn).await?;
        let until = if at_once { i64::MAX } else { now - age };
        let left = placings::table.filter(placings::owner.ne(owner)).filter(placings::touched_at.le(until));
        let columns = (placings::owner.eq(owner), placings::touched_at.eq(now));
        Ok(diesel::update(left).set(columns).execute(conn).await?)
    })
}

/// A server's leave of a region that never launched it.
#[derive(Clone, Debug)]
pub struct Leave {
    /// What it is shown as from now on.
    pub columns: Documented,
    /// What is left there.
    pub remnant: Removal,
    /// The boot of its next placing; none where it gets none.
    pub next: Option<Intent>,
    /// For its owner to read.
    pub action: TopAction,
}

/// Takes a server out of its region: from now on it is on top alone. Keeps its charge. False where it was launched,
/// moved or is to be deleted.
pub async fn leave(db: &Db, leave: &Leave) -> DbResult<bool> {
    let Removal { region_id, local_id, server_id, .. } = &leave.remnant;
    writing!(db, "placings.leave", |conn| {
        let seq = next_seq!(conn, region_id);
        let now = conn.now().await?;
        let row = servers::table
            .filter(servers::id.eq(server_id))
            .filter(servers::region_id.eq(region_id))
            .filter(servers::local_id.eq(local_id))
            .filter(servers::deleted.eq(false))
            .filter(servers::deleting.eq(false))
            .filter(servers::launched_at.is_null());
        let place = (servers::region_id.eq(None::<String>), servers::local_id.eq(None::<String>));
        let bookkeeping = (servers::seq.eq(seq), servers::changed_at.eq(now), servers::missing_since.eq(None::<i64>));
        if diesel::update(row).set((&leave.columns, place, bookkeeping)).execute(conn).await? == 0 {
            return Ok(false);
        }
        let mapping = server_mappings::table.find((region_id, local_id));
        diesel::update(mapping).set(server_mappings::current.eq(false)).execute(conn).await?;
        remove_server!(conn, leave.remnant);
        diesel::delete(placings::table.find(server_id)).execute(conn).await?;
        if let Some(intent) = &leave.next {
            let intent = Intent { created_at: now, updated_at: now, ..intent.clone() };
            diesel::insert_into(intents::table).values(&intent).execute(conn).await?;
        }
        top_action!(conn, leave.action);
        Ok(true)
    })
}

/// Ends a boot that no region takes with a server in ERROR on top alone; the intent's charge goes over to it. False where
/// the intent is gone.
pub async fn strand_new(db: &Db, intent_id: &str, row: &ServerRow, action: &TopAction) -> DbResult<bool> {
    writing!(db, "placings.strand_new", |conn| {
        // The group may have been deleted meanwhile.
        let group_id = match &row.group_id {
            Some(id) => hold_group!(conn, id).then(|| id.clone()),
            None => None,
        };
        let Some(intent) = take_intent!(conn, intent_id) else { return Ok(false) };
        let now = conn.now().await?;
        let row = ServerRow { changed_at: now, group_id, ..row.clone() }.charged(intent.charge());
        diesel::insert_into(servers::table).values(&row).execute(conn).await?;
        top_action!(conn, action);
        Ok(true)
    })
}

/// The same of a server that was to be placed again. False where it got a region after all, or was deleted.
pub async fn strand_again(db: &Db, intent_id: &str, columns: &Documented, action: &TopAction) -> DbResult<bool> {
    writing!(db, "placings.strand_again", |conn| {
        if take_intent!(conn, intent_id).is_none() {
            return Ok(false);
        }
        let now = conn.now().await?;
        let alone = servers::table
            .filter(servers::id.eq(&action.server_id))
            .filter(servers::region_id.is_null())
            .filter(servers::deleted.eq(false));
        let stranded = diesel::update(alone).set((columns, servers::changed_at.eq(now))).execute(conn).await? > 0;
        if stranded {
            top_action!(conn, action);
        }
        Ok(stranded)
    })
}

/// Deletes a server that is on top alone; of its boot under way only what has not been sent to a region. False where it
/// is not, or not any more: it has got a region, or is deleted.
pub async fn delete_alone(db: &Db, id: &str, columns: &Documented, action: &TopAction) -> DbResult<bool> {
    writing!(db, "placings.delete_alone", |conn| {
        let now = conn.now().await?;
        let open = intents::table.filter(intents::server_id.eq(id)).filter(intents::phase.eq(phase::PLANNED));
        diesel::delete(open).execute(conn).await?;
        let row = servers::table
            .filter(servers::id.eq(id))
            .filter(servers::region_id.is_null())
            .filter(servers::deleted.eq(false));
        let columns = (columns, servers::changed_at.eq(now));
        if diesel::update(row).set(columns).execute(conn).await? == 0 {
            return Ok(false);
        }
        charge_row!(conn, id, Charge::default());
        top_action!(conn, action);
        Ok(true)
    })
}
