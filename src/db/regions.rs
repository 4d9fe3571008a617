//! The registry of regions.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::clock::Clock;
use super::schema::{cursors, regions, removals, servers, set_aside, zones};
use super::{Db, DbResult};

/// A region as registered.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = regions)]
pub struct RegionRow {
    /// Opaque.
    pub id: String,
    /// Shown to users.
    pub name: String,
    /// Its name in the Keystone catalog.
    pub keystone_region: String,
    /// The identity service it belongs to.
    pub realm: String,
    /// `enabled`, `draining` or `disabled`.
    pub state: String,
    /// Newest microversion it spoke; empty until it answered once.
    pub microversion_max: String,
    /// Endpoint with version.
    pub compute_url: String,
    /// Endpoint without version.
    pub network_url: String,
    /// Endpoint without version.
    pub image_url: String,
    /// See [`super::seq`].
    pub seq: i64,
    /// Microseconds.
    pub created_at: i64,
    /// Endpoint without version; empty: none.
    pub placement_url: String,
    /// Endpoint without version; empty: none.
    pub volume_url: String,
    /// The operator's; more is better.
    pub weight: i32,
    /// Name of the region whose servers it was found to have; empty: none.
    pub same_as: String,
}

/// States of a region.
pub mod state {
    /// Takes boots.
    pub const ENABLED: &str = "enabled";
    /// Takes none; its servers are served as before.
    pub const DRAINING: &str = "draining";
    /// Takes none, and its sync rests.
    pub const DISABLED: &str = "disabled";
}

/// What discovery knows of a region.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Catalog name, which is also the name shown.
    pub name: String,
    /// Endpoint with version.
    pub compute_url: String,
    /// Endpoint without version.
    pub network_url: String,
    /// Endpoint without version.
    pub image_url: String,
    /// Endpoint without version; empty: none.
    pub placement_url: String,
    /// Endpoint without version; empty: none.
    pub volume_url: String,
}

impl RegionRow {
    /// A new one.
    #[must_use]
    pub fn found(region: &Found) -> Self {
        Self {
            id: uuid::Uuid::now_v7().to_string(),
            name: region.name.clone(),
            keystone_region: region.name.clone(),
            realm: "default".into(),
            state: state::ENABLED.into(),
            microversion_max: String::new(),
            compute_url: region.compute_url.clone(),
            network_url: region.network_url.clone(),
            image_url: region.image_url.clone(),
            seq: 0,
            created_at: 0,
            placement_url: region.placement_url.clone(),
            volume_url: region.volume_url.clone(),
            weight: 0,
            same_as: String::new(),
        }
    }
}

/// All regions, by name.
pub async fn all(db: &Db) -> DbResult<Vec<RegionRow>> {
    reading!(db, |conn| Ok(regions::table.select(RegionRow::as_select()).order(regions::name).load(conn).await?))
}

/// Registers what was found: new regions get an id, known ones their endpoints of today. Regions that were not found
/// stay: a catalog that lacks one for a while does not make its servers vanish.
pub async fn register(db: &Db, found: &[Found]) -> DbResult<()> {
    writing!(db, "regions.register", |conn| {
        for region in found {
            let known = regions::table.filter(regions::name.eq(&region.name));
            let urls = (
                regions::compute_url.eq(&region.compute_url),
                regions::network_url.eq(&region.network_url),
                regions::image_url.eq(&region.image_url),
                regions::placement_url.eq(&region.placement_url),
                regions::volume_url.eq(&region.volume_url),
            );
            if diesel::update(known).set(urls).execute(conn).await? == 0 {
                let row = RegionRow { created_at: conn.now().await?, ..RegionRow::found(region) };
                diesel::insert_or_ignore_into(regions::table).values(&row).execute(conn).await?;
            }
        }
        Ok(())
    })
}

/// Remembers the newest microversion a region spoke.
pub async fn set_microversion(db: &Db, region_id: &str, newest: &str) -> DbResult<()> {
    writing!(db, "regions.microversion", |conn| {
        let region = regions::table.filter(regions::id.eq(region_id));
        diesel::update(region).set(regions::microversion_max.eq(newest)).execute(conn).await?;
        Ok(())
    })
}

/// A region was found to have the servers of another, of this name: what it would offer is taken back.
pub async fn set_same_as(db: &Db, region_id: &str, other: &str) -> DbResult<()> {
    writing!(db, "regions.same_as", |conn| {
        let region = regions::table.filter(regions::id.eq(region_id));
        diesel::update(region).set(regions::same_as.eq(other)).execute(conn).await?;
        diesel::delete(zones::table.filter(zones::region_id.eq(region_id))).execute(conn).await?;
        Ok(())
    })
}

/// Sets a region's state; returns false where no such region is. What it has is looked at anew.
pub async fn set_state(db: &Db, region_id: &str, state: &str) -> DbResult<bool> {
    writing!(db, "regions.state", |conn| {
        let region = regions::table.filter(regions::id.eq(region_id));
        let columns = (regions::state.eq(state), regions::same_as.eq(""));
        Ok(diesel::update(region).set(columns).execute(conn).await? > 0)
    })
}

/// Drains a region that speaks less than it did, unless the operator has accepted that meanwhile: then what is stored is no
/// longer `known`.
pub async fn drain_older(db: &Db, region_id: &str, known: &str) -> DbResult<()> {
    writing!(db, "regions.drain_older", |conn| {
        let region = regions::table.filter(regions::id.eq(region_id)).filter(regions::microversion_max.eq(known));
        diesel::update(region).set(regions::state.eq(state::DRAINING)).execute(conn).await?;
        Ok(())
    })
}

/// Sets the operator's weight of a region; returns false where no such region is.
pub async fn set_weight(db: &Db, region_id: &str, weight: i32) -> DbResult<bool> {
    writing!(db, "regions.weight", |conn| {
        let region = regions::table.filter(regions::id.eq(region_id));
        Ok(diesel::update(region).set(regions::weight.eq(weight)).execute(conn).await? > 0)
    })
}

/// Forgets a region in which no server on top is, with its zones; returns false where one is.
pub async fn forget(db: &Db, region_id: &str) -> DbResult<bool> {
    writing!(db, "regions.forget", |conn| {
        let there = servers::table.filter(servers::region_id.eq(region_id)).filter(servers::deleted.eq(false));
        if diesel::select(diesel::dsl::exists(there)).get_result::<bool>(conn).await? {
            return Ok(false);
        }
        diesel::delete(zones::table.filter(zones::region_id.eq(region_id))).execute(conn).await?;
        diesel::delete(cursors::table.filter(cursors::region_id.eq(region_id))).execute(conn).await?;
        diesel::delete(set_aside::table.filter(set_aside::region_id.eq(region_id))).execute(conn).await?;
        diesel::delete(removals::table.filter(removals::region_id.eq(region_id))).execute(conn).await?;
        Ok(diesel::delete(regions::table.filter(regions::id.eq(region_id))).execute(conn).await? > 0)
    })
}
