//! Availability zones of the top (D11): a name is given once, stored, and never changed.

use std::collections::BTreeMap;

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
    /// [`AVAILABLE`], [`UNAVAILABLE`] or [`GONE`]; of no meaning for a whole region.
    pub state: String,
}

/// The region calls it available.
pub const AVAILABLE: &str = "available";
/// The region calls it unavailable.
pub const UNAVAILABLE: &str = "unavailable";
/// The region no longer tells of it.
pub const GONE: &str = "gone";

impl Zone {
    /// True for the one that is its region as a whole.
    #[must_use]
    pub fn is_region(&self) -> bool {
        self.local_name.is_empty()
    }
}

/// All zones, by name.
pub async fn all(db: &Db) -> DbResult<Vec<Zone>> {
    reading!(db, |conn| Ok(zones::table.select(Zone::as_select()).order(zones::top_name).load(conn).await?))
}

/// Stores what a region tells: all of its zones, and whether each is available. One that has no name yet gets one: the
/// region's own name for the region, `<region>-<zone>` for each of its zones; a name that is taken gets a number.
pub async fn store(db: &Db, region_id: &str, region_name: &str, told: &BTreeMap<String, bool>) -> DbResult<()> {
    match store_once(db, region_id, region_name, told).await {
        // Another region took a name meanwhile; now that is seen.
        Err(error) if error.is_duplicate() => store_once(db, region_id, region_name, told).await,
        done => done,
    }
}

async fn store_once(db: &Db, region_id: &str, region_name: &str, told: &BTreeMap<String, bool>) -> DbResult<()> {
    writing!(db, "zones.store", |conn| {
        let of_region = zones::table.filter(zones::region_id.eq(region_id));
        let known: Vec<Zone> = of_region.select(Zone::as_select()).load(conn).await?;
        let whole = std::iter::once(("", AVAILABLE));
        let parts = told.iter().map(|(name, up)| (name.as_str(), if *up { AVAILABLE } else { UNAVAILABLE }));
        let states: Vec<(&str, &str)> = whole.chain(parts).collect();
        for zone in &known {
            let state = states.iter().find(|(name, _)| *name == zone.local_name).map_or(GONE, |(_, state)| *state);
            if state != zone.state {
                diesel::update(zones::table.find(&zone.top_name)).set(zones::state.eq(state)).execute(conn).await?;
            }
        }
        for (local_name, state) in states {
            if known.iter().any(|zone| zone.local_name == local_name) {
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
                local_name: local_name.to_owned(),
                created_at: conn.now().await?,
                state: state.to_owned(),
            };
            diesel::insert_into(zones::table).values(&zone).execute(conn).await?;
        }
        Ok(())
    })
}
