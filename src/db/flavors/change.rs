//! What admins change in flavors. Every change raises the revision, first of all: that locks the row, so that changes of
//! one flavor come one after the other.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::{Map, Value};

use super::Flavor;
use crate::db::clock::Clock;
use crate::db::schema::{flavor_access, flavor_regions, flavor_remnants, flavors};
use crate::db::{Db, DbResult};

/// What became of a flavor that was to be made.
#[derive(Clone, Debug, PartialEq)]
pub enum Created {
    /// It is there.
    Made(Box<Flavor>),
    /// Another one has its id, but for the case of letters.
    IdTaken,
    /// Another one has its name, but for the case of letters.
    NameTaken,
}

/// What became of an extra spec that was to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removed {
    /// It is gone.
    Yes,
    /// There was none of this key.
    NoSpec,
    /// There is no such flavor.
    NoFlavor,
}

/// What became of a project's access.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// It is as was asked; these projects have access now.
    Done(Vec<String>),
    /// It was so before; the flavor's serial number.
    Already(i64),
    /// There is no such flavor.
    NoFlavor,
}

/// Inside [`writing!`]: raises a flavor's revision; false where there is none.
macro_rules! touch {
    ($conn:ident, $id:expr) => {{
        let row = flavors::table.filter(flavors::id.eq($id));
        diesel::update(row).set(flavors::revision.eq(flavors::revision + 1)).execute($conn).await? > 0
    }};
}

/// Inside [`writing!`]: the flavor as it is now.
macro_rules! now {
    ($conn:ident, $id:expr) => {
        flavors::table.filter(flavors::id.eq($id)).select(Flavor::as_select()).first($conn).await?
    };
}

/// Inside [`writing!`]: what became of access, by the number of rows that changed.
macro_rules! outcome {
    ($conn:ident, $id:expr, $changed:expr) => {{
        if $changed == 0 {
            let serial = flavors::table.filter(flavors::id.eq($id)).select(flavors::serial).first($conn).await?;
            return Ok(Access::Already(serial));
        }
        let rows = flavor_access::table.filter(flavor_access::flavor_id.eq($id)).order(flavor_access::project_id);
        Ok(Access::Done(rows.select(flavor_access::project_id).load($conn).await?))
    }};
}

/// Makes a flavor. Ids and names that differ in the case of letters alone are the same, as in Nova on `MariaDB`, whose
/// regions could not have both.
pub async fn create(db: &Db, flavor: &Flavor) -> DbResult<Created> {
    let result = insert(db, flavor).await;
    match result {
        // Another one came in between.
        Err(error) if error.is_duplicate() => insert(db, flavor).await,
        result => result,
    }
}

async fn insert(db: &Db, flavor: &Flavor) -> DbResult<Created> {
    writing!(db, "flavors.create", |conn| {
        let known: Vec<(String, String)> = flavors::table.select((flavors::id, flavors::name)).load(conn).await?;
        let same = |one: &str, other: &str| one.to_lowercase() == other.to_lowercase();
        if known.iter().any(|(id, _)| same(id, &flavor.id)) {
            return Ok(Created::IdTaken);
        }
        if known.iter().any(|(_, name)| same(name, &flavor.name)) {
            return Ok(Created::NameTaken);
        }
        let row = Flavor { created_at: conn.now().await?, ..flavor.clone() };
        diesel::insert_into(flavors::table).values(&row).execute(conn).await?;
        Ok(Created::Made(Box::new(now!(conn, &flavor.id))))
    })
}

/// Sets the description; the flavor after it, where there is one.
pub async fn describe(db: &Db, id: &str, description: Option<&str>) -> DbResult<Option<Flavor>> {
    writing!(db, "flavors.describe", |conn| {
        if !touch!(conn, id) {
            return Ok(None);
        }
        let columns = (flavors::description.eq(description), flavors::updated_at.eq(conn.now().await?));
        diesel::update(flavors::table.filter(flavors::id.eq(id))).set(columns).execute(conn).await?;
        Ok(Some(now!(conn, id)))
    })
}

/// Deletes a flavor; false where there is none. What regions have of it is kept as remnants: servers are of them, and
/// what the top made there is still to be deleted.
pub async fn delete(db: &Db, id: &str) -> DbResult<bool> {
    writing!(db, "flavors.delete", |conn| {
        if !touch!(conn, id) {
            return Ok(false);
        }
        let flavor: Flavor = now!(conn, id);
        let rows = flavor_regions::table.filter(flavor_regions::flavor_id.eq(id));
        let columns =
            (flavor_regions::region_id, flavor_regions::local_id, flavor_regions::local_name, flavor_regions::made);
        for (region_id, local_id, local_name, made) in
            rows.select(columns).load::<(String, String, String, bool)>(conn).await?
        {
            let remnant = super::Remnant {
                region_id,
                local_id,
                local_name,
                flavor_id: id.to_owned(),
                flavor_name: flavor.name.clone(),
                to_delete: made,
            };
            diesel::replace_into(flavor_remnants::table).values(&remnant).execute(conn).await?;
        }
        diesel::delete(rows).execute(conn).await?;
        diesel::delete(flavor_access::table.filter(flavor_access::flavor_id.eq(id))).execute(conn).await?;
        diesel::delete(flavors::table.filter(flavors::id.eq(id))).execute(conn).await?;
        Ok(true)
    })
}

/// Sets extra specs beside those that are there; false where there is no such flavor.
pub async fn add_specs(db: &Db, id: &str, more: &Map<String, Value>) -> DbResult<bool> {
    writing!(db, "flavors.add_specs", |conn| {
        if !touch!(conn, id) {
            return Ok(false);
        }
        let flavor: Flavor = now!(conn, id);
        let mut specs = flavor.specs();
        specs.extend(more.clone());
        let text = Value::Object(specs).to_string();
        let row = flavors::table.filter(flavors::id.eq(id));
        diesel::update(row).set(flavors::extra_specs.eq(text)).execute(conn).await?;
        Ok(true)
    })
}

/// Takes an extra spec away.
pub async fn remove_spec(db: &Db, id: &str, key: &str) -> DbResult<Removed> {
    writing!(db, "flavors.remove_spec", |conn| {
        if !touch!(conn, id) {
            return Ok(Removed::NoFlavor);
        }
        let flavor: Flavor = now!(conn, id);
        let mut specs = flavor.specs();
        if specs.shift_remove(key).is_none() {
            return Ok(Removed::NoSpec);
        }
        let text = Value::Object(specs).to_string();
        let row = flavors::table.filter(flavors::id.eq(id));
        diesel::update(row).set(flavors::extra_specs.eq(text)).execute(conn).await?;
        Ok(Removed::Yes)
    })
}

/// Lets a project use a flavor.
pub async fn add_access(db: &Db, id: &str, project_id: &str) -> DbResult<Access> {
    writing!(db, "flavors.add_access", |conn| {
        if !touch!(conn, id) {
            return Ok(Access::NoFlavor);
        }
        let row = (flavor_access::flavor_id.eq(id), flavor_access::project_id.eq(project_id));
        let changed = diesel::insert_or_ignore_into(flavor_access::table).values(row).execute(conn).await?;
        outcome!(conn, id, changed)
    })
}

/// Takes a project's access away.
pub async fn remove_access(db: &Db, id: &str, project_id: &str) -> DbResult<Access> {
    writing!(db, "flavors.remove_access", |conn| {
        if !touch!(conn, id) {
            return Ok(Access::NoFlavor);
        }
        let changed = diesel::delete(flavor_access::table.find((id, project_id))).execute(conn).await?;
        outcome!(conn, id, changed)
    })
}
