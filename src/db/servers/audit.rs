//! What an audit reads of rows, and how it sets them right. It works beside the sync and holds no lease: what it hands
//! over is for the sync to decide.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::charge::Billed;
use super::sync::of_region;
use super::{Documented, Known};
use crate::db::clock::Clock;
use crate::db::quota::{Account, Charge};
use crate::db::schema::{server_mappings, servers};
use crate::db::{Db, DbResult};

/// A row with what documents do not decide.
#[derive(Clone, Debug, Queryable)]
pub struct Audited {
    /// What documents decide.
    pub known: Known,
    /// Its name.
    pub name: String,
    /// Whose it is.
    pub project_id: String,
    /// Whose it is.
    pub user_id: String,
    charged_instances: i32,
    charged_cores: i32,
    charged_ram_mb: i32,
}

/// The columns of [`Audited`]. As a tuple: a nested `Selectable` takes the compiler ten seconds a query.
macro_rules! audited_columns {
    () => {
        (
            Known::as_select(),
            servers::name,
            servers::project_id,
            servers::user_id,
            servers::charged_instances,
            servers::charged_cores,
            servers::charged_ram_mb,
        )
    };
}

impl Audited {
    /// What it is charged.
    #[must_use]
    pub fn charge(&self) -> Charge {
        Charge { instances: self.charged_instances, cores: self.charged_cores, ram_mb: self.charged_ram_mb }
    }
}

/// The live rows of these servers of a region, by their ids there.
pub async fn audited(db: &Db, region_id: &str, local_ids: &[&str]) -> DbResult<Vec<Audited>> {
    let rows = server_mappings::table
        .inner_join(servers::table.on(servers::id.eq(server_mappings::server_id)))
        .filter(server_mappings::region_id.eq(region_id))
        .filter(server_mappings::local_id.eq_any(local_ids))
        .filter(server_mappings::current.eq(true))
        .filter(servers::deleted.eq(false));
    reading!(db, |conn| Ok(rows.select(audited_columns!()).load(conn).await?))
}

/// The closed rows of these servers of a region, by their ids there; earlier placements are left out.
pub async fn closed(db: &Db, region_id: &str, local_ids: &[&str]) -> DbResult<Vec<Audited>> {
    let rows = servers::table
        .filter(servers::region_id.eq(region_id))
        .filter(servers::local_id.eq_any(local_ids))
        .filter(servers::deleted.eq(true));
    reading!(db, |conn| Ok(rows.select(audited_columns!()).load(conn).await?))
}

/// Opens the row of a server that was taken to be gone; the sync shows it singly then. False where it is not closed.
pub async fn reopen(db: &Db, region_id: &str, id: &str, columns: Documented, charge: Charge) -> DbResult<bool> {
    let unread = Documented { settled: false, documented: false, ..columns };
    writing!(db, "servers.reopen", |conn| {
        let seq = next_seq!(conn, region_id);
        let now = conn.now().await?;
        let row = servers::table.filter(servers::id.eq(id)).filter(servers::deleted.eq(true));
        let bookkeeping = (
            servers::seq.eq(seq),
            servers::changed_at.eq(now),
            servers::missing_since.eq(None::<i64>),
            servers::to_remove.eq(false),
        );
        let opened = diesel::update(row).set((&unread, bookkeeping)).execute(conn).await? > 0;
        if opened {
            charge_row!(conn, id, charge);
        }
        Ok(opened)
    })
}

/// Ids in a region of its live servers, in their order, after `after`.
pub async fn live_after(db: &Db, region_id: &str, after: &str, at_most: i64) -> DbResult<Vec<String>> {
    let rows = servers::table
        .filter(servers::region_id.eq(region_id))
        .filter(servers::deleted.eq(false))
        .filter(servers::local_id.gt(after))
        .order(servers::local_id)
        .select(servers::local_id.assume_not_null());
    reading!(db, |conn| Ok(rows.limit(at_most).load(conn).await?))
}

/// Hands rows to the sync: it shows each singly, and closes one only on evidence of its own. Returns how many were live.
pub async fn suspect(db: &Db, region_id: &str, ids: &[String]) -> DbResult<usize> {
    writing!(db, "servers.suspect", |conn| {
        let seq = next_seq!(conn, region_id);
        let rows = of_region(region_id).filter(servers::id.eq_any(ids));
        let columns = (servers::settled.eq(false), servers::documented.eq(false), servers::seq.eq(seq));
        Ok(diesel::update(rows).set(columns).execute(conn).await?)
    })
}

/// Gives a server to whom its region says it is of, with what it is charged.
pub async fn hand_over(db: &Db, id: &str, project_id: &str, user_id: &str) -> DbResult<()> {
    writing!(db, "servers.hand_over", |conn| {
        let row = servers::table.filter(servers::id.eq(id));
        let columns = (servers::project_id.eq(project_id), servers::user_id.eq(user_id));
        let Some(before) = row.select(Billed::as_select()).first::<Billed>(conn).await.optional()? else {
            return Ok(());
        };
        let nothing = Charge::default();
        charge!(conn, Account::new(&before.project_id, &before.user_id), nothing.beyond(before.charge()));
        charge!(conn, Account::new(project_id, user_id), before.charge().beyond(nothing));
        diesel::update(row).set(columns).execute(conn).await?;
        Ok(())
    })
}

/// Charges a live server this, whatever the limits say.
pub async fn recharge(db: &Db, region_id: &str, id: &str, charge: Charge) -> DbResult<()> {
    writing!(db, "servers.recharge", |conn| {
        let seq = next_seq!(conn, region_id);
        let row = of_region(region_id).filter(servers::id.eq(id));
        if diesel::update(row).set(servers::seq.eq(seq)).execute(conn).await? > 0 {
            charge_row!(conn, id, charge);
        }
        Ok(())
    })
}
