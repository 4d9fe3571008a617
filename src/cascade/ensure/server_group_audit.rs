//! What is known of a region's server groups, against the groups it has: those that are gone on top are deleted there,
//! whoever's they are; those that are gone there are forgotten, and made again when a boot needs them.

use std::collections::HashMap;

use http::{Method, StatusCode};

use super::server_group::{PAGE, read, regional_name, stored};
use crate::app::App;
use crate::db::server_groups::{self, GroupRegion};
use crate::microversion::MIN;
use crate::regions::nova::RegionApi;
use crate::regions::{CallError, Region};

/// Audits one region, under its lease.
///
/// # Errors
/// [`CallError`] where the region or the database did not answer; what was not done is done by the next one.
pub async fn run(app: &App, api: &RegionApi) -> Result<(), CallError> {
    let region = api.region();
    // Before the list: what is made while it is read is not missed.
    let known = stored(region, server_groups::known_in(&app.db, region.id()).await)?;
    if known.is_empty() {
        return Ok(());
    }
    let there = all(api).await?;
    // Without its role the account gets its own project's groups alone, as if there were no others.
    api.require_role().await?;
    for group_id in stored(region, server_groups::left_in(&app.db, region.id()).await)? {
        let name = regional_name(&group_id);
        let mut deleted = true;
        for (id, _) in there.iter().filter(|(_, other)| **other == name) {
            let answer = api.compute(Method::DELETE, &format!("/os-server-groups/{id}"), MIN, None).await?;
            deleted &= answer.status.is_success() || answer.status == StatusCode::NOT_FOUND;
        }
        for row in known.iter().filter(|row| deleted && row.group_id == group_id) {
            forget(app, region, row).await?;
        }
    }
    for row in known.iter().filter(|row| !row.local_id.is_empty() && !there.contains_key(&row.local_id)) {
        tracing::info!(group_id = row.group_id, region = region.name(), "a server group is gone from its region");
        forget(app, region, row).await?;
    }
    Ok(())
}

async fn forget(app: &App, region: &Region, row: &GroupRegion) -> Result<(), CallError> {
    stored(region, server_groups::forget_in_region(&app.db, &row.group_id, region.id(), &row.local_id).await)
}

/// Names of all groups of the region, of every project, by id.
async fn all(api: &RegionApi) -> Result<HashMap<String, String>, CallError> {
    let mut all = HashMap::new();
    let mut offset = 0;
    loop {
        let path = format!("/os-server-groups?all_projects=1&limit={PAGE}&offset={offset}");
        let page = read(&api.compute(Method::GET, &path, MIN, None).await?.json(api.region())?);
        offset += page.len();
        let more = page.len() >= PAGE;
        all.extend(page);
        if !more {
            return Ok(all);
        }
    }
}
