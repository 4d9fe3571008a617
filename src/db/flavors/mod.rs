//! Flavors of the top, how they change, and what they are called in each region.

mod adopted;
mod change;
mod import;
mod places;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::{Map, Value};

use super::schema::{flavor_access, flavors};
use super::{Db, DbResult};

pub use adopted::{adopted_in, stand_in};
pub use change::{
    Access, Created, Removed, add_access, add_specs, create, delete, describe, remove_access, remove_spec,
};
pub use import::{Imported, import};
pub use places::{
    FlavorRegion, NEVER, Remnant, adopt, behind, checked, claim, confirm, deleted_below, doubt, forget_in_region,
    in_region, known_in, remnants,
};

/// A flavor of the top.
#[derive(Clone, Debug, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = flavors)]
pub struct Flavor {
    /// What Nova calls `id` inside; given by the database.
    #[diesel(skip_insertion)]
    pub serial: i64,
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
    /// Microseconds, of the last change of the description; Nova counts no other.
    pub updated_at: Option<i64>,
    /// Raised by every change; what a region has is compared by it.
    pub revision: i64,
}

/// One flavor by its id.
pub async fn get(db: &Db, id: &str) -> DbResult<Option<Flavor>> {
    let flavor = flavors::table.filter(flavors::id.eq(id));
    reading!(db, |conn| Ok(flavor.select(Flavor::as_select()).first(conn).await.optional()?))
}

/// The id of the flavor that `asked` names. Nova's database finds one in capitals too; one that is written just so comes
/// first.
pub async fn id_of(db: &Db, asked: &str) -> DbResult<Option<String>> {
    let ids: Vec<String> = reading!(db, |conn| flavors::table.select(flavors::id).load(conn).await?);
    let like = |id: &&String| id.eq_ignore_ascii_case(asked);
    Ok(ids.iter().find(|id| *id == asked).or_else(|| ids.iter().find(like)).cloned())
}

/// All flavors, in the order they were made.
pub async fn all(db: &Db) -> DbResult<Vec<Flavor>> {
    reading!(db, |conn| Ok(flavors::table.select(Flavor::as_select()).order(flavors::serial).load(conn).await?))
}

/// Ids of the flavors that a project was given access to.
pub async fn accessible(db: &Db, project_id: &str) -> DbResult<Vec<String>> {
    let ids = flavor_access::table.filter(flavor_access::project_id.eq(project_id)).select(flavor_access::flavor_id);
    reading!(db, |conn| Ok(ids.load(conn).await?))
}

/// Projects that were given access to a flavor.
pub async fn access(db: &Db, flavor_id: &str) -> DbResult<Vec<String>> {
    let rows = flavor_access::table.filter(flavor_access::flavor_id.eq(flavor_id)).order(flavor_access::project_id);
    reading!(db, |conn| Ok(rows.select(flavor_access::project_id).load(conn).await?))
}

impl Flavor {
    /// True where a server of either would be the same: name, sizes and extra specs.
    #[must_use]
    pub fn same_contents(&self, other: &Self) -> bool {
        self.name == other.name && self.same_sizes(other) && self.specs() == other.specs()
    }

    /// True where no size differs; a flavor's sizes never change.
    #[must_use]
    pub fn same_sizes(&self, other: &Self) -> bool {
        self.sizes() == other.sizes()
    }

    /// Its sizes, with Nova's names of them.
    #[must_use]
    pub fn sizes(&self) -> [(&'static str, i32); 5] {
        [
            ("vcpus", self.vcpus),
            ("ram", self.ram_mb),
            ("disk", self.disk_gb),
            ("ephemeral", self.ephemeral_gb),
            ("swap", self.swap_mb),
        ]
    }

    /// The extra specs as a JSON object.
    #[must_use]
    pub fn specs(&self) -> Map<String, Value> {
        serde_json::from_str(&self.extra_specs).unwrap_or_default()
    }
}
