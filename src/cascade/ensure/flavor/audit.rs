//! The audit of a region's flavors: those that are the top's are brought to what the top says, what is left of deleted
//! ones goes. Nothing else of the region is touched.

use std::collections::HashMap;
use std::sync::Arc;

use super::bring::{Wanted, bring, stored};
use super::mend::Difference;
use super::remote;
use crate::app::App;
use crate::db::flavors::{self, Flavor, FlavorRegion};
use crate::regions::CallError;
use crate::regions::nova::RegionApi;

/// What an audit did for a flavor.
#[derive(Debug)]
pub struct Change {
    /// The top's id.
    pub flavor_id: String,
    /// For people.
    pub what: String,
    /// It could not be done.
    pub failed: bool,
}

/// Looks at everything.
///
/// # Errors
/// [`CallError`] where the region's flavors cannot be read; one that cannot be mended is among the changes.
pub async fn whole(app: &Arc<App>, api: &RegionApi) -> Result<Vec<Change>, CallError> {
    let mut done = retire(app, api).await?;
    let region = api.region();
    let known = stored(region, flavors::known_in(&app.db, region.id()).await)?;
    if known.is_empty() {
        return Ok(done);
    }
    let there = remote::all(api).await?;
    let there: HashMap<&str, &Flavor> = there.iter().map(|flavor| (flavor.id.as_str(), flavor)).collect();
    let mut equal = Vec::new();
    for known in known {
        if is_equal(app, api, &known, there.get(known.local_id.as_str()).copied()).await? {
            equal.push(known.flavor_id);
        } else {
            done.extend(one(app, api, known.flavor_id).await);
        }
    }
    stored(region, flavors::checked(&app.db, region.id(), &equal).await)?;
    Ok(done)
}

/// Looks at what has changed on top since the region was brought to it.
///
/// # Errors
/// As [`whole`].
pub async fn behind(app: &Arc<App>, api: &RegionApi) -> Result<Vec<Change>, CallError> {
    let mut done = retire(app, api).await?;
    let region = api.region();
    for flavor_id in stored(region, flavors::behind(&app.db, region.id()).await)? {
        done.extend(one(app, api, flavor_id).await);
    }
    Ok(done)
}

async fn one(app: &Arc<App>, api: &RegionApi, flavor_id: String) -> Option<Change> {
    let (what, failed) = match bring(app, api, &flavor_id).await {
        Ok((_, done)) => (done.join("; "), false),
        Err(error) => (error.reason, true),
    };
    (!what.is_empty()).then_some(Change { flavor_id, what, failed })
}

async fn is_equal(app: &App, api: &RegionApi, known: &FlavorRegion, there: Option<&Flavor>) -> Result<bool, CallError> {
    let wanted = stored(api.region(), Wanted::read(app, &known.flavor_id).await)?;
    let (Some(wanted), Some(there)) = (wanted, there) else { return Ok(false) };
    let equal = known.revision == wanted.flavor.revision
        && wanted.is_of(known, there)
        && Difference::between(&wanted.flavor, there, remote::has_descriptions(api)).is_empty();
    if !equal || wanted.flavor.is_public {
        return Ok(equal);
    }
    let mut projects = remote::access(api, &there.id).await?;
    projects.sort_unstable();
    Ok(projects == wanted.projects)
}

/// Deletes what the top has made in the region of flavors that it no longer has.
async fn retire(app: &Arc<App>, api: &RegionApi) -> Result<Vec<Change>, CallError> {
    let region = api.region();
    let mut done = Vec::new();
    for remnant in stored(region, flavors::remnants(&app.db, region.id()).await)? {
        if remnant.to_delete {
            remote::delete(api, &remnant.local_id).await?;
            stored(region, flavors::deleted_below(&app.db, region.id(), &remnant.local_id).await)?;
            let what = format!("deleted {}", remnant.local_id);
            done.push(Change { flavor_id: remnant.flavor_id, what, failed: false });
        }
    }
    Ok(done)
}
