//! Key pairs below, looked at again: what is left of those that are gone from the top is deleted, and one that is no
//! longer there is forgotten, so that the next boot pushes it.

use std::sync::Arc;

use http::{Method, StatusCode};

use super::key_pair::{self, There, look, path, stored, version};
use crate::app::App;
use crate::config::ms;
use crate::db::clock::{SECOND, local_now};
use crate::db::key_pairs::regions::{self as rows, InRegion};
use crate::regions::nova::RegionApi;
use crate::regions::{CallError, Sent};

/// One pass over a region; for the holder of its lease.
///
/// # Errors
/// [`CallError`] where the region or the database does not answer; what was done stays.
pub async fn run(app: &Arc<App>, api: &RegionApi) -> Result<(), CallError> {
    let (region, settings) = (api.region(), &app.config.sync);
    for row in stored(region, rows::left(&app.db, region.id(), settings.owned_per_pass).await)? {
        remove(app, &row).await?;
    }
    let before = local_now() - settings.owned_check_s * SECOND;
    for (row, key) in stored(region, rows::due(&app.db, region.id(), before, settings.owned_per_pass).await)? {
        match look(api, &row.user_id, &row.local_name).await? {
            There::Key(document) if document["fingerprint"] == row.fingerprint => {
                stored(region, rows::found(&app.db, &key, region.id(), &row.local_name).await)?;
            }
            there => {
                believe(api, &there).await?;
                let name = row.local_name;
                tracing::info!(key_pair = key.serial, region = region.name(), name, "key pair is gone from the region");
                stored(region, key_pair::forget(app, region, &key).await)?;
            }
        }
    }
    Ok(())
}

/// Deletes in a region what the top made there of a key pair that is gone. What was found there, or has taken its name
/// since, stays.
///
/// # Errors
/// [`CallError`] where the region does not answer; the row stays, for the next pass.
pub async fn remove(app: &Arc<App>, row: &InRegion) -> Result<(), CallError> {
    // A region that is gone too has no worker that would ask again.
    let Some(region) = app.registry.get(&row.region_id) else { return Ok(()) };
    if row.ours {
        let timeout = ms(app.config.sync.call_timeout_ms);
        let api = RegionApi::new(app.service.clone(), region.clone(), timeout);
        let there = look(&api, &row.user_id, &row.local_name).await?;
        believe(&api, &there).await?;
        // The same key may have been made on top anew while we looked.
        let still = stored(&region, rows::get(&app.db, row.key_pair, &row.region_id).await)?.is_some();
        if still && matches!(there, There::Key(document) if document["fingerprint"] == row.fingerprint) {
            delete(&api, row).await?;
        }
    }
    stored(&region, rows::release(&app.db, row).await)
}

/// To an account that is no admin no key pair of another user is there.
async fn believe(api: &RegionApi, there: &There) -> Result<(), CallError> {
    if matches!(there, There::Nothing) { api.require_role().await } else { Ok(()) }
}

async fn delete(api: &RegionApi, row: &InRegion) -> Result<(), CallError> {
    let region = api.region();
    let answer = api.compute(Method::DELETE, &path(&row.user_id, &row.local_name), version(region), None).await?;
    if answer.status.is_success() || answer.status == StatusCode::NOT_FOUND {
        tracing::info!(
            key_pair = row.key_pair,
            region = region.name(),
            name = row.local_name,
            "key pair deleted below"
        );
        return Ok(());
    }
    let words = answer.words();
    Err(CallError::new(region.name(), Sent::No, format!("it refused to delete the key pair: {words}")))
}
