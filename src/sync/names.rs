//! What the things of a region are called on top, for the documents of one page.

use std::sync::Arc;

use crate::app::App;
use crate::db::{DbResult, equivalents, flavors, key_pairs, server_groups, zones};
use crate::views::server::document::Names;

/// Reads them.
pub async fn of_region(app: &Arc<App>, region_id: &str) -> DbResult<Names> {
    let mut names = Names::default();
    // What is there now outranks what was.
    for was in flavors::remnants(&app.db, region_id).await? {
        names.flavors.insert(was.local_name, (was.flavor_id, was.flavor_name));
    }
    let all = flavors::all(&app.db).await?;
    for flavor in &all {
        names.flavors.insert(flavor.name.clone(), (flavor.id.clone(), flavor.name.clone()));
    }
    // What is known of this very region outranks equal names.
    let claimed = flavors::known_in(&app.db, region_id).await?;
    for known in &claimed {
        if let Some(flavor) = all.iter().find(|flavor| flavor.id == known.flavor_id) {
            names.flavors.insert(known.local_name.clone(), (flavor.id.clone(), flavor.name.clone()));
        }
    }
    // A flavor that the top claims there is itself, and nothing stands for it.
    for (local_name, flavor) in flavors::adopted_in(&app.db, region_id).await? {
        let sizes = flavor.sizes().map(|(_, size)| size);
        let claimed = claimed.iter().filter(|known| known.local_name == local_name);
        let is_claimed = |id: &str| all.iter().any(|own| own.id == id && own.same_sizes(&flavor));
        if !claimed.map(|known| known.flavor_id.as_str()).any(is_claimed) {
            names.own_flavors.insert((local_name, sizes), (flavor.id, flavor.name));
        }
    }
    for zone in zones::all(&app.db).await?.into_iter().filter(|zone| zone.region_id == region_id) {
        names.zones.insert(zone.local_name, zone.top_name);
    }
    names.images = equivalents::in_region(&app.db, "image", region_id).await?.into_iter().collect();
    names.key_pairs = key_pairs::regions::renamed(&app.db, region_id).await?.into_iter().collect();
    let groups = server_groups::known_in(&app.db, region_id).await?;
    names.groups = groups.into_iter().map(|row| (row.local_id, row.group_id)).collect();
    Ok(names)
}
