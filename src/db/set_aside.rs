//! Servers of regions that could not be stored: what they are set aside for does not hold the others up.

use std::collections::HashSet;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::clock::Clock;
use super::schema::set_aside;
use super::{Db, DbResult};

/// Characters of a reason that are kept.
const REASON_CHARS: usize = 255;

/// What an operator sees of them in one region.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// How many there are.
    pub count: i64,
    /// Id and reason of the one that came last.
    pub last: Option<(String, String)>,
}

/// Ids of those of a region, as it calls them.
pub async fn ids(db: &Db, region_id: &str) -> DbResult<HashSet<String>> {
    let rows = set_aside::table.filter(set_aside::region_id.eq(region_id)).select(set_aside::local_id);
    Ok(reading!(db, |conn| rows.load::<String>(conn).await?).into_iter().collect())
}

/// Sets one aside. Needs no lease: it says nothing of the server's row.
pub async fn note(db: &Db, region_id: &str, local_id: &str, reason: &str) -> DbResult<()> {
    let reason: String = reason.chars().take(REASON_CHARS).collect();
    writing!(db, "set_aside.note", |conn| {
        let now = conn.now().await?;
        let place = (set_aside::region_id.eq(region_id), set_aside::local_id.eq(local_id));
        let values = (place, set_aside::reason.eq(&reason), set_aside::noted_at.eq(now));
        if diesel::insert_or_ignore_into(set_aside::table).values(values).execute(conn).await? == 0 {
            let row = set_aside::table.find((region_id, local_id));
            diesel::update(row).set(set_aside::reason.eq(&reason)).execute(conn).await?;
        }
        Ok(())
    })
}

/// These are stored now, or gone.
pub async fn clear(db: &Db, region_id: &str, local_ids: &[String]) -> DbResult<()> {
    writing!(db, "set_aside.clear", |conn| {
        let rows = set_aside::table.filter(set_aside::region_id.eq(region_id));
        diesel::delete(rows.filter(set_aside::local_id.eq_any(local_ids))).execute(conn).await?;
        Ok(())
    })
}

/// Of each of the regions, in their order.
pub async fn summaries(db: &Db, region_ids: &[&str]) -> DbResult<Vec<Summary>> {
    reading!(db, |conn| {
        let mut summaries = Vec::with_capacity(region_ids.len());
        for region_id in region_ids {
            let rows = set_aside::table.filter(set_aside::region_id.eq(region_id));
            let newest = rows.order(set_aside::noted_at.desc()).select((set_aside::local_id, set_aside::reason));
            summaries.push(Summary {
                count: rows.count().get_result(conn).await?,
                last: newest.first::<(String, String)>(conn).await.optional()?,
            });
        }
        Ok(summaries)
    })
}
