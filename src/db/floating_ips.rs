//! Floating ips, as the regions' Neutrons last said: whose addresses change when one comes or goes.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::clock::Clock;
use super::leases::Lease;
use super::schema::floating_ips;
use super::{Db, DbResult};

/// A floating ip.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = floating_ips)]
pub struct FloatingIp {
    /// The region.
    pub region_id: String,
    /// Its id there.
    pub id: String,
    /// The port it leads to; empty: none.
    pub port_id: String,
    /// The address.
    pub address: String,
}

/// Those known in a region after `after` and up to `last` (the end of the alphabet: all the rest).
pub async fn between(db: &Db, region_id: &str, after: &str, last: &str) -> DbResult<Vec<FloatingIp>> {
    let rows = floating_ips::table.filter(floating_ips::region_id.eq(region_id));
    let rows = rows.filter(floating_ips::id.gt(after)).filter(floating_ips::id.le(last));
    reading!(db, |conn| Ok(rows.select(FloatingIp::as_select()).load(conn).await?))
}

/// Stores what is new or differs, and forgets what is gone.
pub async fn store(db: &Db, lease: &Lease, region_id: &str, changed: &[FloatingIp], gone: &[String]) -> DbResult<()> {
    writing!(db, "floating_ips.store", |conn| {
        require_lease!(conn, lease);
        for row in changed {
            if diesel::insert_or_ignore_into(floating_ips::table).values(row).execute(conn).await? == 0 {
                diesel::update(floating_ips::table.find((region_id, &row.id))).set(row).execute(conn).await?;
            }
        }
        let rows = floating_ips::table.filter(floating_ips::region_id.eq(region_id));
        diesel::delete(rows.filter(floating_ips::id.eq_any(gone))).execute(conn).await?;
        Ok(())
    })
}
