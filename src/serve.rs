//! The listener: hyper's HTTP/1 and HTTP/2 server over the stack, with bounds on connections and a graceful end.

mod connection;
mod exchanges;
mod places;
mod settings;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::connection::Connections;
use self::places::Places;
pub use self::settings::Settings;
use crate::layers::Http;

/// Binds the address.
///
/// # Errors
/// Text for the operator.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, String> {
    TcpListener::bind(address).await.map_err(|e| format!("cannot listen on {address}: {e}"))
}

/// Serves until `shutdown`, then lets what is under way end within `listen.shutdown_grace_ms`.
pub async fn run(listener: TcpListener, service: Http, settings: Settings, shutdown: CancellationToken) {
    let grace = settings.shutdown_grace;
    let places = Places::new(&settings);
    let (cut, tasks) = (CancellationToken::new(), TaskTracker::new());
    let connections = Arc::new(Connections::new(service, settings, places.wanted(), shutdown.clone(), cut.clone()));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = shutdown.cancelled() => break,
        };
        let (stream, peer) = match accepted {
            Ok((stream, peer)) => (stream, peer.ip()),
            Err(error) => {
                // Out of file descriptors, most likely: a pause lets some connections end.
                tracing::error!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let Some(share) = places.share(peer) else { continue };
        let place = tokio::select! {
            place = places.take() => place,
            () = shutdown.cancelled() => break,
        };
        let connections = connections.clone();
        tasks.spawn(async move {
            connections.serve(stream, peer).await;
            drop((share, place));
        });
    }
    drop(listener);
    tasks.close();
    if tokio::time::timeout(grace, tasks.wait()).await.is_err() {
        tracing::warn!("requests under way were cut off after listen.shutdown_grace_ms");
        cut.cancel();
    }
}
