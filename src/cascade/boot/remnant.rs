//! What is left of a server in a region that it has left. The region may have launched it after all: then it is no remnant,
//! and its owner's data may be on it.

use std::sync::Arc;

use http::{Method, StatusCode};

use crate::app::App;
use crate::db::DbError;
use crate::db::remnants::{self, Stand};
use crate::db::removals::{Removal, reason};
use crate::microversion::MIN;
use crate::regions::nova::RegionApi;
use crate::regions::{CallError, Sent};

/// States in which it is deleted already.
const DELETED: [&str; 2] = ["DELETED", "SOFT_DELETED"];

/// What is to be done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is to be deleted.
    Delete,
    /// It is the server again; there is nothing to delete.
    Server,
    /// It is left as it is for now.
    Left,
}

/// Looks at what is to be deleted; only at remnants: a user's delete is one.
///
/// # Errors
/// Nobody knows; nothing may be deleted then.
pub async fn look(app: &Arc<App>, api: &RegionApi, removal: &Removal) -> Result<Verdict, CallError> {
    if removal.reason != reason::REMNANT || !is_launched(api, removal).await? {
        return Ok(Verdict::Delete);
    }
    let db_error = |error: DbError| CallError::new("database", Sent::No, error.to_string());
    let region = api.region();
    let stand = remnants::take_back(&app.db, removal).await.map_err(db_error)?;
    let Removal { server_id, local_id, request_id, .. } = removal;
    match stand {
        Stand::Deleted => Ok(Verdict::Delete),
        Stand::Alone => {
            region.health.add_servers(1);
            app.sync.wake(region.id());
            let region = region.name();
            metrics::counter!("cascade_taken_back_total", "region" => region.to_owned()).increment(1);
            tracing::warn!(request_id, server_id, local_id, region, "a server that was given up runs: it is back");
            Ok(Verdict::Server)
        }
        Stand::Runs => {
            let (region, message) =
                (region.name(), "a server runs in two regions; the one here stays until it is deleted");
            tracing::error!(request_id, server_id, local_id, region, message);
            Ok(Verdict::Left)
        }
        Stand::Open => Ok(Verdict::Left),
    }
}

/// It has run there, and nothing deletes it.
async fn is_launched(api: &RegionApi, removal: &Removal) -> Result<bool, CallError> {
    let shown = api.compute(Method::GET, &format!("/servers/{}", removal.local_id), MIN, None).await?;
    if shown.status == StatusCode::NOT_FOUND {
        return Ok(false);
    }
    let document = shown.json(api.region())?;
    let server = &document["server"];
    let deleted = DELETED.iter().any(|status| server["status"] == *status);
    Ok(!deleted && server["OS-EXT-STS:task_state"] != "deleting" && server["OS-SRV-USG:launched_at"].is_string())
}
