//! What a server's row is charged, and the sums that follow it.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::config;
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

/// Charges a server the larger of what it is charged and this, if that fits. Returns what it was charged before.
pub async fn raise(
    db: &Db,
    defaults: &config::Quota,
    (project_id, user_id): (&str, &str),
    id: &str,
    to: Charge,
) -> DbResult<Result<Charge, Over>> {
    writing!(db, "servers.raise", |conn| {
        let account = Account::new(project_id, user_id);
        let headroom = headroom!(conn, defaults, account, to.resources().map(|(resource, _)| resource));
        // Every change of a charge moves the sums, which are locked: what is read now stays.
        let row = servers::table.filter(servers::id.eq(id));
        let before = row.select(Billed::as_select()).first::<Billed>(conn).await?.charge();
        if let Err(over) = headroom.check(&before.larger(to).beyond(before), 1) {
            return Ok(Err(over));
        }
        charge_row!(conn, id, before.larger(to));
        Ok(Ok(before))
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
        );
        if diesel::update(row).set(columns).execute(conn).await? > 0 {
            let row = servers::table.filter(servers::id.eq(id));
            let known = row.select(Billed::as_select()).first::<Billed>(conn).await?;
            charge!(conn, Account::new(&known.project_id, &known.user_id), before.beyond(raised));
        }
        Ok(())
    })
}
