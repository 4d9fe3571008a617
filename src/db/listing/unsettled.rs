//! What of a list may be old: the regions with servers under way that a change there brings onto the page, or off it.

use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;

use super::statement::Statement;
use super::{Page, rows};
use crate::db::schema::servers;
use crate::db::{Db, DbResult};

#[derive(QueryableByName)]
struct Of {
    #[diesel(sql_type = Text)]
    region_id: String,
}

/// Those of the regions that have a live row that is not settled and that the list may come to show: all that no change
/// can alter holds of it. Asked of the database, since another process may have unsettled it.
pub async fn regions(db: &Db, page: &Page, region_ids: &[&str]) -> DbResult<Vec<String>> {
    if region_ids.is_empty() {
        return Ok(Vec::new());
    }
    let region_ids: Vec<String> = region_ids.iter().map(|&id| id.to_owned()).collect();
    let mut to = Statement::limited(db);
    to.push("SELECT DISTINCT s.region_id AS region_id FROM servers s WHERE s.region_id IN ").texts(&region_ids);
    to.push(" AND s.deleted = 0 AND s.settled = 0");
    for condition in page.conditions.iter().filter(|condition| condition.is_fixed()) {
        to.push(" AND ");
        condition.write(&mut to);
    }
    let found: Vec<Of> = rows(db, to).await?;
    Ok(found.into_iter().map(|of| of.region_id).collect())
}

/// The region of the marker's row, where that is not settled: what the list is sorted by may change, and with it what
/// lies behind.
pub async fn marker_region(db: &Db, id: &str) -> DbResult<Option<String>> {
    let row = servers::table.filter(servers::id.eq(id)).filter(servers::deleted.eq(false));
    let row = row.filter(servers::settled.eq(false)).select(servers::region_id);
    Ok(reading!(db, |conn| row.first::<Option<String>>(conn).await.optional()?).flatten())
}
