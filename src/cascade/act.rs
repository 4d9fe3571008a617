//! Changes that go to the server's region: the row is unsettled before the request leaves and again when it is
//! answered, so that nothing read in between is stored over what the change did (invariant 7).

use std::sync::Arc;

use http::{HeaderMap, Method, Response, header};

use crate::api::Call;
use crate::config::ms;
use crate::db::clock::SECOND;
use crate::db::servers;
use crate::error::{ApiResult, Fault};
use crate::http_body::{self, Body};
use crate::microversion::{LEGACY, STANDARD};
use crate::regions::forward::{self, Bearer, Service};
use crate::regions::{CallError, Region, Sent};

/// Deletes the server in its region.
///
/// # Errors
/// 503 where the region cannot be reached; it says whether the delete may have happened.
pub async fn delete(call: &Call) -> ApiResult<Response<Body>> {
    let (region, local_id) = place(call)?;
    unsettle(call, &region, true).await?;
    let answer = send(call, &region, Method::DELETE, &format!("/servers/{local_id}"), http_body::empty()).await;
    let happened = match &answer {
        Ok(response) => response.status().is_success() || response.status() == http::StatusCode::NOT_FOUND,
        Err(error) => error.sent == Sent::Maybe,
    };
    if !happened {
        servers::not_deleting(&call.app.db, &call.server()?.id).await?;
    }
    unsettle(call, &region, happened).await?;
    call.app.sync.wake(region.id());
    answer.map_err(|error| unreachable_fault(&error, "delete"))
}

/// Where the call's server is.
fn place(call: &Call) -> ApiResult<(Arc<Region>, String)> {
    let row = call.server()?;
    let region = row.region_id.as_deref().and_then(|id| call.app.registry.get(id));
    match (region, &row.local_id) {
        (Some(region), Some(local_id)) => Ok((region, local_id.clone())),
        _ => Err(Fault::internal(format!("server {} is in no region that is registered", row.id))),
    }
}

async fn unsettle(call: &Call, region: &Region, deleting: bool) -> ApiResult<()> {
    let hold = i64::try_from(call.matched.route.hold_s).unwrap_or(0) * SECOND;
    let (id, request_id) = (&call.server()?.id, &call.trail.request_id);
    servers::unsettle(&call.app.db, region.id(), id, hold, request_id, deleting).await?;
    Ok(())
}

/// Sends the call on with the user's token, our service token and the client's microversion; the answer is streamed.
///
/// # Errors
/// [`CallError`] where no answer came.
pub async fn send(
    call: &Call,
    region: &Region,
    method: Method,
    path: &str,
    body: Body,
) -> Result<Response<Body>, CallError> {
    if let Some(reason) = region.health.down() {
        return Err(CallError { target: region.name().to_owned(), reason, sent: Sent::No });
    }
    let unusable = |fault: Fault| CallError { target: region.name().to_owned(), reason: fault.message, sent: Sent::No };
    let token = call.token().map_err(unusable)?;
    let service_token = call.app.service.token().await?;
    let bearer = Bearer { token, service_token: Some(&service_token), request_id: &call.trail.request_id };
    let mut request = forward::request(region, Service::Compute, method, path, Some(call.version), &bearer, body)?;
    forward::copy_client_headers(&call.headers, request.headers_mut());
    // The length was the client's body's; hyper knows that of the one we send.
    request.headers_mut().remove(header::CONTENT_LENGTH);
    let answer = call.app.upstream.send(region, request, ms(call.app.config.region.call_timeout_ms)).await;
    let mut response = answer.inspect_err(|_| {
        let _ = call.trail.region.set((region.name().to_owned(), None));
    })?;
    note_answer(call, region, response.headers_mut());
    Ok(response)
}

/// Notes the region's request id, and takes out of an answer what this hop says itself.
pub fn note_answer(call: &Call, region: &Region, headers: &mut HeaderMap) {
    let id = headers.get("x-openstack-request-id").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let _ = call.trail.region.set((region.name().to_owned(), id));
    forward::strip_hop_by_hop(headers);
    headers.remove(header::VARY);
    headers.remove(STANDARD);
    headers.remove(LEGACY);
}

/// 503 in words a user can act on.
#[must_use]
pub fn unreachable_fault(error: &CallError, action: &str) -> Fault {
    let maybe = match error.sent {
        Sent::No => format!("the {action} did not happen; try again"),
        Sent::Maybe => format!("the {action} may have happened; look at the server before you try again"),
    };
    Fault::unavailable(format!("Region {} does not answer: {}; {maybe}.", error.target, error.reason))
}
