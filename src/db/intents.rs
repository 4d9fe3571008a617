//! Boots under way: written before anything is sent to a region, so that no crash loses a server (D2).

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::clock::{Clock, SECOND};
use super::schema::intents;
use super::{Db, DbResult};

/// Where a boot stands.
pub mod phase {
    /// Nothing was sent, or the last region surely did not take it.
    pub const PLANNED: &str = "planned";
    /// The request is on its way to `region_id`.
    pub const SENDING: &str = "sending";
    /// It left and no answer came: `region_id` may or may not have the server.
    pub const UNKNOWN: &str = "unknown";
}

/// A boot under way. Times are microseconds.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = intents)]
#[expect(missing_docs, reason = "schema/*/…/up.sql says what each column holds")]
pub struct Intent {
    pub id: String,
    pub project_id: String,
    pub user_id: String,
    pub region_id: Option<String>,
    pub phase: String,
    pub owner: String,
    pub name: String,
    pub flavor_id: String,
    pub image_id: Option<String>,
    pub asked_zone: Option<String>,
    pub launch_index: i32,
    pub reservation_id: String,
    pub boot_request_id: String,
    pub created_at: i64,
    pub updated_at: i64,
    pub group_id: Option<String>,
    pub charged_instances: i32,
    pub charged_cores: i32,
    pub charged_ram_mb: i32,
}

/// Writes a new intent; its times are set here.
pub async fn open(db: &Db, intent: &Intent) -> DbResult<()> {
    writing!(db, "intents.open", |conn| {
        let now = conn.now().await?;
        let row = Intent { created_at: now, updated_at: now, ..intent.clone() };
        diesel::insert_into(intents::table).values(&row).execute(conn).await?;
        Ok(())
    })
}

/// Moves an intent on; returns false where it is gone.
pub async fn advance(db: &Db, id: &str, phase: &str, region_id: Option<&str>) -> DbResult<bool> {
    writing!(db, "intents.advance", |conn| {
        let now = conn.now().await?;
        let columns = (intents::phase.eq(phase), intents::region_id.eq(region_id), intents::updated_at.eq(now));
        Ok(diesel::update(intents::table.find(id)).set(columns).execute(conn).await? > 0)
    })
}

/// Ends an intent that made no server.
pub async fn close(db: &Db, id: &str) -> DbResult<()> {
    writing!(db, "intents.close", |conn| {
        diesel::delete(intents::table.find(id)).execute(conn).await?;
        Ok(())
    })
}

/// One intent.
pub async fn get(db: &Db, id: &str) -> DbResult<Option<Intent>> {
    reading!(db, |conn| Ok(intents::table.find(id).select(Intent::as_select()).first(conn).await.optional()?))
}

/// Takes over what other processes left: all that is not ours with `at_once` (the embedded database has one serving
/// process), else what was not touched for `older_than_s`; and what a task of our own left that died. Returns what now
/// is ours to finish.
pub async fn take_over(db: &Db, owner: &str, older_than_s: u64, at_once: bool) -> DbResult<Vec<Intent>> {
    writing!(db, "intents.take_over", |conn| {
        let age = i64::try_from(older_than_s).unwrap_or(i64::MAX / SECOND) * SECOND;
        let old = conn.now().await? - age;
        let others = intents::owner.ne(owner).and(intents::updated_at.le(if at_once { i64::MAX } else { old }));
        let moving = intents::phase.eq_any([phase::PLANNED, phase::SENDING]);
        let ours = intents::owner.eq(owner).and(intents::updated_at.le(old)).and(moving);
        let left = intents::table.filter(others.or(ours));
        let ids = left.select(intents::id).load::<String>(conn).await?;
        let taken = intents::table.filter(intents::id.eq_any(&ids));
        diesel::update(taken).set(intents::owner.eq(owner)).execute(conn).await?;
        Ok(intents::table.filter(intents::id.eq_any(ids)).select(Intent::as_select()).load(conn).await?)
    })
}

/// Intents of this process whose outcome is not known.
pub async fn unfinished(db: &Db, owner: &str) -> DbResult<Vec<Intent>> {
    let rows = intents::table.filter(intents::owner.eq(owner)).filter(intents::phase.eq(phase::UNKNOWN));
    reading!(db, |conn| Ok(rows.select(Intent::as_select()).load(conn).await?))
}
