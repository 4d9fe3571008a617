//! What a server's row is charged, and the sums that follow it.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::sync::of_region;
use crate::config;
use crate::db::clock::Clock;
use crate::db::quota::{Account, Charge, Over};
use crate::db::schema::servers;
use crate::db::{Db, DbResult};

/// Whose a row is and what it is charged.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = servers)]
pub(in crate::db) struct Billed {
    pub project_id: String,
    pub user_id: String,
    charged_instances: i32,
    charged_cores: i32,
    charged_ram_mb: i32,
}

impl Billed {
    pub fn charge(&self) -> Charge {
        Charge { instances: self.charged_instances, cores: self.charged_cores, ram_mb: self.charged_ram_mb }
    }
}

/// Inside [`writing!`]: charges a row this, and moves the sums. The row must have been written in this transaction
/// before, so that its charge is the newest.
macro_rules! charge_row {
    ($conn:ident, $id:expr, $charge:expr) => {{
        use $crate::db::servers::charge::Billed;
        let charge: $crate::db::quota::Charge = $charge;
        let row = servers::table.filter(servers::id.eq($id));
        let known = row.select(Billed::as_select()).first::<Billed>($conn).await?;
        if known.charge() != charge {
            let columns = (
                servers::charged_instances.eq(charge.instances),
                servers::charged_cores.eq(charge.cores),
                servers::charged_ram_mb.eq(charge.ram_mb),
            );
            diesel::update(row).set(columns).execute($conn).await?;
            let account = $crate::db::quota::Account::new(&known.project_id, &known.user_id);
            charge!($conn, account, charge.beyond(known.charge()));
        }
    }};
}

/// A live server of a region whose charge is to be raised.
#[derive(Clone, Copy, Debug)]
pub struct Raise<'a> {
    /// The region.
    pub region_id: &'a str,
    /// The server.
    pub id: &'a str,
    /// Whose it is.
    pub owner: Account<'a>,
    /// What the change of it costs.
    pub to: Charge,
    /// Microseconds from now in which no document lowers it again: the change is on its way. Then one does, whatever
    /// became of the change.
    pub hold_us: i64,
}

/// Charges a server the larger of what it is charged and this, if that fits. Returns what it was charged before; none
/// where it is not there any more.
pub async fn raise(db: &Db, defaults: &config::Quota, what: Raise<'_>) -> DbResult<Result<Option<Charge>, Over>> {
    let Raise { region_id, id, owner: account, to, hold_us } = what;
    writing!(db, "servers.raise", |conn| {
        let headroom = headroom!(conn, defaults, account, to.resources().map(|(resource, _)| resource));
        let seq = next_seq!(conn, region_id);
        let now = conn.now().await?;
        let row = of_region(region_id).filter(servers::id.eq(id));
        if diesel::update(row).set(servers::seq.eq(seq)).execute(conn).await? == 0 {
            return Ok(Ok(None));
        }
        let before = row.select(Billed::as_select()).first::<Billed>(conn).await?.charge();
        if let Err(over) = headroom.check(&before.larger(to).beyond(before), 1) {
            return Ok(Err(over));
        }
        let columns =
            (servers::settled.eq(false), servers::documented.eq(false), servers::hold_until.eq(now + hold_us));
        diesel::update(row).set(columns).execute(conn).await?;
        charge_row!(conn, id, before.larger(to));
        Ok(Ok(Some(before)))
    })
}

/// Takes back what [`raise`] did, unless something else was charged since.
pub async fn lower(db: &Db, id: &str, raised: Charge, before: Charge) -> DbResult<()> {
    writing!(db, "servers.lower", |conn| {
        let row = servers::table
            .filter(servers::id.eq(id))
            .filter(servers::charged_instances.eq(raised.instances))
            .filter(servers::charged_cores.eq(raised.cores))
            .filter(servers::charged_ram_mb.eq(raised.ram_mb));
        let columns = (
            servers::charged_instances.eq(before.instances),
            servers::charged_cores.eq(before.cores),
            servers::charged_ram_mb.eq(before.ram_mb),
            servers::hold_until.eq(0),
        );
        if diesel::update(row).set(columns).execute(conn).await? > 0 {
            let row = servers::table.filter(servers::id.eq(id));
            let known = row.select(Billed::as_select()).first::<Billed>(conn).await?;
            charge!(conn, Account::new(&known.project_id, &known.user_id), before.beyond(raised));
        }
        Ok(())
    })
}
