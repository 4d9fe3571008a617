//! Boots under way: written before anything is sent to a region, so that no crash loses a server (D2).

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::clock::{Clock, micros};
use super::quota::{Account, Charge, Over};
use super::schema::intents;
use super::{Db, DbResult};
use crate::config;

/// Inside [`writing!`]: takes an intent out; none where it is gone.
macro_rules! take_intent {
    ($conn:ident, $id:expr) => {{
        use $crate::db::schema::intents;
        let row = intents::table.find($id);
        let intent = row.select($crate::db::intents::Intent::as_select()).first($conn).await.optional()?;
        // Another transaction may have been quicker.
        let taken = diesel::delete(intents::table.find($id)).execute($conn).await? > 0;
        intent.filter(|_| taken)
    }};
}

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
    pub server_id: Option<String>,
    pub loses_volumes: bool,
}

impl Intent {
    /// What it is charged.
    #[must_use]
    pub fn charge(&self) -> Charge {
        Charge { instances: self.charged_instances, cores: self.charged_cores, ram_mb: self.charged_ram_mb }
    }
}

/// Why the intents of a request are not opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There is too little quota for them.
    Over(Over),
    /// Their server group has as many servers of the user as it may have.
    GroupFull,
    /// Their server group is gone.
    NoGroup(String),
}

/// Writes the intents of one request, which are charged the same and join the same group, as many of them as quota lets
/// pass but `least` at any rate; their times are set here. Returns how many.
pub async fn open(
    db: &Db,
    defaults: &config::Quota,
    intents: &[Intent],
    least: usize,
) -> DbResult<Result<usize, Refusal>> {
    let Some(first) = intents.first() else { return Ok(Ok(0)) };
    let (amounts, most) = (first.charge().resources(), i64::try_from(intents.len()).unwrap_or(i64::MAX));
    writing!(db, "intents.open", |conn| {
        if let Some(id) = &first.group_id
            && !hold_group!(conn, id)
        {
            return Ok(Err(Refusal::NoGroup(id.clone())));
        }
        let account = Account::new(&first.project_id, &first.user_id);
        let headroom = headroom!(conn, defaults, account, amounts.map(|(resource, _)| resource));
        let fit = headroom.fit(&amounts, most);
        let count = usize::try_from(fit).unwrap_or(0);
        if count < least {
            return Ok(headroom.check(&amounts, most).map(|()| 0).map_err(Refusal::Over));
        }
        if let Some(id) = &first.group_id
            && !group_has_room!(conn, defaults, id, account, count)
        {
            return Ok(Err(Refusal::GroupFull));
        }
        let now = conn.now().await?;
        for intent in &intents[..count] {
            let row = Intent { created_at: now, updated_at: now, ..intent.clone() };
            diesel::insert_into(intents::table).values(&row).execute(conn).await?;
        }
        charge!(conn, account, amounts.map(|(resource, amount)| (resource, amount * fit)));
        Ok(Ok(count))
    })
}

/// Shows that intents that wait for their turn are not forgotten.
pub async fn touch(db: &Db, ids: &[String]) -> DbResult<()> {
    writing!(db, "intents.touch", |conn| {
        let now = conn.now().await?;
        let rows = intents::table.filter(intents::id.eq_any(ids));
        diesel::update(rows).set(intents::updated_at.eq(now)).execute(conn).await?;
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

/// Ends an intent that made no server, and what it is charged.
pub async fn close(db: &Db, id: &str) -> DbResult<()> {
    writing!(db, "intents.close", |conn| {
        if let Some(intent) = take_intent!(conn, id) {
            let account = Account::new(&intent.project_id, &intent.user_id);
            charge!(conn, account, Charge::default().beyond(intent.charge()));
        }
        Ok(())
    })
}

/// An error of ours has broken a boot off: where its request may have left for a region, its outcome is unknown from now
/// on. False where nothing has left.
pub async fn break_off(db: &Db, id: &str) -> DbResult<bool> {
    writing!(db, "intents.break_off", |conn| {
        let now = conn.now().await?;
        let sent = intents::table.find(id).filter(intents::phase.ne(phase::PLANNED));
        let columns = (intents::phase.eq(phase::UNKNOWN), intents::updated_at.eq(now));
        Ok(diesel::update(sent).set(columns).execute(conn).await? > 0)
    })
}

/// One intent.
pub async fn get(db: &Db, id: &str) -> DbResult<Option<Intent>> {
    reading!(db, |conn| Ok(intents::table.find(id).select(Intent::as_select()).first(conn).await.optional()?))
}

/// Takes over what other processes left: all that is not ours with `at_once` (the embedded database has one serving
/// process), else what was not touched for `older_than_s`; and what a task of our own left that died: `at_work` tells what
/// this process still works on, which a slow region may have let grow old. Returns what now is ours to finish.
pub async fn take_over(
    db: &Db,
    owner: &str,
    older_than_s: u64,
    at_once: bool,
    at_work: impl Fn(&str) -> bool + Sync,
) -> DbResult<Vec<Intent>> {
    writing!(db, "intents.take_over", |conn| {
        let age = micros(older_than_s);
        let old = conn.now().await? - age;
        let others = intents::owner.ne(owner).and(intents::updated_at.le(if at_once { i64::MAX } else { old }));
        let moving = intents::phase.eq_any([phase::PLANNED, phase::SENDING]);
        let ours = intents::owner.eq(owner).and(intents::updated_at.le(old)).and(moving);
        let left = intents::table.filter(others.or(ours));
        let mut ids = left.select(intents::id).load::<String>(conn).await?;
        ids.retain(|id| !at_work(id));
        let taken = intents::table.filter(intents::id.eq_any(&ids));
        diesel::update(taken).set(intents::owner.eq(owner)).execute(conn).await?;
        Ok(intents::table.filter(intents::id.eq_any(ids)).select(Intent::as_select()).load(conn).await?)
    })
}

/// Whether another open boot may have made a server that looks like this one's.
pub async fn has_twin(db: &Db, intent: &Intent) -> DbResult<bool> {
    let twins = intents::table
        .filter(intents::id.ne(&intent.id))
        .filter(intents::region_id.eq(&intent.region_id))
        .filter(intents::project_id.eq(&intent.project_id))
        .filter(intents::user_id.eq(&intent.user_id))
        .filter(intents::name.eq(&intent.name))
        .filter(intents::flavor_id.eq(&intent.flavor_id))
        .select(intents::id);
    reading!(db, |conn| Ok(twins.first::<String>(conn).await.optional()?.is_some()))
}

/// Intents of this process whose outcome is not known.
pub async fn unfinished(db: &Db, owner: &str) -> DbResult<Vec<Intent>> {
    let rows = intents::table.filter(intents::owner.eq(owner)).filter(intents::phase.eq(phase::UNKNOWN));
    reading!(db, |conn| Ok(rows.select(Intent::as_select()).load(conn).await?))
}
