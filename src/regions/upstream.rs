//! The way of a user's request to a region: hyper's client, bodies streamed, a fair queue per region, a deadline, a
//! breaker.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::Instant;

use super::encoding;
use super::error::{CallError, Sent};
use super::fair_queue::{Permit, Refused};
use super::forward::{Service, Share};
use super::registry::Region;
use crate::config::{self, ms};
use crate::http_body::{self, Body, BodyError};
use crate::tls::Tls;

/// Why a call was not made where the region's queue refused it.
pub const BUSY: &str = "too many calls to it are under way";

/// The client; cheap to clone, one pool of connections.
#[derive(Clone)]
pub struct Upstream {
    client: Client<HttpsConnector<HttpConnector>, Body>,
    tls: Tls,
    queue_timeout: Duration,
    answer_bytes_max: usize,
}

impl Upstream {
    /// A client with an empty pool.
    ///
    /// # Errors
    /// Text for the operator when a certificate or key cannot be used.
    pub fn new(settings: &config::Region) -> Result<Self, String> {
        let mut tcp = HttpConnector::new();
        tcp.set_connect_timeout(Some(ms(settings.connect_timeout_ms)));
        tcp.set_nodelay(true);
        tcp.enforce_http(false);
        let tls = Tls::new("region.tls", &settings.tls).map_err(|e| e.to_string())?;
        let https = HttpsConnectorBuilder::new()
            .with_tls_config(tls.client())
            .https_or_http()
            .enable_http1()
            .wrap_connector(tcp);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(settings.idle_connection_s))
            .pool_max_idle_per_host(settings.inflight_max)
            .build(https);
        let queue_timeout = ms(settings.queue_timeout_ms);
        Ok(Self { client, tls, queue_timeout, answer_bytes_max: settings.answer_bytes_max })
    }

    /// Sends a request whose URI is whole. The deadline ends with the answer's headers; its body is streamed on.
    ///
    /// # Errors
    /// [`CallError`] says whether the request may have arrived.
    pub async fn send(
        &self,
        region: &Region,
        mut request: Request<Body>,
        timeout: Duration,
    ) -> Result<Response<Body>, CallError> {
        let failed = |sent, reason: String| CallError::new(region.name(), sent, reason);
        if let Some(reason) = region.refusal() {
            return Err(failed(Sent::No, reason.into()));
        }
        let share = request.extensions_mut().remove::<Share>();
        let permit = self.permit(region, share.as_ref().map_or("", |share| &share.0)).await?;
        let service = request.extensions().get::<Service>().copied();
        region.guard.sign(request.headers_mut());
        let started = Instant::now();
        let result = match tokio::time::timeout(timeout, self.client.request(request)).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(e)) if e.is_connect() => Err(failed(Sent::No, format!("not reachable ({})", self.tls.explain(&e)))),
            Ok(Err(e)) => Err(failed(Sent::Maybe, format!("the connection broke ({})", self.tls.explain(&e)))),
            Err(_) => Err(failed(Sent::Maybe, format!("no answer within {} ms", timeout.as_millis()))),
        };
        metrics::histogram!("cascade_region_call_seconds", "region" => region.name().to_owned())
            .record(started.elapsed().as_secs_f64());
        // A Neutron or Glance that answers must not make a dead Nova look alive.
        if matches!(service, Some(Service::Compute | Service::ComputeV2)) {
            region.health.note(result.as_ref().map(Response::status));
            if let Ok(answer) = &result
                && let Some(reason) = region.recognize(answer.headers())
                && answer.status() == StatusCode::LOOP_DETECTED
            {
                return Err(failed(Sent::No, reason.into()));
            }
        }
        // The permit ends with the body, so that a slow reader counts as under way.
        result.map(|response| response.map(|body| http_body::hold(body.map_err(BodyError::new).boxed_unsync(), permit)))
    }

    /// The request's permit, in its project's turn.
    async fn permit(&self, region: &Region, share: &str) -> Result<Permit, CallError> {
        let refused = match region.permits.acquire(share, self.queue_timeout).await {
            Ok(permit) => return Ok(permit),
            Err(refused) => refused,
        };
        let limit = match refused {
            Refused::Full => "region.queue_max",
            Refused::Late => "region.queue_timeout_ms",
        };
        metrics::counter!("cascade_refused_total", "limit" => limit, "region" => region.name().to_owned()).increment(1);
        tracing::info!(region = region.name(), share, limit, "a call to a region was refused: {refused}");
        Err(CallError::new(region.name(), Sent::No, BUSY))
    }

    /// The region's version document, asked for without a token, whatever is known of the region.
    ///
    /// # Errors
    /// [`CallError`] where there is no answer.
    pub async fn version_document(&self, region: &Region, timeout: Duration) -> Result<Response<()>, CallError> {
        let failed = |reason: &str| CallError::new(region.name(), Sent::Maybe, reason);
        let request = Request::get(&region.row.compute_url).body(http_body::empty());
        let request = request.map_err(|_| failed("its registered endpoint is no URL"))?;
        match tokio::time::timeout(timeout, self.client.request(request)).await {
            Ok(Ok(response)) => Ok(response.map(|_| ())),
            Ok(Err(error)) => Err(failed(&self.tls.explain(&error))),
            Err(_) => Err(failed("no answer in time")),
        }
    }

    /// [`Self::send`], with the answer read whole within the same deadline, and decoded.
    ///
    /// # Errors
    /// As [`Self::send`]; also where the answer breaks off, is too long, or cannot be decoded.
    pub async fn fetch(
        &self,
        region: &Region,
        request: Request<Body>,
        timeout: Duration,
    ) -> Result<Response<Bytes>, CallError> {
        // `send` counts its time from behind the queue.
        let deadline = Instant::now() + self.queue_timeout + timeout;
        let (mut parts, body) = self.send(region, request, timeout).await?.into_parts();
        let whole = tokio::time::timeout_at(deadline, http_body::collect(body, self.answer_bytes_max)).await;
        let bytes = match whole {
            Ok(Ok(bytes)) => bytes,
            Ok(Err(_)) => return Err(CallError::new(region.name(), Sent::Maybe, "the answer broke off")),
            Err(_) => return Err(CallError::new(region.name(), Sent::Maybe, "the answer did not end in time")),
        };
        let decoded = encoding::decoded(&mut parts.headers, bytes, self.answer_bytes_max);
        let bytes = decoded.map_err(|reason| CallError::new(region.name(), Sent::Maybe, reason))?;
        Ok(Response::from_parts(parts, bytes))
    }
}
