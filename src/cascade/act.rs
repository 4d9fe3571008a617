//! Changes that go to the server's region: the row is unsettled before the request leaves and again when it is
//! answered, so that nothing read in between is stored over what the change did (invariant 7).

use std::sync::Arc;

use bytes::Bytes;
use http::{Response, StatusCode};

use super::{alone, below, removals};
use crate::api::Call;
use crate::app::App;
use crate::db::clock::{SECOND, micros};
use crate::db::ports;
use crate::db::servers::{self, Unsettling};
use crate::db::text::{ID_MAX, fits, folded_id};
use crate::error::ApiResult;
use crate::http_body::Body;
use crate::regions::{CallError, Region, Sent};
use crate::routes::{Effect, Unsettles};
use crate::views::server::Awaited;

/// What one call does to its server's row.
#[derive(Clone, Debug)]
pub struct Change {
    /// By the table.
    pub unsettles: Unsettles,
    /// What ends the change, where that is no task state.
    pub awaited: Option<Awaited>,
    /// The server is to be gone: why, as [`crate::db::removals::reason`] has it.
    pub deletes: Option<&'static str>,
}

impl Change {
    /// Of these, and nothing awaited but what the table says.
    ///
    /// # Errors
    /// What the database says.
    pub async fn new(call: &Call, unsettles: Unsettles, body: &[u8]) -> ApiResult<Self> {
        let awaited = match unsettles {
            Unsettles::Until(effect) => awaited(call, effect, body).await?,
            _ => None,
        };
        Ok(Self { unsettles, awaited, deletes: None })
    }

    /// Of the call's route.
    ///
    /// # Errors
    /// What the database says.
    pub async fn of_route(call: &Call, body: &[u8]) -> ApiResult<Self> {
        Self::new(call, call.matched.route.unsettles, body).await
    }
}

/// What the server's document shows when the effect is there; `None` where that cannot be told.
async fn awaited(call: &Call, effect: Effect, body: &[u8]) -> ApiResult<Option<Awaited>> {
    Ok(match effect {
        // What is no id is attached nowhere: the region says so.
        Effect::VolumeGone => {
            let id = Some(call.matched.param("volume_id")).filter(|id| is_id(id));
            id.map(|id| Awaited::volume_gone(&folded_id(id)))
        }
        Effect::VolumeThere => {
            let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
            let id = body["volumeAttachment"]["volumeId"].as_str().filter(|id| is_id(id));
            id.map(|id| Awaited::volume_there(&folded_id(id)))
        }
        Effect::PortGone => {
            let region_id = call.server()?.region_id.as_deref().unwrap_or_default();
            let known = ports::known(&call.app.db, region_id, &[&folded_id(call.matched.param("port_id"))]).await?;
            known.first().map(|port| Awaited::mac_gone(&port.mac))
        }
        Effect::ResizeConfirmed => Some(Awaited::status_gone("VERIFY_RESIZE")),
    })
}

fn is_id(text: &str) -> bool {
    fits(text, ID_MAX)
}

/// Sends a change to its server's region and gives the answer, the region's refusal too. A delete is accepted where the
/// region does not answer, and done when it does.
///
/// # Errors
/// 409 for a server that has left that region meanwhile; 503 where the region cannot be reached; it says whether the change may have happened.
pub async fn change(
    call: &Call,
    region: &Arc<Region>,
    path: &str,
    body: Bytes,
    change: &Change,
) -> ApiResult<Response<Body>> {
    if !unsettle(call, region, change, None).await? {
        return Err(alone::conflict(call.server()?, "change"));
    }
    let answer = below::send(call, region, call.matched.route.method, path, body).await;
    if let Some(reason) = change.deletes.filter(|_| removals::is_out_of_reach(region, &answer)) {
        let accepted = removals::accept(call, region, reason).await;
        if accepted.is_err() {
            unsettle(call, region, change, Some(false)).await?;
        }
        return accepted;
    }
    unsettle(call, region, change, Some(may_have_happened(&answer))).await?;
    call.app.sync.wake(region.id());
    answer.map_err(|error| below::change_fault(&error))
}

fn may_have_happened(answer: &Result<Response<Body>, CallError>) -> bool {
    match answer {
        // What is not there is deleted; a fault of the region's own may have come after the change.
        Ok(response) => !response.status().is_client_error() || response.status() == StatusCode::NOT_FOUND,
        Err(error) => error.sent == Sent::Maybe,
    }
}

/// The longest that a change is on its way, and a second.
pub(super) fn in_flight_us(app: &App) -> i64 {
    micros(app.config.region.call_timeout_ms / 1_000) + 2 * SECOND
}

/// `happened`: none before the answer. False for a server that is not in the region any more.
async fn unsettle(call: &Call, region: &Region, change: &Change, happened: Option<bool>) -> ApiResult<bool> {
    if change.unsettles == Unsettles::Nothing {
        return Ok(true);
    }
    let refused = happened == Some(false);
    let what = Unsettling {
        hold_us: match happened {
            // No document settles the row while the request is on its way: Nova may not have begun with it.
            None => in_flight_us(&call.app),
            Some(false) => 0,
            Some(true) => change.unsettles.hold_s() * SECOND,
        },
        undocumented: matches!(change.unsettles, Unsettles::Show | Unsettles::Until(_)),
        awaits: change.awaited.as_ref().map(Awaited::to_string),
        refused,
        deleting: change.deletes.map(|_| !refused),
    };
    Ok(servers::unsettle(&call.app.db, region.id(), &call.server()?.id, &call.trail.request_id, &what).await?)
}

/// Notes which zone of the top the server is pinned to now.
///
/// # Errors
/// What the database says.
pub async fn pin(call: &Call, zone: Option<&str>) -> ApiResult<()> {
    Ok(servers::pin(&call.app.db, &call.server()?.id, zone).await?)
}
