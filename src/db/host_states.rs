//! How the hosts of each region are, as their servers show it (`host_status`).

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::clock::Clock;
use super::leases::Lease;
use super::schema::host_states;
use super::{Db, DbResult};

/// Host and status of a region's hosts.
pub async fn known(db: &Db, region_id: &str) -> DbResult<Vec<(String, String)>> {
    let rows = host_states::table.filter(host_states::region_id.eq(region_id));
    reading!(db, |conn| Ok(rows.select((host_states::host, host_states::status)).load(conn).await?))
}

/// Stores those that are new or differ, and forgets those that are gone.
pub async fn store(
    db: &Db,
    lease: &Lease,
    region_id: &str,
    changed: &[(String, String)],
    gone: &[String],
) -> DbResult<()> {
    writing!(db, "host_states.store", |conn| {
        require_lease!(conn, lease);
        for (host, status) in changed {
            let row =
                (host_states::region_id.eq(region_id), host_states::host.eq(host), host_states::status.eq(status));
            if diesel::insert_or_ignore_into(host_states::table).values(row).execute(conn).await? == 0 {
                let row = host_states::table.find((region_id, host));
                diesel::update(row).set(host_states::status.eq(status)).execute(conn).await?;
            }
        }
        let rows = host_states::table.filter(host_states::region_id.eq(region_id));
        diesel::delete(rows.filter(host_states::host.eq_any(gone))).execute(conn).await?;
        Ok(())
    })
}
