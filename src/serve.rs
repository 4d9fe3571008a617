//! The listener: hyper's HTTP/1 and HTTP/2 server over the stack, with a bound on connections and a graceful end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use tower::util::BoxCloneSyncService;

use crate::config::{self, ms};
use crate::error::Fault;
use crate::http_body::{Body, BodyError};
use crate::layers::Http;

/// Binds the address.
///
/// # Errors
/// Text for the operator.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, String> {
    TcpListener::bind(address).await.map_err(|e| format!("cannot listen on {address}: {e}"))
}

/// Serves until `shutdown`, then lets what is under way end within `listen.shutdown_grace_ms`.
pub async fn run(listener: TcpListener, service: Http, settings: config::Listen, shutdown: CancellationToken) {
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(settings.connections_max));
    let server = server(&settings);
    loop {
        let place = tokio::select! {
            place = places.clone().acquire_owned() => place,
            () = shutdown.cancelled() => break,
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.cancelled() => break,
        };
        match accepted {
            Ok((stream, _)) => {
                let connection = connection(&server, stream, service.clone());
                let connection = graceful.watch(connection);
                tokio::spawn(async move {
                    if let Err(error) = connection.await {
                        tracing::debug!(%error, "a connection ended early");
                    }
                    drop(place);
                });
            }
            Err(error) => {
                // Out of file descriptors, most likely: a pause lets some connections end.
                tracing::error!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(ms(settings.shutdown_grace_ms), graceful.shutdown()).await.is_err() {
        tracing::warn!("requests under way were cut off after listen.shutdown_grace_ms");
    }
}

fn server(settings: &config::Listen) -> auto::Builder<TokioExecutor> {
    let mut server = auto::Builder::new(TokioExecutor::new());
    server.http1().timer(TokioTimer::new()).header_read_timeout(ms(settings.header_read_timeout_ms));
    server.http2().timer(TokioTimer::new());
    server
}

fn connection(
    server: &auto::Builder<TokioExecutor>,
    stream: TcpStream,
    service: Http,
) -> auto::Connection<'static, TokioIo<TcpStream>, TowerToHyperService<Served>, TokioExecutor> {
    let _ = stream.set_nodelay(true);
    let service = BoxCloneSyncService::new(service.map_request(erase));
    server.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service)).into_owned()
}

type Served = BoxCloneSyncService<Request<Incoming>, Response<Body>, Fault>;

fn erase(request: Request<Incoming>) -> Request<Body> {
    request.map(|body| body.map_err(BodyError::new).boxed_unsync())
}
