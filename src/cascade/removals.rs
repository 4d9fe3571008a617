//! Deleting servers in regions on the top's own account: what `db::removals` holds. Idempotent: a server that is gone is
//! done with, and one that is not is asked for again.

use std::sync::Arc;

use http::{Method, Response, StatusCode};
use serde_json::json;

use super::alone;
use super::boot::remnant::{self, Verdict};
use crate::api::Call;
use crate::app::App;
use crate::config::ms;
use crate::db::clock::local_now;
use crate::db::removals::{self, Accepted, Removal, reason};
use crate::db::{DbResult, servers};
use crate::error::{ApiResult, Fault};
use crate::http_body::{self, Body};
use crate::microversion::{MIN, Microversion, v2};
use crate::regions::nova::{RegionApi, fault_message};
use crate::regions::service::KEYSTONE;
use crate::regions::upstream::BUSY;
use crate::regions::{Answer, CallError, Region};

/// How often a server that a failed request made is looked for where it has moved to.
const UNDO_TRIES: usize = 5;

/// The first microversion whose documents show a lock.
const SHOWS_LOCK: Microversion = v2(9);

/// Removals that one pass over a region carries out.
const PER_PASS: i64 = 50;

/// Accepts a delete whose region does not answer, with the status that it would answer: the server is shown as being
/// deleted until it is. The route's rule has been asked; what Nova asks beside it is the lock, and nothing of states
/// (nova/compute/api.py, `delete`, `soft_delete`, `force_delete`). It stays charged until its region has confirmed
/// (docs/decisions/0019-deletes-outlive-their-region.md).
///
/// # Errors
/// 409 for a locked server, as Nova says it; 404 for one that is gone.
pub async fn accept(call: &Call, region: &Region, why: &str) -> ApiResult<Response<Body>> {
    let row = call.server()?;
    let local_id = row.local_id.as_deref().unwrap_or_default();
    let removal = Removal::new(region.id(), local_id, &row.id, why, &call.trail.request_id);
    match removals::accept(&call.app.db, &removal.overriding_lock(call.identity.is_admin())).await? {
        Accepted::Yes => {}
        Accepted::Gone => return Err(Fault::no_server(&row.id)),
        Accepted::Locked => {
            return Err(Fault::new(StatusCode::CONFLICT, format!("Instance {} is locked", row.id)));
        }
    }
    tracing::info!(
        request_id = call.trail.request_id,
        server_id = row.id,
        region = region.name(),
        "a delete is accepted for a region that does not answer now"
    );
    Ok(http_body::bare(if why == reason::FORCE { StatusCode::ACCEPTED } else { StatusCode::NO_CONTENT }))
}

/// True for an answer, or none, that says nothing but that the region cannot be asked now.
#[must_use]
pub fn is_out_of_reach(region: &Region, answer: &Result<Response<Body>, CallError>) -> bool {
    // What is no region never does it.
    if region.refusal().is_some() {
        return false;
    }
    match answer {
        Ok(response) => matches!(response.status().as_u16(), 502..=504),
        // It was not asked: there is no token, or too many calls are under way already.
        Err(error) => error.target != KEYSTONE && error.reason != BUSY,
    }
}

/// Takes back a server that this call booted before it failed, wherever it is by now. What its region does not do at once
/// is done later.
pub async fn undo(call: &Call, id: &str) {
    let request_id = &call.trail.request_id;
    for _ in 0..UNDO_TRIES {
        match undone(call, id).await {
            Ok(true) => return,
            Ok(false) => {}
            Err(fault) => {
                let message = &fault.message;
                return tracing::error!(request_id, server_id = id, message, "a server of a request that failed stays");
            }
        }
    }
    tracing::error!(request_id, server_id = id, "a server of a request that failed moves all the time, and stays");
}

/// False where it has left the place that its row told of.
async fn undone(call: &Call, id: &str) -> ApiResult<bool> {
    let app = &call.app;
    let row = servers::shown(&app.db, id).await?;
    let Some(row) = row.filter(|row| !row.deleted) else { return Ok(true) };
    let (Some(region_id), Some(local_id)) = (row.region_id, row.local_id) else {
        return alone::delete_row(call, id).await;
    };
    let removal = Removal::new(&region_id, &local_id, id, reason::DELETE, &call.trail.request_id);
    let removal = removal.overriding_lock(true);
    if removals::accept(&app.db, &removal).await? != Accepted::Yes {
        return Ok(false);
    }
    if let Some(region) = app.registry.get(&region_id) {
        let api = RegionApi::new(app.service.clone(), region, ms(app.config.sync.call_timeout_ms));
        carry_out(app, &api, &removal).await;
        app.sync.wake(&region_id);
    }
    Ok(true)
}

/// Carries out what is open in a region, for as long as its lease is held: the caller ends it.
pub async fn keep(app: &Arc<App>, region_id: &str) {
    loop {
        if let Some(region) = app.registry.get(region_id) {
            let api = RegionApi::new(app.service.clone(), region, ms(app.config.sync.call_timeout_ms));
            if let Err(error) = pass(app, &api).await {
                tracing::warn!(region_id, %error, "open deletes could not be read");
            }
        }
        tokio::time::sleep(ms(app.config.sync.poll_period_ms)).await;
    }
}

/// One pass; ends early where the region does not answer.
async fn pass(app: &Arc<App>, api: &RegionApi) -> DbResult<()> {
    for removal in removals::due(&app.db, api.region().id(), local_now(), PER_PASS).await? {
        if !carry_out(app, api, &removal).await && api.region().health.is_failing() {
            return Ok(());
        }
    }
    Ok(())
}

/// Tries one now. True where the region has done it.
pub async fn carry_out(app: &Arc<App>, api: &RegionApi, removal: &Removal) -> bool {
    let region = api.region();
    let asked = match remnant::look(app, api, removal).await {
        Ok(Verdict::Delete) => ask(api, removal).await,
        Ok(Verdict::Server) => return true,
        Ok(Verdict::Left) => Ok(false),
        Err(error) => Err(error),
    };
    let noted = match asked {
        Ok(true) => removals::done(&app.db, removal).await.map(|()| true),
        Ok(false) => removals::put_off(&app.db, removal).await.map(|()| false),
        Err(error) => {
            tracing::debug!(server_id = removal.server_id, %error, "a server could not be deleted yet");
            if region.health.is_failing() {
                return false;
            }
            // The region answers others: one of a cell that is down, say, must not be in their way.
            removals::put_off(&app.db, removal).await.map(|()| false)
        }
    };
    match noted {
        Ok(true) => {
            let Removal { server_id, local_id, reason, request_id, .. } = removal;
            tracing::info!(request_id, server_id, local_id, reason, region = region.name(), "deleted in its region");
            app.sync.wake(region.id());
            true
        }
        Ok(false) => false,
        Err(error) => {
            tracing::warn!(server_id = removal.server_id, %error, "what became of a delete could not be noted");
            false
        }
    }
}

/// Asks the region. False where it answered and the server is not gone, or not on its way.
async fn ask(api: &RegionApi, removal: &Removal) -> Result<bool, CallError> {
    let server = format!("/servers/{}", removal.local_id);
    let is_remnant = removal.reason == reason::REMNANT;
    if !is_remnant && !removal.overrides_lock && may_be_locked(api, removal).await? {
        return Ok(false);
    }
    let answer = if removal.reason == reason::FORCE {
        force(api, &server).await?
    } else {
        api.compute(Method::DELETE, &server, MIN, None).await?
    };
    match answer.status {
        // To an account that lost its role nothing is there.
        StatusCode::NOT_FOUND => return api.has_role().await,
        status if status.is_success() && !is_remnant => return Ok(true),
        status if status.is_success() => {}
        status => {
            let message = fault_message(status, &answer.body);
            tracing::warn!(
                server_id = removal.server_id,
                local_id = removal.local_id,
                region = api.region().name(),
                status = status.as_u16(),
                message,
                "a region does not delete a server; it is asked again"
            );
            if !is_remnant {
                return Ok(false);
            }
        }
    }
    // What is left of an earlier placing must be gone for good, not kept for its owner to restore.
    let shown = api.compute(Method::GET, &server, MIN, None).await?;
    if shown.status == StatusCode::NOT_FOUND {
        return api.has_role().await;
    }
    let document = shown.json(api.region())?;
    if document["server"]["status"] == "SOFT_DELETED" {
        force(api, &server).await?;
    }
    Ok(document["server"]["status"] == "DELETED")
}

/// Whether the region would refuse this to the user who asked for it: a lock may be newer than the row that was looked at
/// when the delete was accepted, and the service account overrides it.
async fn may_be_locked(api: &RegionApi, removal: &Removal) -> Result<bool, CallError> {
    let Removal { server_id, local_id, .. } = removal;
    let shown = api.compute(Method::GET, &format!("/servers/{local_id}"), SHOWS_LOCK, None).await?;
    let locked = match shown.status {
        // The delete finds out whether that is so.
        StatusCode::NOT_FOUND => false,
        status => !status.is_success() || shown.json(api.region())?["server"]["locked"] == true,
    };
    if locked {
        let (region, status) = (api.region().name(), shown.status.as_u16());
        tracing::warn!(server_id, local_id, region, status, "a server that may be locked is not deleted yet");
    }
    Ok(locked)
}

async fn force(api: &RegionApi, server: &str) -> Result<Answer, CallError> {
    api.compute(Method::POST, &format!("{server}/action"), MIN, Some(json!({ "forceDelete": null }))).await
}
