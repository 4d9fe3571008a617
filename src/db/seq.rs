//! The order of reads and stores of one region (invariant 7): a read takes the counter before it leaves, a store is
//! done only on rows that nothing has touched since, and raises the counter.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::schema::regions;
use super::{Db, DbResult};

/// The counter's value now; taken before a request to the region leaves.
///
/// # Errors
/// `NotFound` for a region that is not registered.
pub async fn current(db: &Db, region_id: &str) -> DbResult<i64> {
    reading!(db, |conn| {
        Ok(regions::table.filter(regions::id.eq(region_id)).select(regions::seq).first(conn).await?)
    })
}
