//! Where flavors are, and what is left of those that are no longer. A row of `flavor_regions` is a claim: what stands
//! under its name in the region is the top's to keep equal.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::clock::Clock;
use crate::db::schema::{flavor_regions, flavor_remnants, flavors};
use crate::db::{Db, DbResult};

/// The revision of what has not been seen equal yet.
pub const NEVER: i64 = -1;

/// What a flavor is called in a region.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = flavor_regions)]
pub struct FlavorRegion {
    /// The top's id.
    pub flavor_id: String,
    /// The region.
    pub region_id: String,
    /// Its id there.
    pub local_id: String,
    /// Its name there.
    pub local_name: String,
    /// Microseconds, when its contents were last seen equal.
    pub checked_at: i64,
    /// The top's flavor's, which they were equal to; [`NEVER`] where they have not been.
    pub revision: i64,
    /// The top made it.
    pub made: bool,
}

/// What a region had a flavor as that is no longer.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = flavor_remnants)]
pub struct Remnant {
    /// The region.
    pub region_id: String,
    /// Its id there.
    pub local_id: String,
    /// Its name there.
    pub local_name: String,
    /// The id that the top had for it.
    pub flavor_id: String,
    /// The name that the top had for it.
    pub flavor_name: String,
    /// The top made it there, and it is still to be deleted.
    pub to_delete: bool,
}

/// Where the flavor is known to be.
pub async fn in_region(db: &Db, flavor_id: &str, region_id: &str) -> DbResult<Option<FlavorRegion>> {
    let row = flavor_regions::table.find((flavor_id, region_id));
    reading!(db, |conn| Ok(row.select(FlavorRegion::as_select()).first(conn).await.optional()?))
}

/// All flavors known to be in a region.
pub async fn known_in(db: &Db, region_id: &str) -> DbResult<Vec<FlavorRegion>> {
    let rows = flavor_regions::table.filter(flavor_regions::region_id.eq(region_id));
    reading!(db, |conn| Ok(rows.select(FlavorRegion::as_select()).load(conn).await?))
}

/// Ids of the flavors that have changed since they were brought to the region.
pub async fn behind(db: &Db, region_id: &str) -> DbResult<Vec<String>> {
    let rows = flavor_regions::table
        .inner_join(flavors::table.on(flavors::id.eq(flavor_regions::flavor_id)))
        .filter(flavor_regions::region_id.eq(region_id))
        .filter(flavor_regions::revision.lt(flavors::revision));
    reading!(db, |conn| Ok(rows.select(flavor_regions::flavor_id).load(conn).await?))
}

/// What a region has had as flavors that are no longer.
pub async fn remnants(db: &Db, region_id: &str) -> DbResult<Vec<Remnant>> {
    let rows = flavor_remnants::table.filter(flavor_remnants::region_id.eq(region_id));
    reading!(db, |conn| Ok(rows.select(Remnant::as_select()).load(conn).await?))
}

/// Says that the top is about to make a flavor in a region under these names. False where another process has said
/// something of that flavor and region before.
pub async fn claim(db: &Db, flavor_id: &str, region_id: &str, local_id: &str, local_name: &str) -> DbResult<bool> {
    place(db, flavor_id, region_id, local_id, local_name, true).await
}

/// Says that a region's own flavor is the top's; what the top made and has deleted since, it has made. False as in
/// [`claim`].
pub async fn adopt(db: &Db, flavor_id: &str, region_id: &str, local_id: &str, local_name: &str) -> DbResult<bool> {
    place(db, flavor_id, region_id, local_id, local_name, false).await
}

async fn place(
    db: &Db,
    flavor_id: &str,
    region_id: &str,
    local_id: &str,
    local_name: &str,
    made: bool,
) -> DbResult<bool> {
    writing!(db, "flavors.place", |conn| {
        let remnant = flavor_remnants::table.find((region_id, local_id));
        let made_before: Option<bool> = remnant.select(flavor_remnants::to_delete).first(conn).await.optional()?;
        let row = FlavorRegion {
            flavor_id: flavor_id.to_owned(),
            region_id: region_id.to_owned(),
            local_id: local_id.to_owned(),
            local_name: local_name.to_owned(),
            checked_at: conn.now().await?,
            revision: NEVER,
            made: made || made_before == Some(true),
        };
        let placed = diesel::insert_or_ignore_into(flavor_regions::table).values(&row).execute(conn).await? > 0;
        if placed {
            diesel::delete(remnant).execute(conn).await?;
        }
        Ok(placed)
    })
}

/// Remembers that what a region has under this id was seen equal to a revision; false where that is no longer the
/// flavor's.
pub async fn confirm(db: &Db, flavor_id: &str, region_id: &str, local_id: &str, revision: i64) -> DbResult<bool> {
    writing!(db, "flavors.confirm", |conn| {
        let now = conn.now().await?;
        let row = flavor_regions::table.find((flavor_id, region_id)).filter(flavor_regions::local_id.eq(local_id));
        // An older look may end after a newer one.
        let older = row.filter(flavor_regions::revision.le(revision));
        let columns = (flavor_regions::revision.eq(revision), flavor_regions::checked_at.eq(now));
        diesel::update(older).set(columns).execute(conn).await?;
        Ok(row.count().get_result::<i64>(conn).await? > 0)
    })
}

/// Remembers that flavors of a region were seen equal.
pub async fn checked(db: &Db, region_id: &str, flavor_ids: &[String]) -> DbResult<()> {
    writing!(db, "flavors.checked", |conn| {
        let now = conn.now().await?;
        let rows = flavor_regions::table.filter(flavor_regions::region_id.eq(region_id));
        let rows = rows.filter(flavor_regions::flavor_id.eq_any(flavor_ids));
        diesel::update(rows).set(flavor_regions::checked_at.eq(now)).execute(conn).await?;
        Ok(())
    })
}

/// Remembers that it is not known whether the region still has the flavor.
pub async fn doubt(db: &Db, flavor_id: &str, region_id: &str) -> DbResult<()> {
    writing!(db, "flavors.doubt", |conn| {
        let row = flavor_regions::table.find((flavor_id, region_id));
        diesel::update(row).set(flavor_regions::revision.eq(NEVER)).execute(conn).await?;
        Ok(())
    })
}

/// Forgets that the region has the flavor. It is kept what it was called there: servers may be of it.
pub async fn forget_in_region(db: &Db, flavor_id: &str, region_id: &str) -> DbResult<()> {
    writing!(db, "flavors.forget_in_region", |conn| {
        let row = flavor_regions::table.find((flavor_id, region_id));
        let known: Option<FlavorRegion> = row.select(FlavorRegion::as_select()).first(conn).await.optional()?;
        let flavor = flavors::table.filter(flavors::id.eq(flavor_id)).select(flavors::name);
        let name: Option<String> = flavor.first(conn).await.optional()?;
        if let (Some(known), Some(flavor_name)) = (known, name) {
            let remnant = Remnant {
                region_id: known.region_id,
                local_id: known.local_id,
                local_name: known.local_name,
                flavor_id: known.flavor_id,
                flavor_name,
                to_delete: false,
            };
            diesel::replace_into(flavor_remnants::table).values(&remnant).execute(conn).await?;
        }
        diesel::delete(row).execute(conn).await?;
        Ok(())
    })
}

/// Remembers that a remnant is gone from its region.
pub async fn deleted_below(db: &Db, region_id: &str, local_id: &str) -> DbResult<()> {
    writing!(db, "flavors.deleted_below", |conn| {
        let row = flavor_remnants::table.find((region_id, local_id));
        diesel::update(row).set(flavor_remnants::to_delete.eq(false)).execute(conn).await?;
        Ok(())
    })
}
