//! Limits that hold for every request: how many at once, how long, how large.

use std::sync::Arc;
use std::time::Duration;

use http::{Request, StatusCode, header};
use tokio::sync::Semaphore;

use super::{HttpResult, Next};
use crate::config::{self, ms};
use crate::error::Fault;
use crate::http_body::{self, Body};

/// A place is free again as soon as one of the requests under way ends.
const RETRY_AFTER_S: u64 = 1;

/// The limits, shared by all requests.
#[derive(Clone)]
pub struct Limits {
    turns: Arc<Semaphore>,
    timeout: Duration,
    body_bytes_max: u64,
    uri_bytes_max: usize,
}

impl Limits {
    /// From `[api]`.
    #[must_use]
    pub fn new(settings: &config::Api) -> Self {
        Self {
            turns: Arc::new(Semaphore::new(settings.inflight_max)),
            timeout: ms(settings.request_timeout_ms),
            body_bytes_max: u64::try_from(settings.body_bytes_max).unwrap_or(u64::MAX),
            uri_bytes_max: settings.uri_bytes_max,
        }
    }
}

/// 503 where as many requests are under way as a limit of the service allows; the log says which.
pub(super) fn busy(limit: &'static str) -> Fault {
    let fault = Fault::unavailable("The compute service is busy; try again in a moment.");
    refused(fault, limit)
}

/// Counts a refusal by a limit, and says which one to the log and when to ask again to the client.
pub(super) fn refused(fault: Fault, limit: &'static str) -> Fault {
    metrics::counter!("cascade_refused_total", "limit" => limit, "region" => "").increment(1);
    fault.with_detail(format!("refused by {limit}")).retry_after(RETRY_AFTER_S)
}

/// 503 when too many are under way, 414 for a path and query that are too long, 413 for a body that says it is, 504 when
/// time is up. A body of unknown length is measured where it is read.
pub async fn layer(limits: Limits, request: Request<Body>, next: Next) -> HttpResult {
    let Ok(_turn) = limits.turns.try_acquire() else {
        return Err(busy("api.inflight_max"));
    };
    if request.uri().path_and_query().is_some_and(|target| target.as_str().len() > limits.uri_bytes_max) {
        return Err(Fault::new(StatusCode::URI_TOO_LONG, "The path and query of the request are too long."));
    }
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: u64| length > limits.body_bytes_max) {
        return Err(http_body::too_large());
    }
    tokio::time::timeout(limits.timeout, next.run(request)).await.unwrap_or_else(|_| {
        let fault =
            Fault::new(StatusCode::GATEWAY_TIMEOUT, "The request took too long; what it asked may still happen.");
        Err(fault.with_detail("api.request_timeout_ms passed"))
    })
}
