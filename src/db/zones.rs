//! Availability zones of the top (D11): a name is given once, stored, and never changed.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::clock::Clock;
use super::schema::zones;
use super::{Db, DbResult};

/// A zone users can name.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = zones)]
pub struct Zone {
    /// The name on top.
    pub top_name: String,
    /// The region it lies in.
    pub region_id: String,
    /// The zone's name there; empty for the whole region.
    pub local_name: String,
    /// Microseconds.
    pub created_at: i64,
}

/// All zones, by name.
pub async fn all(db: &Db) -> DbResult<Vec<Zone>> {
    reading!(db, |conn| Ok(zones::table.select(Zone::as_select()).order(zones::top_name).load(conn).await?))
}

/// Gives names to the zones of a region that have none: the region's own name for the region, `<region>-<zone>` for
/// each of its zones. A name that is taken gets a number.
pub async fn name_all(db: &Db, region_id: &str, region_name: &str, local_names: &[String]) -> DbResult<()> {
    writing!(db, "zones.name_all", |conn| {
        for local_name in std::iter::once(&String::new()).chain(local_names) {
            let named = zones::table.filter(zones::region_id.eq(region_id)).filter(zones::local_name.eq(local_name));
            if named.count().get_result::<i64>(conn).await? > 0 {
                continue;
            }
            let wanted =
                if local_name.is_empty() { region_name.to_owned() } else { format!("{region_name}-{local_name}") };
            let mut top_name = wanted.clone();
            let mut number = 2;
            while zones::table.find(&top_name).count().get_result::<i64>(conn).await? > 0 {
                top_name = format!("{wanted}-{number}");
                number += 1;
            }
            let zone = Zone {
                top_name,
                region_id: region_id.to_owned(),
                local_name: local_name.clone(),
                created_at: conn.now().await?,
            };
            diesel::insert_into(zones::table).values(&zone).execute(conn).await?;
        }
        Ok(())
    })
}
