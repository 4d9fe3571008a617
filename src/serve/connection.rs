//! One connection, which ends when its client owes something for too long.
//!
//! hyper ends a slow head of HTTP/1 and a dead peer of HTTP/2. What it has no timer for is seen here, from the requests
//! that are open: a client that sends no first request, one that keeps the connection and asks nothing more, and one
//! that does not take its answer.

use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, Request, Response, StatusCode, Version, header};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::rt::Executor;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulConnection;
use tokio::net::TcpStream;
use tokio::sync::{Notify, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::exchanges::{Answer, Exchange, Exchanges, State};
use super::settings::Settings;
use crate::client::Client;
use crate::error::Fault;
use crate::http_body::{Body, BodyError};
use crate::layers::Http;

/// Time a connection has to close once it was asked to and nothing is open: its last bytes are on their way.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes of bodies that wait to be read: of one HTTP/2 stream, and of all streams of a connection.
const HTTP2_WINDOW_BYTES: (u32, u32) = (65_535, 262_144);

/// What all connections of a listener share.
pub(super) struct Connections {
    builder: auto::Builder<Streams>,
    service: Http,
    settings: Settings,
    wanted: Arc<Notify>,
    shutdown: CancellationToken,
    cut: CancellationToken,
}

impl Connections {
    /// `wanted` asks an idle connection for its place; `shutdown` lets requests under way end, `cut` does not.
    pub(super) fn new(
        service: Http,
        settings: Settings,
        wanted: Arc<Notify>,
        shutdown: CancellationToken,
        cut: CancellationToken,
    ) -> Self {
        Self { builder: builder(&settings), service, settings, wanted, shutdown, cut }
    }

    /// Serves one connection to its end.
    pub(super) async fn serve(self: Arc<Self>, stream: TcpStream, peer: IpAddr) {
        let _ = stream.set_nodelay(true);
        let exchanges = Exchanges::new();
        let state = exchanges.watch();
        let shared = self.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let exchange = exchanges.begin(request.version());
            answer(shared.service.clone(), shared.arrived(request, peer), exchange)
        });
        let connection = pin!(self.builder.serve_connection(TokioIo::new(stream), service).into_owned());
        let ended = tokio::select! {
            ended = self.watch(connection, state) => ended,
            () = self.cut.cancelled() => return,
        };
        match ended {
            End::Own(Ok(())) => {}
            End::Own(Err(error)) => tracing::debug!(client = %peer, error, "a connection ended early"),
            End::Late(reason) => {
                metrics::counter!("cascade_connections_closed_total", "reason" => reason).increment(1);
                tracing::debug!(client = %peer, reason, "a connection was closed: its client took too long");
            }
        }
    }

    fn arrived(&self, request: Request<Incoming>, peer: IpAddr) -> Request<Body> {
        let client = Client::of(peer, request.headers(), &self.settings.trusted_proxies);
        let mut request = request.map(|body| body.map_err(BodyError::new).boxed_unsync());
        request.extensions_mut().insert(client);
        request
    }

    /// Drives a connection until it ends or is late.
    async fn watch<C>(&self, mut connection: Pin<&mut C>, mut state: watch::Receiver<State>) -> End
    where
        C: GracefulConnection,
        C::Error: std::fmt::Display,
    {
        let mut closing: Option<Instant> = None;
        loop {
            let now = *state.borrow_and_update();
            let limit = self.limit(&now, closing);
            tokio::select! {
                result = connection.as_mut() => return End::Own(result.map_err(|error| error.to_string())),
                () = at(limit.as_ref().map(|limit| limit.at)) => {
                    if let Some(Limit { reason, closes: false, .. }) = limit {
                        return End::Late(reason);
                    }
                }
                // The other half is in the connection's service, so it is there for as long as the connection is.
                Ok(()) = state.changed() => continue,
                () = self.shutdown.cancelled(), if closing.is_none() => {}
                () = self.wanted.notified(), if closing.is_none() && now.used && now.open == 0 => {}
            }
            connection.as_mut().graceful_shutdown();
            closing = Some(Instant::now());
        }
    }

    /// When the connection is late, going by what it does.
    fn limit(&self, state: &State, closing: Option<Instant>) -> Option<Limit> {
        let Settings { header_read_timeout, idle_timeout, exchange_timeout, .. } = self.settings;
        let (since, timeout, reason, closes) = match (state, closing) {
            // Its streams end one by one, in `Streams`.
            (State { open: 1.., http2: true, .. }, _) => return None,
            (State { open: 1.., .. }, _) => (state.since, exchange_timeout, "answer", false),
            (_, Some(closing)) => (state.since.max(closing), CLOSE_TIMEOUT, "close", false),
            (State { used: false, .. }, None) => (state.since, header_read_timeout, "request", false),
            (State { used: true, .. }, None) => (state.since, idle_timeout, "idle", true),
        };
        Some(Limit { at: since + timeout, reason, closes })
    }
}

/// How a connection ended.
enum End {
    /// By itself, or its client closed it.
    Own(Result<(), String>),
    /// By a limit.
    Late(&'static str),
}

/// When a connection is late.
struct Limit {
    at: Instant,
    /// For metrics.
    reason: &'static str,
    /// It is asked to close, so that a request that is on its way is answered; otherwise it is dropped.
    closes: bool,
}

async fn at(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

async fn answer(service: Http, request: Request<Body>, exchange: Exchange) -> Result<Response<Answer>, Fault> {
    let version = request.version();
    let mut response = service.oneshot(request).await?;
    // RFC 9110, 15.5.9. The rest of the body would be taken for a request.
    if response.status() == StatusCode::REQUEST_TIMEOUT && version < Version::HTTP_2 {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(exchange.answer(response))
}

fn builder(settings: &Settings) -> auto::Builder<Streams> {
    let mut builder = auto::Builder::new(Streams { timeout: settings.exchange_timeout });
    let header_bytes_max = settings.header_bytes_max;
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(settings.header_read_timeout)
        .max_buf_size(header_bytes_max);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(header_bytes_max).unwrap_or(u32::MAX))
        .max_concurrent_streams(settings.http2_streams_max)
        .initial_stream_window_size(HTTP2_WINDOW_BYTES.0)
        .initial_connection_window_size(HTTP2_WINDOW_BYTES.1)
        .keep_alive_interval(settings.http2_ping_period)
        .keep_alive_timeout(settings.http2_ping_period);
    builder
}

/// Runs each HTTP/2 stream in a task of its own, for as long as a request may take: one that its client does not read
/// is reset, and the others on the connection go on.
#[derive(Clone)]
struct Streams {
    timeout: Duration,
}

impl<F> Executor<F> for Streams
where
    F: Future<Output: Send> + Send + 'static,
{
    fn execute(&self, stream: F) {
        let timeout = self.timeout;
        tokio::spawn(async move {
            if tokio::time::timeout(timeout, stream).await.is_err() {
                metrics::counter!("cascade_connections_closed_total", "reason" => "stream").increment(1);
            }
        });
    }
}
