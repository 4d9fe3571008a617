//! Flavors that stand on top for those of a region that its strangers are of: private and disabled, since nobody asked
//! for them (D5). The region's stay its own; nothing is kept equal.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::Flavor;
use crate::db::clock::Clock;
use crate::db::schema::{adopted_flavors, flavors};
use crate::db::{Db, DbResult};

/// What stands for flavors of a region, each with the name it has there.
pub async fn adopted_in(db: &Db, region_id: &str) -> DbResult<Vec<(String, Flavor)>> {
    let rows = adopted_flavors::table
        .inner_join(flavors::table.on(flavors::id.eq(adopted_flavors::flavor_id)))
        .filter(adopted_flavors::region_id.eq(region_id))
        .order(flavors::serial);
    reading!(db, |conn| Ok(rows.select((adopted_flavors::local_name, Flavor::as_select())).load(conn).await?))
}

/// The flavor that stands for `there`, a flavor as the region has it; made where there is none. Whoever comes second
/// finds the first one's.
pub async fn stand_in(db: &Db, region_id: &str, there: &Flavor) -> DbResult<Flavor> {
    let result = find_or_make(db, region_id, there).await;
    match result {
        // Another process came in between.
        Err(error) if error.is_duplicate() => find_or_make(db, region_id, there).await,
        result => result,
    }
}

async fn find_or_make(db: &Db, region_id: &str, there: &Flavor) -> DbResult<Flavor> {
    writing!(db, "flavors.stand_in", |conn| {
        let rows = adopted_flavors::table
            .inner_join(flavors::table.on(flavors::id.eq(adopted_flavors::flavor_id)))
            .filter(adopted_flavors::region_id.eq(region_id))
            .filter(adopted_flavors::local_id.eq(&there.id))
            .filter(adopted_flavors::local_name.eq(&there.name));
        let known: Vec<Flavor> = rows.select(Flavor::as_select()).load(conn).await?;
        if let Some(same) = known.into_iter().find(|flavor| flavor.same_sizes(there)) {
            return Ok(same);
        }
        let taken: Vec<(String, String)> = flavors::table.select((flavors::id, flavors::name)).load(conn).await?;
        let (id, name) = names(there, region_id, &taken);
        let flavor = Flavor {
            id,
            name,
            is_public: false,
            disabled: true,
            created_at: conn.now().await?,
            updated_at: None,
            revision: 0,
            ..there.clone()
        };
        diesel::insert_into(flavors::table).values(&flavor).execute(conn).await?;
        let place = (
            adopted_flavors::flavor_id.eq(&flavor.id),
            adopted_flavors::region_id.eq(region_id),
            adopted_flavors::local_id.eq(&there.id),
            adopted_flavors::local_name.eq(&there.name),
        );
        diesel::insert_or_ignore_into(adopted_flavors::table).values(place).execute(conn).await?;
        Ok(flavor)
    })
}

/// Id and name on top: the region's own where they are free, else others that are the same at each try. What differs in
/// the case of letters alone is the same, as for all flavors.
fn names(there: &Flavor, region_id: &str, taken: &[(String, String)]) -> (String, String) {
    let same = |one: &str, other: &str| one.to_lowercase() == other.to_lowercase();
    let sizes = there.sizes().map(|(_, size)| size.to_string()).join(",");
    let mut other = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{region_id}/{}/{sizes}", there.id).as_bytes());
    let (mut id, mut name) = (there.id.clone(), there.name.clone());
    while taken.iter().any(|(known, _)| same(known, &id)) {
        id = other.to_string();
        other = Uuid::new_v5(&other, b"id");
    }
    while taken.iter().any(|(_, known)| same(known, &name)) {
        let suffix = &other.simple().to_string()[..8];
        name = format!("{}-{suffix}", there.name.chars().take(255 - suffix.len() - 1).collect::<String>());
        other = Uuid::new_v5(&other, b"name");
    }
    (id, name)
}
