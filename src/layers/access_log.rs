//! One line a request, at its end, also where it failed; and the metrics by route template.

use std::sync::Arc;
use std::time::Instant;

use http::{Method, Request};
use tracing::Instrument as _;
use tracing::field::Empty;

use super::request_id::Trail;
use super::{HttpResult, Next};
use crate::error::Detail;
use crate::http_body::Body;
use crate::routes::Table;

/// What the metrics tell apart; clients may send any other word.
const METHODS: [Method; 7] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];

/// Logs method, path (without its secrets, and never the query: it may hold names), status, time, who, and both request
/// ids.
pub async fn layer(table: Arc<Table>, request: Request<Body>, next: Next) -> HttpResult {
    let started = Instant::now();
    let trail = Trail::of(&request);
    let (method, path) = (request.method().clone(), table.shown(request.uri().path()).into_owned());
    let request_id = trail.request_id.as_str();
    let span = tracing::info_span!("call", request_id, region = Empty, region_request_id = Empty);
    let _ = trail.span.set(span.clone());
    let response = next.run(request).instrument(span).await?;
    let status = response.status();
    let route = trail.route.get().copied().unwrap_or("(none)");
    let seconds = started.elapsed().as_secs_f64();
    let method_label = if METHODS.contains(&method) { method.as_str() } else { "OTHER" };
    let labels =
        [("method", method_label.to_owned()), ("route", route.to_owned()), ("status", status.as_u16().to_string())];
    metrics::histogram!("cascade_request_seconds", &labels).record(seconds);
    let (user_id, project_id) = trail.identity.get().map_or(("", ""), |(user, project)| (user, project));
    let (region, region_request_id) = trail.regions();
    let global_request_id = trail.global_request_id.as_deref().unwrap_or("");
    let duration_ms = seconds * 1_000.0;
    let detail = response.extensions().get::<Detail>().map_or("", |detail| detail.0.as_str());
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                target: "nova_cascade::access",
                request_id, global_request_id, %method, path, route, status = status.as_u16(),
                duration_ms, user_id, project_id, region, region_request_id, detail, "request"
            )
        };
    }
    if status.is_server_error() {
        line!(error);
    } else {
        line!(info);
    }
    Ok(response)
}
