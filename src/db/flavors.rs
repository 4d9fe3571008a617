//! Flavors of the top, and what they are called in each region.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::clock::Clock;
use super::schema::{flavor_access, flavor_regions, flavors};
use super::{Db, DbResult};

/// A flavor of the top.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = flavors)]
pub struct Flavor {
    /// Chosen by the admin; any text.
    pub id: String,
    /// Unique.
    pub name: String,
    /// Cores.
    pub vcpus: i32,
    /// MiB.
    pub ram_mb: i32,
    /// GiB.
    pub disk_gb: i32,
    /// GiB.
    pub ephemeral_gb: i32,
    /// MiB.
    pub swap_mb: i32,
    /// Unused by Nova since 2.102, kept for older views.
    pub rxtx_factor: f64,
    /// Seen by everyone; else by the projects of [`access`].
    pub is_public: bool,
    /// Not offered to users.
    pub disabled: bool,
    /// From 2.55.
    pub description: Option<String>,
    /// JSON object of text.
    pub extra_specs: String,
    /// Microseconds.
    pub created_at: i64,
}

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
}

/// What becomes of a flavor read from a region.
#[derive(Debug, PartialEq, Eq)]
pub enum Imported {
    /// It is new on top.
    Added,
    /// The top has it with the same contents.
    Same,
    /// The top has this id or name with other contents, or another id for this name; nothing was changed.
    Conflict(String),
}

/// One flavor by its id.
pub async fn get(db: &Db, id: &str) -> DbResult<Option<Flavor>> {
    let flavor = flavors::table.filter(flavors::id.eq(id));
    reading!(db, |conn| Ok(flavor.select(Flavor::as_select()).first(conn).await.optional()?))
}

/// All flavors, in the order they were made.
pub async fn all(db: &Db) -> DbResult<Vec<Flavor>> {
    reading!(db, |conn| Ok(flavors::table.select(Flavor::as_select()).order(flavors::serial).load(conn).await?))
}

/// Ids of the private flavors that a project may use.
pub async fn accessible(db: &Db, project_id: &str) -> DbResult<Vec<String>> {
    let ids = flavor_access::table.filter(flavor_access::project_id.eq(project_id)).select(flavor_access::flavor_id);
    reading!(db, |conn| Ok(ids.load(conn).await?))
}

/// Projects that may use a private flavor.
pub async fn access(db: &Db, flavor_id: &str) -> DbResult<Vec<String>> {
    let projects =
        flavor_access::table.filter(flavor_access::flavor_id.eq(flavor_id)).select(flavor_access::project_id);
    reading!(db, |conn| Ok(projects.load(conn).await?))
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

/// Remembers that the flavor is in the region under these names.
pub async fn set_in_region(
    db: &Db,
    flavor_id: &str,
    region_id: &str,
    local_id: &str,
    local_name: &str,
) -> DbResult<()> {
    writing!(db, "flavors.set_in_region", |conn| {
        let checked_at = conn.now().await?;
        let row = FlavorRegion {
            flavor_id: flavor_id.to_owned(),
            region_id: region_id.to_owned(),
            local_id: local_id.to_owned(),
            local_name: local_name.to_owned(),
            checked_at,
        };
        if diesel::insert_or_ignore_into(flavor_regions::table).values(&row).execute(conn).await? == 0 {
            let names = (
                flavor_regions::local_id.eq(local_id),
                flavor_regions::local_name.eq(local_name),
                flavor_regions::checked_at.eq(checked_at),
            );
            diesel::update(flavor_regions::table.find((flavor_id, region_id))).set(names).execute(conn).await?;
        }
        Ok(())
    })
}

/// Forgets what the flavor is called in the region.
pub async fn forget_in_region(db: &Db, flavor_id: &str, region_id: &str) -> DbResult<()> {
    writing!(db, "flavors.forget_in_region", |conn| {
        diesel::delete(flavor_regions::table.find((flavor_id, region_id))).execute(conn).await?;
        Ok(())
    })
}

/// Takes over a flavor read from a region, with the projects that may use it; never changes one that is there.
pub async fn import(db: &Db, flavor: &Flavor, projects: &[String]) -> DbResult<Imported> {
    writing!(db, "flavors.import", |conn| {
        let same_key = flavors::id.eq(&flavor.id).or(flavors::name.eq(&flavor.name));
        let known = flavors::table.filter(same_key).select(Flavor::as_select()).load::<Flavor>(conn).await?;
        if let Some(other) = known.iter().find(|other| !other.same_contents(flavor) || other.id != flavor.id) {
            let reason = format!(
                "the top's flavor {} named {} has {}",
                other.id,
                other.name,
                if other.same_contents(flavor) { "another id" } else { "other contents" }
            );
            return Ok(Imported::Conflict(reason));
        }
        if !known.is_empty() {
            return Ok(Imported::Same);
        }
        let row = Flavor { created_at: conn.now().await?, ..flavor.clone() };
        diesel::insert_into(flavors::table).values(&row).execute(conn).await?;
        for project_id in projects {
            let access = (flavor_access::flavor_id.eq(&flavor.id), flavor_access::project_id.eq(project_id));
            diesel::insert_or_ignore_into(flavor_access::table).values(access).execute(conn).await?;
        }
        Ok(Imported::Added)
    })
}

impl Flavor {
    /// True where a server of either would be the same: name, sizes and extra specs.
    #[must_use]
    pub fn same_contents(&self, other: &Self) -> bool {
        let sizes = |f: &Self| (f.vcpus, f.ram_mb, f.disk_gb, f.ephemeral_gb, f.swap_mb);
        self.name == other.name && sizes(self) == sizes(other) && self.specs() == other.specs()
    }

    /// The extra specs as a JSON object.
    #[must_use]
    pub fn specs(&self) -> serde_json::Map<String, serde_json::Value> {
        serde_json::from_str(&self.extra_specs).unwrap_or_default()
    }
}
