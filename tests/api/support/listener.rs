//! The service's listener over a service of a few lines: what a connection may do, with no database behind it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::{Request, Response};
use nova_cascade::config::Config;
use nova_cascade::error::Fault;
use nova_cascade::http_body::{Body, full};
use nova_cascade::layers::Http;
use nova_cascade::serve;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::DEADLINE;

/// More than the sockets of both ends hold.
const LARGE_BYTES: usize = 32 * 1_024 * 1_024;

/// `GET /` answers, `/large` does with many bytes, `/hang` never.
pub struct Listener {
    pub address: SocketAddr,
    calls: Arc<AtomicUsize>,
    shutdown: CancellationToken,
    serving: JoinHandle<()>,
}

impl Listener {
    /// With limits so long that only those matter which the test shortens.
    pub async fn start(adjust: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::default();
        let long = 600_000;
        config.api.request_timeout_ms = 0;
        config.listen.answer_timeout_ms = long;
        config.listen.header_read_timeout_ms = long;
        config.listen.idle_timeout_ms = long;
        config.listen.http2_ping_period_ms = long;
        config.listen.shutdown_grace_ms = long;
        adjust(&mut config);
        let listener = serve::bind("127.0.0.1:0".parse().expect("an address")).await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let calls = Arc::new(AtomicUsize::new(0));
        let (counted, large) = (calls.clone(), Bytes::from(vec![b'x'; LARGE_BYTES]));
        let service = tower::service_fn(move |request: Request<Body>| {
            counted.fetch_add(1, Ordering::SeqCst);
            let large = large.clone();
            async move {
                match request.uri().path() {
                    "/hang" => std::future::pending().await,
                    "/large" => Ok::<_, Fault>(Response::new(full(large))),
                    _ => Ok(Response::new(full("here"))),
                }
            }
        });
        let shutdown = CancellationToken::new();
        let served = serve::run(listener, Http::new(service), serve::Settings::of(&config), shutdown.clone());
        Self { address, calls, shutdown, serving: tokio::spawn(served) }
    }

    /// Requests that have come.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    /// A connection on which these bytes were sent.
    pub async fn connect(&self, sent: &[u8]) -> TcpStream {
        self.connect_from([127, 0, 0, 1], sent).await
    }

    /// The same from another address of this machine.
    pub async fn connect_from(&self, local: [u8; 4], sent: &[u8]) -> TcpStream {
        let mut stream = socket(local).connect(self.address).await.expect("a connection");
        // Whether it is closed already is for the test to find out.
        let _ = stream.write_all(sent).await;
        stream
    }

    /// Whether a client of this address, on a connection of its own, is answered.
    pub async fn answers(&self, local: [u8; 4]) -> bool {
        let ask = async {
            let mut stream = self.connect_from(local, b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
            closed(&mut stream).await
        };
        timeout(DEADLINE, ask).await.is_ok_and(|answer| answer.ends_with("here"))
    }

    /// Ends as after SIGTERM.
    pub async fn stop(self) {
        self.shutdown.cancel();
        timeout(DEADLINE, self.serving).await.expect("an end").expect("no panic");
    }
}

/// A socket with this local address that takes few bytes before anybody reads them.
fn socket(local: [u8; 4]) -> TcpSocket {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(16_384).expect("a small buffer");
    socket.bind(SocketAddr::from((local, 0))).expect("an address of this machine");
    socket
}

/// All that comes on a connection until the other side closes it.
pub async fn closed(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    // An end by RST is one, too.
    let _ = timeout(DEADLINE, stream.read_to_end(&mut text)).await.expect("the connection is closed");
    String::from_utf8_lossy(&text).into_owned()
}
