//! Leases: which process does a region's sync, or migrates. Held by (name, owner, epoch) until `expires_at` of the database's clock.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::clock::{Clock, micros};
use super::schema::leases;
use super::{Db, DbResult};

/// A lease this process holds.
#[derive(Clone, Debug)]
pub struct Lease {
    /// What it is for, e.g. `sync:<region id>`.
    pub name: String,
    /// This process.
    pub owner: String,
    /// Raised each time the lease changes hands; every write is conditional on it.
    pub epoch: i64,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = leases)]
struct LeaseRow {
    name: String,
    owner: String,
    epoch: i64,
    expires_at: i64,
}

/// Takes or renews a lease for `seconds`; `None` while another process holds it. With `seize`, takes it at once: the
/// embedded database has one serving process, so a holder that is not us is dead.
pub async fn hold(db: &Db, name: &str, owner: &str, seconds: u64, seize: bool) -> DbResult<Option<Lease>> {
    writing!(db, "leases.hold", |conn| {
        let now = conn.now().await?;
        let expires_at = now + micros(seconds);
        let fresh = LeaseRow { name: name.to_owned(), owner: owner.to_owned(), epoch: 1, expires_at };
        diesel::insert_or_ignore_into(leases::table).values(&fresh).execute(conn).await?;
        // The row is locked by the update, so that two takers are one after the other.
        let ours = leases::table.find(name).filter(leases::owner.eq(owner));
        if diesel::update(ours).set(leases::expires_at.eq(expires_at)).execute(conn).await? == 0 {
            let free = leases::table.find(name).filter(leases::expires_at.le(if seize { i64::MAX } else { now }));
            let taken = diesel::update(free)
                .set((leases::owner.eq(owner), leases::epoch.eq(leases::epoch + 1), leases::expires_at.eq(expires_at)))
                .execute(conn)
                .await?;
            if taken == 0 {
                return Ok(None);
            }
        }
        let row = leases::table.find(name).select(LeaseRow::as_select()).first(conn).await?;
        Ok((row.owner == owner).then_some(Lease { name: row.name, owner: row.owner, epoch: row.epoch }))
    })
}

/// Leases that are held now: name and owner.
pub async fn holders(db: &Db) -> DbResult<Vec<(String, String)>> {
    reading!(db, |conn| {
        let held = leases::table.filter(leases::expires_at.gt(conn.now().await?));
        Ok(held.select((leases::name, leases::owner)).load(conn).await?)
    })
}

/// Gives a lease back, so that another process need not wait for its end.
pub async fn release(db: &Db, lease: &Lease) -> DbResult<()> {
    writing!(db, "leases.release", |conn| {
        let ours = leases::table.find(&lease.name).filter(leases::owner.eq(&lease.owner));
        diesel::update(ours).set(leases::expires_at.eq(0)).execute(conn).await?;
        Ok(())
    })
}

/// Gives a lease back that is held once in a while, and leaves nothing of it.
pub async fn remove(db: &Db, lease: &Lease) -> DbResult<()> {
    writing!(db, "leases.remove", |conn| {
        let ours = leases::table.find(&lease.name).filter(leases::owner.eq(&lease.owner));
        diesel::delete(ours).execute(conn).await?;
        Ok(())
    })
}
