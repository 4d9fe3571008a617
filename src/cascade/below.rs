//! One call on its way to its server's region, with the user's token, our service token and the client's microversion.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method, Response, header};

use super::alone;
use crate::api::Call;
use crate::config::ms;
use crate::error::{ApiResult, Fault};
use crate::http_body::{self, Body};
use crate::layers::request_id;
use crate::microversion::{LEGACY, STANDARD};
use crate::query::segment;
use crate::regions::forward::{self, Bearer, Service};
use crate::regions::service::KEYSTONE;
use crate::regions::{CallError, Region, Sent};

/// Where the call's server is: the region and its id there.
///
/// # Errors
/// 409 for a server that no region has, 500 for one in a region that is not registered.
pub fn place(call: &Call) -> ApiResult<(Arc<Region>, String)> {
    let row = call.server()?;
    if row.region_id.is_none() {
        return Err(alone::conflict(row, "change"));
    }
    let region = row.region_id.as_deref().and_then(|id| call.app.registry.get(id));
    match (region, &row.local_id) {
        (Some(region), Some(local_id)) => Ok((region, local_id.clone())),
        _ => Err(Fault::internal(format!("server {} is in no region that is registered", row.id))),
    }
}

/// The call's own path and query with the server's id in its region.
#[must_use]
pub fn path(call: &Call, local_id: &str) -> String {
    let local = |part: &str| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
        None => part.to_owned(),
        Some("server_id") => local_id.to_owned(),
        Some(name) => segment(call.matched.param(name)),
    };
    let mut path = call.matched.route.path.split('/').map(local).collect::<Vec<_>>().join("/");
    if let Some(query) = call.uri.query() {
        path.push('?');
        path.push_str(query);
    }
    path
}

/// Sends the call on; the answer is streamed.
///
/// # Errors
/// [`CallError`] where no answer came.
pub async fn send(
    call: &Call,
    region: &Region,
    method: &Method,
    path: &str,
    body: Bytes,
) -> Result<Response<Body>, CallError> {
    if let Some(reason) = region.health.down() {
        return Err(CallError { target: region.name().to_owned(), reason, sent: Sent::No });
    }
    let unusable = |fault: Fault| CallError { target: region.name().to_owned(), reason: fault.message, sent: Sent::No };
    let token = call.token().map_err(unusable)?;
    let service_token = call.app.service.token().await?;
    let share = call.identity.share();
    let bearer = Bearer { share, token, service_token: Some(&service_token), request_id: &call.trail.request_id };
    let (service, version) =
        if call.matched.compat { (Service::ComputeV2, None) } else { (Service::Compute, Some(call.version)) };
    let body = http_body::full(body);
    let mut request = forward::request(region, service, method.clone(), path, version, &bearer, body)?;
    forward::copy_client_headers(&call.headers, request.headers_mut());
    // The length was the client's body's; hyper knows that of the one we send.
    request.headers_mut().remove(header::CONTENT_LENGTH);
    // Read whole: the region's turn must not wait until the client has taken the answer.
    let answer = call.app.upstream.fetch(region, request, ms(call.app.config.region.call_timeout_ms)).await;
    let mut response = answer.map(|answer| answer.map(http_body::full)).inspect_err(|_| {
        call.trail.reached(region.name(), None);
    })?;
    note_answer(call, region, response.headers_mut());
    Ok(response)
}

/// Notes the region's request id, and takes out of an answer what this hop says itself.
pub fn note_answer(call: &Call, region: &Region, headers: &mut HeaderMap) {
    call.trail.reached(region.name(), request_id::given(headers));
    forward::strip_hop_by_hop(headers);
    headers.remove(header::VARY);
    headers.remove(STANDARD);
    headers.remove(LEGACY);
}

/// 503 for a read.
#[must_use]
pub fn read_fault(error: &CallError) -> Fault {
    let fault = Fault::unavailable(format!("{} does not answer: {}; try again.", who(error), error.reason));
    unsent(fault, error)
}

fn who(error: &CallError) -> String {
    if error.target == KEYSTONE { "The identity service".into() } else { format!("Region {}", error.target) }
}

/// A client that asks again by itself does no harm where nothing was sent.
fn unsent(fault: Fault, error: &CallError) -> Fault {
    if error.sent == Sent::No { fault.retry_after(1) } else { fault }
}

/// 503 for a change, in words a user can act on.
#[must_use]
pub fn change_fault(error: &CallError) -> Fault {
    let maybe = match error.sent {
        Sent::No => "the change did not happen; try again",
        Sent::Maybe => "the change may have happened; look at the server before you try again",
    };
    let fault = Fault::unavailable(format!("{} does not answer: {}; {maybe}.", who(error), error.reason));
    unsent(fault, error)
}
