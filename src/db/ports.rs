//! Ports of servers, as the regions' Neutrons last said.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::clock::Clock;
use super::leases::Lease;
use super::schema::ports;
use super::{Db, DbResult};

/// A port of a server.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = ports, treat_none_as_null = true)]
pub struct Port {
    /// The region.
    pub region_id: String,
    /// Its id there.
    pub id: String,
    /// The server's id there.
    pub local_id: String,
    /// Its network there.
    pub network_id: String,
    /// `ACTIVE`, `DOWN`, `BUILD` or `ERROR`.
    pub status: String,
    /// MAC address.
    pub mac: String,
    /// Host it is bound to.
    pub host: Option<String>,
    /// JSON array of `{"ip_address", "subnet_id"}`.
    pub fixed_ips: String,
    /// Neutron's revision number.
    pub revision: i64,
    /// Microseconds, when one of the above differed.
    pub changed_at: i64,
}

/// Ports of one server, in the order of their ids.
pub async fn of_server(db: &Db, region_id: &str, local_id: &str) -> DbResult<Vec<Port>> {
    let rows = ports::table.filter(ports::region_id.eq(region_id)).filter(ports::local_id.eq(local_id));
    reading!(db, |conn| Ok(rows.select(Port::as_select()).order(ports::id).load(conn).await?))
}

/// The rows of these ids.
pub async fn known(db: &Db, region_id: &str, ids: &[&str]) -> DbResult<Vec<Port>> {
    let rows = ports::table.filter(ports::region_id.eq(region_id)).filter(ports::id.eq_any(ids));
    reading!(db, |conn| Ok(rows.select(Port::as_select()).load(conn).await?))
}

/// Ids and revisions of the ports known in a region after `after` and up to `last` (the end of the alphabet: all the
/// rest).
pub async fn between(db: &Db, region_id: &str, after: &str, last: &str) -> DbResult<Vec<(String, i64)>> {
    let rows =
        ports::table.filter(ports::region_id.eq(region_id)).filter(ports::id.gt(after)).filter(ports::id.le(last));
    reading!(db, |conn| Ok(rows.select((ports::id, ports::revision)).load(conn).await?))
}

/// The ports known of these servers.
pub async fn of_servers(db: &Db, region_id: &str, local_ids: &[&str]) -> DbResult<Vec<Port>> {
    let rows = ports::table.filter(ports::region_id.eq(region_id)).filter(ports::local_id.eq_any(local_ids));
    reading!(db, |conn| Ok(rows.select(Port::as_select()).load(conn).await?))
}

/// A port as it was told, in the place of what was known of it before the region was asked.
#[derive(Clone, Debug)]
pub struct Change {
    /// Its revision as it was known; none for a new one.
    pub known: Option<i64>,
    /// As it was told.
    pub told: Port,
}

/// Stores what a reading of a region's ports told: rows that are new or differ, and ids that are gone. A row that another
/// reading has brought further meanwhile stays as it is.
///
/// # Errors
/// [`super::DbError::LeaseLost`] where another process does this region now.
pub async fn store(db: &Db, lease: &Lease, region_id: &str, changed: &[Change], gone: &[String]) -> DbResult<()> {
    writing!(db, "ports.store", |conn| {
        require_lease!(conn, lease);
        let now = conn.now().await?;
        for Change { known, told } in changed {
            let port = Port { changed_at: now, ..told.clone() };
            if diesel::insert_or_ignore_into(ports::table).values(&port).execute(conn).await? == 0 {
                // A Neutron set back to an older state has lower revisions, so the known one counts as well.
                let before = ports::revision.le(port.revision).or(ports::revision.eq(known.unwrap_or(port.revision)));
                let row = ports::table.find((region_id, &port.id)).filter(before);
                diesel::update(row).set(&port).execute(conn).await?;
            }
        }
        let rows = ports::table.filter(ports::region_id.eq(region_id)).filter(ports::id.eq_any(gone));
        diesel::delete(rows).execute(conn).await?;
        Ok(())
    })
}
