//! TLS on a port of its own in front of a service that speaks none.

use std::net::SocketAddr;
use std::sync::Arc;

use arc_swap::ArcSwap;
use nova_cascade::config::TlsVersion;
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::server::WebPkiClientVerifier;
use rustls::version::{TLS12, TLS13};
use tokio::io::{AsyncReadExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use super::authority::{Authority, Issued};

/// Ends with this value, and its connections with it.
pub struct Gate {
    pub port: u16,
    config: Arc<ArcSwap<ServerConfig>>,
    task: AbortHandle,
}

impl Gate {
    /// Before the service at `target`.
    pub async fn start(config: ServerConfig, target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let config = Arc::new(ArcSwap::from_pointee(config));
        let task = tokio::spawn(accept(listener, config.clone(), target)).abort_handle();
        Self { port, config, task }
    }

    /// What new connections meet from now on.
    pub fn set(&self, config: ServerConfig) {
        self.config.store(Arc::new(config));
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A server with this certificate that speaks TLS up to this version; `clients` signs the certificates that it asks for.
pub fn server(issued: &Issued, newest: TlsVersion, clients: Option<&Authority>) -> ServerConfig {
    let provider = Arc::new(default_provider());
    let versions = if newest == TlsVersion::V1_2 { &[&TLS12][..] } else { &[&TLS13, &TLS12] };
    let builder = ServerConfig::builder_with_provider(provider.clone()).with_protocol_versions(versions);
    let builder = builder.expect("versions");
    let builder = match clients {
        Some(authority) => {
            let verifier = WebPkiClientVerifier::builder_with_provider(authority.roots().into(), provider).build();
            builder.with_client_cert_verifier(verifier.expect("a verifier"))
        }
        None => builder.with_no_client_auth(),
    };
    builder.with_single_cert(vec![issued.certificate.clone()], issued.key()).expect("a certificate")
}

async fn accept(listener: TcpListener, config: Arc<ArcSwap<ServerConfig>>, target: SocketAddr) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(pass(stream, config.load_full(), target));
    }
}

async fn pass(stream: TcpStream, config: Arc<ServerConfig>, target: SocketAddr) {
    match TlsAcceptor::from(config).accept(stream).into_fallible().await {
        Ok(mut stream) => {
            let mut plain = TcpStream::connect(target).await.expect("the service behind");
            let _ = copy_bidirectional(&mut stream, &mut plain).await;
        }
        // Read on: closed at once, what the client has sent meanwhile would destroy the alert on its way.
        Err((_, mut stream)) => {
            let mut rest = Vec::new();
            let _ = stream.read_to_end(&mut rest).await;
        }
    }
}
