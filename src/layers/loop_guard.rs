//! Requests of a nova-cascade are refused by a nova-cascade: see [`crate::regions::loop_guard`].

use http::{HeaderMap, Request, StatusCode};

use super::{HttpResult, Next};
use crate::error::Fault;
use crate::http_body::Body;
use crate::regions::loop_guard::{REMEDY, TOP, TopId, VIA};

/// Puts the top's id on every answer; 508 (RFC 5842) for a request that comes from a top, before anything happens.
pub async fn layer(own: TopId, request: Request<Body>, next: Next) -> HttpResult {
    let mut response = match refusal(&own, request.headers()) {
        Some(fault) => fault.to_response(),
        None => next.run(request).await?,
    };
    if let Some(id) = own.get() {
        response.headers_mut().insert(TOP, id.clone());
    }
    Ok(response)
}

fn refusal(own: &TopId, headers: &HeaderMap) -> Option<Fault> {
    let mut passed = headers.get_all(VIA).iter().peekable();
    passed.peek()?;
    let message = if passed.any(|id| Some(id) == own.get()) {
        "The request comes from this nova-cascade itself: a region of it leads back to it."
    } else {
        "The request comes from another nova-cascade: a nova-cascade cannot be a region of one."
    };
    metrics::counter!("cascade_loop_refused_total").increment(1);
    Some(Fault::new(StatusCode::LOOP_DETECTED, message).with_detail(format!("of the top that asks: {REMEDY}")))
}
