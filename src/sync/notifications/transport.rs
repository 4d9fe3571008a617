//! lapin over our own sockets: TLS as everywhere else here, and an end that does not depend on what the broker still says.

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use async_rs::traits::Reactor;
use async_rs::util::RuntimeParts;
use async_rs::{Runtime, Tokio};
use futures_util::io::{AsyncRead as FuturesRead, AsyncWrite as FuturesWrite};
use futures_util::{Stream, TryFutureExt};
use lapin::tcp::AsyncTcpStream;
use lapin::uri::AMQPUri;
use lapin::{Connection, ConnectionProperties};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_util::compat::{Compat, TokioAsyncReadCompatExt};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use crate::tls::Tls;

/// Time after the last use of a connection in which it may say goodbye.
const GOODBYE: Duration = Duration::from_secs(5);

/// Ends the socket a little after it was dropped: lapin gives a thread to each connection, which a broker that says
/// nothing would keep for ever.
#[derive(Default)]
pub struct Life(CancellationToken);

impl Drop for Life {
    fn drop(&mut self) {
        let over = self.0.clone();
        let Ok(runtime) = Handle::try_current() else { return over.cancel() };
        runtime.spawn(async move {
            tokio::time::sleep(GOODBYE).await;
            over.cancel();
        });
    }
}

/// Connects by TCP, or by TLS where that is given, and logs in.
///
/// # Errors
/// lapin's.
pub async fn connect(
    uri: AMQPUri,
    properties: ConnectionProperties,
    tls: Option<Tls>,
    life: &Life,
) -> lapin::Result<Connection> {
    let tokio = Tokio::current();
    let runtime = Runtime::new(RuntimeParts::new(tokio.clone(), Sockets(tokio)));
    let over = life.0.clone();
    let dial = async move |uri: AMQPUri, _| Ok(AsyncTcpStream::Plain(dial(&uri, tls.as_ref(), over.clone()).await?));
    Connection::connector(uri, runtime, dial, properties).await
}

async fn dial(uri: &AMQPUri, tls: Option<&Tls>, over: CancellationToken) -> io::Result<Compat<Socket>> {
    let host = uri.authority.host.clone();
    let plain = TcpStream::connect((host.as_str(), uri.authority.port)).await?;
    plain.set_nodelay(true)?;
    let Some(tls) = tls else { return Ok(Socket::new(plain, over)) };
    let name = ServerName::try_from(host).map_err(io::Error::other)?;
    let secured = TlsConnector::from(Arc::new(tls.client())).connect(name, plain).await;
    Ok(Socket::new(secured.map_err(|e| io::Error::other(tls.explain(&e)))?, over))
}

trait Bytes: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Bytes for T {}

/// A connection with or without TLS, until its life is over.
pub struct Socket {
    bytes: Box<dyn Bytes>,
    over: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl Socket {
    fn new(bytes: impl Bytes + 'static, over: CancellationToken) -> Compat<Self> {
        Self { bytes: Box::new(bytes), over: Box::pin(over.cancelled_owned()) }.compat()
    }
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.over.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Pin::new(&mut self.bytes).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.bytes).poll_write(cx, data)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.bytes).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.bytes).poll_shutdown(cx)
    }
}

/// Tokio's reactor, as lapin knows it, with [`Socket`] for its connections.
#[derive(Clone, Debug)]
struct Sockets(Tokio);

impl Reactor for Sockets {
    type TcpStream = Compat<Socket>;
    type Sleep = tokio::time::Sleep;

    fn register<H: Read + Write + AsFd + AsRawFd + Send + 'static>(
        &self,
        socket: H,
    ) -> io::Result<impl FuturesRead + FuturesWrite + Send + Unpin + 'static> {
        self.0.register(socket)
    }

    fn sleep(&self, time: Duration) -> Self::Sleep {
        self.0.sleep(time)
    }

    fn interval(&self, period: Duration) -> impl Stream<Item = std::time::Instant> + Send + 'static {
        self.0.interval(period)
    }

    fn tcp_connect_addr(
        &self,
        address: SocketAddr,
    ) -> impl Future<Output = io::Result<Self::TcpStream>> + Send + 'static {
        // Not asked for: `dial` connects.
        TcpStream::connect(address).map_ok(|stream| Socket::new(stream, CancellationToken::new()))
    }
}
