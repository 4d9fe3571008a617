//! `GET /metrics` in Prometheus' text form, on a listener of its own: it tells of all projects, so it is not for users.

use std::time::Duration;

use http::{HeaderValue, Request, Response, header};
use metrics_exporter_prometheus::PrometheusBuilder;
use tower::service_fn;

use crate::error::Fault;
use crate::http_body::{Body, full};
use crate::layers::Http;

/// Time between two passes over the samples of histograms, which stay single until then: nobody may be reading them.
const UPKEEP_PERIOD: Duration = Duration::from_secs(5);

/// Starts recording, and serves what was recorded. To be called on the runtime.
///
/// # Errors
/// Text for the operator where recording has started before.
pub fn service() -> Result<Http, String> {
    let handle = PrometheusBuilder::new().install_recorder().map_err(|e| format!("metrics: {e}"))?;
    let kept = handle.clone();
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(UPKEEP_PERIOD);
        loop {
            ticks.tick().await;
            kept.run_upkeep();
        }
    });
    Ok(Http::new(service_fn(move |request: Request<Body>| {
        let text = (request.uri().path() == "/metrics").then(|| handle.render());
        async move {
            let mut response = Response::new(full(text.ok_or_else(Fault::unrouted)?));
            let kind = HeaderValue::from_static("text/plain; version=0.0.4");
            response.headers_mut().insert(header::CONTENT_TYPE, kind);
            Ok::<_, Fault>(response)
        }
    })))
}
