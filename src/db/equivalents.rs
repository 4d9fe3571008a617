//! One thing, several ids: what a network, image, … of the top is called in each region (D10).

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::clock::Clock;
use super::schema::equivalents;
use super::{Db, DbResult};

/// One row: `top_id` is `local_id` in the region.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = equivalents)]
pub struct Equivalent {
    /// `network`, `subnet`, `security_group`, `image`, `volume_type`.
    pub kind: String,
    /// The id users name.
    pub top_id: String,
    /// The region.
    pub region_id: String,
    /// The id there.
    pub local_id: String,
    /// `operator` or `name`.
    pub origin: String,
    /// Microseconds.
    pub created_at: i64,
}

/// All rows, in order.
pub async fn all(db: &Db) -> DbResult<Vec<Equivalent>> {
    let order = (equivalents::kind, equivalents::top_id, equivalents::region_id);
    reading!(db, |conn| Ok(equivalents::table.select(Equivalent::as_select()).order(order).load(conn).await?))
}

/// The rows of a kind, in every region.
pub async fn of_kind(db: &Db, kind: &str) -> DbResult<Vec<Equivalent>> {
    let rows = equivalents::table.filter(equivalents::kind.eq(kind));
    reading!(db, |conn| Ok(rows.select(Equivalent::as_select()).load(conn).await?))
}

/// The rows that speak of an id, the top's or a region's.
pub async fn about(db: &Db, kind: &str, id: &str) -> DbResult<Vec<Equivalent>> {
    let either = equivalents::top_id.eq(id).or(equivalents::local_id.eq(id));
    let rows = equivalents::table.filter(equivalents::kind.eq(kind)).filter(either);
    reading!(db, |conn| Ok(rows.select(Equivalent::as_select()).load(conn).await?))
}

/// What the things of a kind in a region are called on top: ids there and on top.
pub async fn in_region(db: &Db, kind: &str, region_id: &str) -> DbResult<Vec<(String, String)>> {
    let rows = equivalents::table.filter(equivalents::region_id.eq(region_id)).filter(equivalents::kind.eq(kind));
    let columns = (equivalents::local_id, equivalents::top_id);
    reading!(db, |conn| Ok(rows.select(columns).load(conn).await?))
}

/// The rows of these ids, in every region.
pub async fn of(db: &Db, kind: &str, top_ids: &[String]) -> DbResult<Vec<Equivalent>> {
    if top_ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = equivalents::table.filter(equivalents::kind.eq(kind)).filter(equivalents::top_id.eq_any(top_ids));
    reading!(db, |conn| Ok(rows.select(Equivalent::as_select()).load(conn).await?))
}

/// Says that `top_id` is `local_id` in the region; replaces an earlier word.
pub async fn set(db: &Db, kind: &str, top_id: &str, region_id: &str, local_id: &str) -> DbResult<()> {
    writing!(db, "equivalents.set", |conn| {
        let row = Equivalent {
            kind: kind.to_owned(),
            top_id: top_id.to_owned(),
            region_id: region_id.to_owned(),
            local_id: local_id.to_owned(),
            origin: "operator".into(),
            created_at: conn.now().await?,
        };
        if diesel::insert_or_ignore_into(equivalents::table).values(&row).execute(conn).await? == 0 {
            diesel::update(equivalents::table.find((kind, top_id, region_id)))
                .set((equivalents::local_id.eq(local_id), equivalents::origin.eq("operator")))
                .execute(conn)
                .await?;
        }
        Ok(())
    })
}

/// Takes the row away; false where there was none.
pub async fn remove(db: &Db, kind: &str, top_id: &str, region_id: &str) -> DbResult<bool> {
    writing!(db, "equivalents.remove", |conn| {
        let row = equivalents::table.find((kind, top_id, region_id));
        Ok(diesel::delete(row).execute(conn).await? > 0)
    })
}
