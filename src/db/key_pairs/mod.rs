//! Key pairs of users, and what they are called in each region ([`regions`]).

pub mod regions;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::clock::Clock;
use super::quota::{Account, resource};
use super::schema::key_pairs;
use super::{Db, DbResult};
use crate::config;

/// A key pair of the top; of its private key nothing is kept.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = key_pairs)]
pub struct KeyPair {
    /// Never used twice; shown as its id.
    pub serial: i64,
    /// Whose.
    pub user_id: String,
    /// Unique among the user's.
    pub name: String,
    /// `ssh` or `x509`.
    pub kind: String,
    /// In colons.
    pub fingerprint: String,
    /// As it was imported or generated.
    pub public_key: String,
    /// Microseconds.
    pub created_at: i64,
}

/// A key pair that is to be.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = key_pairs)]
#[expect(missing_docs, reason = "as in `KeyPair`")]
pub struct New {
    pub user_id: String,
    pub name: String,
    pub kind: String,
    pub fingerprint: String,
    pub public_key: String,
}

/// What became of a new key pair.
#[derive(Debug, PartialEq, Eq)]
pub enum Added {
    /// It is there.
    Yes(KeyPair),
    /// The user has as many as the limit allows.
    Full,
    /// The user has one of that name.
    Taken,
}

/// One of a user's by its name. Nova's database finds it in other capitals too; one that is written just so comes first.
pub async fn get(db: &Db, user_id: &str, name: &str) -> DbResult<Option<KeyPair>> {
    let row = key_pairs::table.filter(key_pairs::user_id.eq(user_id)).filter(key_pairs::name.eq(name));
    let found: Option<KeyPair> = reading!(db, |conn| row.select(KeyPair::as_select()).first(conn).await.optional()?);
    if found.is_some() {
        return Ok(found);
    }
    Ok(of_user(db, user_id).await?.into_iter().find(|key| folded(&key.name) == folded(name)))
}

/// A user's by name, those behind the one called `after`, at most `limit`. A user has as many as the quota allows.
pub async fn page(db: &Db, user_id: &str, after: Option<&str>, limit: usize) -> DbResult<Vec<KeyPair>> {
    let mut keys = of_user(db, user_id).await?;
    let place = |name: &str| (folded(name), name.to_owned());
    keys.sort_by_cached_key(|key| place(&key.name));
    let after = after.map(place);
    keys.retain(|key| after.as_ref().is_none_or(|after| place(&key.name) > *after));
    keys.truncate(limit);
    Ok(keys)
}

async fn of_user(db: &Db, user_id: &str) -> DbResult<Vec<KeyPair>> {
    let rows = key_pairs::table.filter(key_pairs::user_id.eq(user_id));
    reading!(db, |conn| Ok(rows.select(KeyPair::as_select()).load(conn).await?))
}

/// A name as Nova's database compares and sorts it: in capitals, so that `_` comes behind the letters.
fn folded(name: &str) -> String {
    name.to_uppercase()
}

/// Adds one, under the limits of a project: any number at once never pass them.
pub async fn add(db: &Db, defaults: &config::Quota, project_id: &str, new: &New) -> DbResult<Added> {
    writing!(db, "key_pairs.add", |conn| {
        let account = Account::of_user(project_id, &new.user_id);
        let headroom = headroom!(conn, defaults, account, [resource::KEY_PAIRS]);
        if headroom.check(&[(resource::KEY_PAIRS, 1)], 1).is_err() {
            return Ok(Added::Full);
        }
        let own = key_pairs::table.filter(key_pairs::user_id.eq(&new.user_id)).filter(key_pairs::name.eq(&new.name));
        if own.count().get_result::<i64>(conn).await? > 0 {
            return Ok(Added::Taken);
        }
        let row = (new, key_pairs::created_at.eq(conn.now().await?));
        diesel::insert_into(key_pairs::table).values(row).execute(conn).await?;
        charge!(conn, account, [(resource::KEY_PAIRS, 1)]);
        Ok(Added::Yes(own.select(KeyPair::as_select()).first(conn).await?))
    })
}

/// Deletes one; none where the user has none of that name. What is left of it in regions is in [`regions`].
pub async fn delete(db: &Db, user_id: &str, name: &str) -> DbResult<Option<KeyPair>> {
    writing!(db, "key_pairs.delete", |conn| {
        let own = key_pairs::table.filter(key_pairs::user_id.eq(user_id)).filter(key_pairs::name.eq(name));
        let Some(row) = own.select(KeyPair::as_select()).first::<KeyPair>(conn).await.optional()? else {
            return Ok(None);
        };
        if diesel::delete(key_pairs::table.find(row.serial)).execute(conn).await? == 0 {
            return Ok(None);
        }
        charge!(conn, Account::of_user("", user_id), [(resource::KEY_PAIRS, -1)]);
        Ok(Some(row))
    })
}
