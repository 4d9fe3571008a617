//! Where key pairs are below.

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::KeyPair;
use crate::db::clock::Clock;
use crate::db::schema::{key_pair_regions as rows, key_pairs};
use crate::db::{Db, DbResult};

/// A key pair in a region.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = rows)]
pub struct InRegion {
    /// The key pair's serial; it may be gone from the top.
    pub key_pair: i64,
    /// The region.
    pub region_id: String,
    /// Whose.
    pub user_id: String,
    /// Its name on top.
    pub name: String,
    /// Its name there.
    pub local_name: String,
    /// What it is known by there, so that another that took its name is left alone.
    pub fingerprint: String,
    /// The top made it there; else it was found there.
    pub ours: bool,
    /// Microseconds, when it was last seen there; 0: it may not be there.
    pub checked_at: i64,
}

/// A key pair in a region, where it was seen.
pub async fn seen(db: &Db, key_pair: i64, region_id: &str) -> DbResult<Option<InRegion>> {
    Ok(get(db, key_pair, region_id).await?.filter(|row| row.checked_at > 0))
}

/// What is known of a key pair in a region.
pub async fn get(db: &Db, key_pair: i64, region_id: &str) -> DbResult<Option<InRegion>> {
    let row = rows::table.find((key_pair, region_id));
    reading!(db, |conn| Ok(row.select(InRegion::as_select()).first(conn).await.optional()?))
}

/// Notes that the key pair is about to be made in the region under this name: whatever becomes of the request, what it
/// leaves is ours.
pub async fn announce(db: &Db, key: &KeyPair, region_id: &str, local_name: &str) -> DbResult<()> {
    writing!(db, "key_pairs.announce", |conn| {
        diesel::delete(rows::table.find((key.serial, region_id))).execute(conn).await?;
        let row = InRegion::new(key, region_id, local_name, true, 0);
        diesel::insert_into(rows::table).values(row).execute(conn).await?;
        Ok(())
    })
}

/// Notes that the key pair was seen in the region under this name.
pub async fn found(db: &Db, key: &KeyPair, region_id: &str, local_name: &str) -> DbResult<()> {
    writing!(db, "key_pairs.found", |conn| {
        let now = conn.now().await?;
        let known = rows::table.find((key.serial, region_id)).filter(rows::local_name.eq(local_name));
        if diesel::update(known).set(rows::checked_at.eq(now)).execute(conn).await? == 0 {
            diesel::delete(rows::table.find((key.serial, region_id))).execute(conn).await?;
            // A name that only the top gives is the top's; so is what it made of an earlier key pair of this key.
            let left = rows::table.filter(rows::region_id.eq(region_id)).filter(rows::user_id.eq(&key.user_id));
            let left = left.filter(rows::local_name.eq(local_name)).filter(rows::fingerprint.eq(&key.fingerprint));
            let taken_over = diesel::delete(left.filter(rows::ours.eq(true))).execute(conn).await?;
            let ours = local_name != key.name || taken_over > 0;
            let row = InRegion::new(key, region_id, local_name, ours, now);
            diesel::insert_into(rows::table).values(row).execute(conn).await?;
        }
        Ok(())
    })
}

/// Forgets that the key pair is in the region, not whose it is if it is.
pub async fn forget(db: &Db, key_pair: i64, region_id: &str) -> DbResult<()> {
    writing!(db, "key_pairs.forget_in_region", |conn| {
        diesel::update(rows::table.find((key_pair, region_id))).set(rows::checked_at.eq(0)).execute(conn).await?;
        Ok(())
    })
}

/// Notes that of a key pair that is gone from the top nothing is left to delete in the region.
pub async fn release(db: &Db, row: &InRegion) -> DbResult<()> {
    writing!(db, "key_pairs.release", |conn| {
        let place = rows::table.find((row.key_pair, &row.region_id));
        if row.local_name == row.name {
            diesel::delete(place).execute(conn).await?;
        } else {
            // Documents of its servers still have the name there.
            diesel::update(place).set((rows::ours.eq(false), rows::checked_at.eq(0))).execute(conn).await?;
        }
        Ok(())
    })
}

/// Where a key pair that is gone from the top is left.
pub async fn of(db: &Db, key_pair: i64) -> DbResult<Vec<InRegion>> {
    let left = rows::table.filter(rows::key_pair.eq(key_pair));
    reading!(db, |conn| Ok(left.select(InRegion::as_select()).load(conn).await?))
}

/// What is left in a region of key pairs that are gone from the top, and ours to delete.
pub async fn left(db: &Db, region_id: &str, limit: i64) -> DbResult<Vec<InRegion>> {
    let on_top = key_pairs::table.filter(key_pairs::serial.eq(rows::key_pair));
    let left = rows::table.filter(rows::region_id.eq(region_id)).filter(rows::ours.eq(true));
    let left = left.filter(not(exists(on_top))).order(rows::key_pair).limit(limit);
    reading!(db, |conn| Ok(left.select(InRegion::as_select()).load(conn).await?))
}

/// Those on top that were last seen in a region before `before`, the longest ago first.
pub async fn due(db: &Db, region_id: &str, before: i64, limit: i64) -> DbResult<Vec<(InRegion, KeyPair)>> {
    let due = rows::table.inner_join(key_pairs::table.on(key_pairs::serial.eq(rows::key_pair)));
    let due = due.filter(rows::region_id.eq(region_id)).filter(rows::checked_at.between(1, before));
    let due = due.order(rows::checked_at).limit(limit);
    reading!(db, |conn| Ok(due.select((InRegion::as_select(), KeyPair::as_select())).load(conn).await?))
}

/// Name there -> name on top, of those that differ.
pub async fn renamed(db: &Db, region_id: &str) -> DbResult<Vec<(String, String)>> {
    let renamed = rows::table.filter(rows::region_id.eq(region_id)).filter(rows::local_name.ne(rows::name));
    reading!(db, |conn| Ok(renamed.select((rows::local_name, rows::name)).load(conn).await?))
}

impl InRegion {
    fn new(key: &KeyPair, region_id: &str, local_name: &str, ours: bool, checked_at: i64) -> Self {
        Self {
            key_pair: key.serial,
            region_id: region_id.to_owned(),
            user_id: key.user_id.clone(),
            name: key.name.clone(),
            local_name: local_name.to_owned(),
            fingerprint: key.fingerprint.clone(),
            ours,
            checked_at,
        }
    }
}
