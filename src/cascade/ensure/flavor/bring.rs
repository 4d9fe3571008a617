//! Bringing one flavor to a region, as it is on top. Everybody who does so looks again after each change of their own,
//! and is done only when a look shows the newest that the top has: so several at once, here or in other processes, end
//! with what is right, and one that was cut off anywhere is completed by the next.

use std::sync::Arc;

use http::StatusCode;
use uuid::Uuid;

use super::{mend, remote};
use crate::app::App;
use crate::db::DbResult;
use crate::db::flavors::{self, Flavor, FlavorRegion, NEVER};
use crate::regions::nova::RegionApi;
use crate::regions::{CallError, Region, Sent};

/// Looks at most; more are needed only while others change the same flavor.
const LOOKS_MAX: usize = 8;

/// A flavor of the top, and who may use it if it is private.
pub(super) struct Wanted {
    pub flavor: Flavor,
    pub projects: Vec<String>,
}

impl Wanted {
    /// Reads it. Of projects that change meanwhile the newer are read, and the older revision.
    pub async fn read(app: &App, flavor_id: &str) -> DbResult<Option<Self>> {
        let Some(flavor) = flavors::get(&app.db, flavor_id).await? else { return Ok(None) };
        let projects = if flavor.is_public { Vec::new() } else { flavors::access(&app.db, flavor_id).await? };
        Ok(Some(Self { flavor, projects }))
    }

    /// Whether what a region has can be brought to it: all but extra specs, description and access are for ever.
    pub fn is_of(&self, known: &FlavorRegion, there: &Flavor) -> bool {
        (&there.id, &there.name) == (&known.local_id, &known.local_name)
            && there.is_public == self.flavor.is_public
            && there.same_sizes(&self.flavor)
    }
}

/// The flavor's id in the region, and what was done for it.
pub(super) async fn bring(
    app: &Arc<App>,
    api: &RegionApi,
    flavor_id: &str,
) -> Result<(String, Vec<String>), CallError> {
    let region = api.region();
    let mut done = Vec::new();
    for _ in 0..LOOKS_MAX {
        let wanted = stored(region, Wanted::read(app, flavor_id).await)?;
        let wanted = wanted.ok_or_else(|| refused(region, "the flavor is no longer on top"))?;
        let Some(known) = stored(region, flavors::in_region(&app.db, flavor_id, region.id()).await)? else {
            place(app, api, &wanted, &mut done).await?;
            continue;
        };
        let forget = async |why: &str, done: &mut Vec<String>| {
            done.push(format!("{} is {why}", known.local_id));
            stored(region, flavors::forget_in_region(&app.db, flavor_id, region.id()).await)
        };
        match remote::one(api, &known.local_id).await? {
            Some(there) if wanted.is_of(&known, &there) => {
                let changes = mend::mend(api, &wanted, &there).await?;
                let revision = wanted.flavor.revision;
                if changes.is_empty()
                    && stored(
                        region,
                        flavors::confirm(&app.db, flavor_id, region.id(), &known.local_id, revision).await,
                    )?
                {
                    return Ok((known.local_id, done));
                }
                done.extend(changes);
            }
            Some(_) => forget("another flavor there now", &mut done).await?,
            None if known.made && known.revision == NEVER => make(app, api, &wanted, &known, &mut done).await?,
            None => {
                // A private flavor is not there to one who is no admin.
                api.require_role().await?;
                forget("no longer there", &mut done).await?;
            }
        }
    }
    Err(refused(region, "the flavor changes while it is looked at"))
}

/// Finds the flavor among the region's own, or makes it there.
async fn place(app: &Arc<App>, api: &RegionApi, wanted: &Wanted, done: &mut Vec<String>) -> Result<(), CallError> {
    let (region, flavor) = (api.region(), &wanted.flavor);
    let mut there = remote::all(api).await?;
    let same = there.iter().filter(|other| other.same_contents(flavor) && other.is_public == flavor.is_public);
    if let Some(same) = same.max_by_key(|other| other.id == flavor.id) {
        stored(region, flavors::adopt(&app.db, &flavor.id, region.id(), &same.id, &same.name).await)?;
        done.push(format!("found as {}", same.id));
        return Ok(());
    }
    let in_the_way = |other: &Flavor| is_same(&other.id, &flavor.id) || is_same(&other.name, &flavor.name);
    for remnant in stored(region, flavors::remnants(&app.db, region.id()).await)? {
        if remnant.to_delete && there.iter().any(|other| other.id == remnant.local_id && in_the_way(other)) {
            remote::delete(api, &remnant.local_id).await?;
            stored(region, flavors::deleted_below(&app.db, region.id(), &remnant.local_id).await)?;
            there.retain(|other| other.id != remnant.local_id);
        }
    }
    let (id, name) = names(flavor, &there, region);
    if stored(region, flavors::claim(&app.db, &flavor.id, region.id(), &id, &name).await)? {
        let known = stored(region, flavors::in_region(&app.db, &flavor.id, region.id()).await)?;
        if let Some(known) = known.filter(|known| known.local_id == id) {
            make(app, api, wanted, &known, done).await?;
        }
    }
    Ok(())
}

/// Regions on `MariaDB` tell ids and names that differ in the case of letters alone not apart.
fn is_same(one: &str, other: &str) -> bool {
    one.to_lowercase() == other.to_lowercase()
}

/// Id and name in the region. Where the region's own is in the way, ours gets another; the same each time, so that a
/// second try finds the first.
fn names(flavor: &Flavor, there: &[Flavor], region: &Region) -> (String, String) {
    let other = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{}/{}", region.id(), flavor.id).as_bytes());
    let mut id = flavor.id.clone();
    if there.iter().any(|known| is_same(&known.id, &id)) {
        id = other.to_string();
    }
    let mut number = 1;
    let mut name = flavor.name.clone();
    while there.iter().any(|known| is_same(&known.id, &id) || is_same(&known.name, &name)) {
        // An earlier one of ours may be in the way too, with sizes of before.
        let other = Uuid::new_v5(&other, format!("{number}").as_bytes());
        let suffix = &other.simple().to_string()[..8];
        let room = 255 - suffix.len() - 1;
        name = format!("{}-{suffix}", flavor.name.chars().take(room).collect::<String>());
        if there.iter().any(|known| is_same(&known.id, &id)) {
            id = other.to_string();
        }
        number += 1;
    }
    (id, name)
}

/// Makes what was claimed. A flavor that is there already is looked at by the caller; one whose name alone is taken,
/// meanwhile, is claimed anew.
async fn make(
    app: &Arc<App>,
    api: &RegionApi,
    wanted: &Wanted,
    known: &FlavorRegion,
    done: &mut Vec<String>,
) -> Result<(), CallError> {
    let region = api.region();
    let answer = remote::create(api, &wanted.flavor, &known.local_id, &known.local_name).await?;
    if answer.status.is_success() {
        done.push(format!("made as {}", known.local_id));
        return Ok(());
    }
    if answer.status == StatusCode::CONFLICT && remote::one(api, &known.local_id).await?.is_some() {
        return Ok(());
    }
    stored(region, flavors::forget_in_region(&app.db, &known.flavor_id, region.id()).await)?;
    if answer.status == StatusCode::CONFLICT { Ok(()) } else { Err(remote::failed(api, &answer)) }
}

pub(super) fn stored<T>(region: &Region, result: DbResult<T>) -> Result<T, CallError> {
    result.map_err(|error| refused(region, &error.to_string()))
}

fn refused(region: &Region, reason: &str) -> CallError {
    CallError::new(region.name(), Sent::No, reason.to_owned())
}
