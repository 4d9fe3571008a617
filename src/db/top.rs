//! Who this top is.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::schema::top_identity;
use super::{Db, DbResult};

/// The row that has the id.
const ID: &str = "id";

/// The id of this top, made when it is first asked for; every process over the same database has the same.
///
/// # Errors
/// The database's.
pub async fn id(db: &Db) -> DbResult<String> {
    if let Some(id) = known(db).await? {
        return Ok(id);
    }
    writing!(db, "top.id", |conn| {
        let fresh = (top_identity::name.eq(ID), top_identity::value.eq(Uuid::new_v4().to_string()));
        // Of several processes that start at once the first makes it.
        diesel::insert_or_ignore_into(top_identity::table).values(fresh).execute(conn).await?;
        Ok(top_identity::table.find(ID).select(top_identity::value).first(conn).await?)
    })
}

async fn known(db: &Db) -> DbResult<Option<String>> {
    reading!(db, |conn| {
        let row = top_identity::table.find(ID).select(top_identity::value);
        Ok(row.first(conn).await.optional()?)
    })
}
