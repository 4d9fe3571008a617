//! One service's socket, which can be closed and opened again on the same port.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use super::faults::Faults;
use super::serve::{App, answer};

/// A service on a loopback port. Dropping it closes the port and every connection.
pub struct Listener {
    app: Arc<dyn App>,
    faults: Arc<Faults>,
    addr: SocketAddr,
    task: Mutex<Option<JoinHandle<Infallible>>>,
    /// While down, a socket that is bound and does not listen: connects are refused and nobody takes the port.
    parked: Mutex<Option<TcpSocket>>,
}

/// Binds a port that the system chooses. The service is told its address before it is asked anything.
pub fn bind() -> TcpSocket {
    bind_to(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
}

fn bind_to(addr: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(addr).unwrap();
    socket
}

impl Listener {
    /// Serves `app` on a bound socket.
    pub fn start(socket: TcpSocket, app: Arc<dyn App>, faults: Arc<Faults>) -> Self {
        let addr = socket.local_addr().unwrap();
        let (task, parked) = (Mutex::new(None), Mutex::new(Some(socket)));
        let listener = Self { app, faults, addr, task, parked };
        listener.up();
        listener
    }

    /// `http://127.0.0.1:port`.
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// Starts to accept (again); nothing if it already does.
    pub fn up(&self) {
        let Some(socket) = self.parked.lock().unwrap().take() else { return };
        let listener = socket.listen(1024).unwrap();
        let base: Arc<str> = self.url().into();
        let (app, faults) = (Arc::clone(&self.app), Arc::clone(&self.faults));
        *self.task.lock().unwrap() = Some(tokio::spawn(accept(listener, app, faults, base)));
    }

    /// Closes every connection; new ones are refused until [`Self::up`].
    pub async fn down(&self) {
        let Some(task) = self.task.lock().unwrap().take() else { return };
        task.abort();
        // The socket is closed only once the task has really gone.
        let _ = task.await;
        *self.parked.lock().unwrap() = Some(bind_to(self.addr));
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(task) = self.task.lock().unwrap().take() {
            task.abort();
        }
    }
}

async fn accept(listener: TcpListener, app: Arc<dyn App>, faults: Arc<Faults>, base: Arc<str>) -> Infallible {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    let (app, faults, base) = (Arc::clone(&app), Arc::clone(&faults), Arc::clone(&base));
                    connections.spawn(converse(stream, app, faults, base));
                }
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn converse(stream: TcpStream, app: Arc<dyn App>, faults: Arc<Faults>, base: Arc<str>) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| answer(Arc::clone(&app), Arc::clone(&faults), Arc::clone(&base), request));
    // How a connection ended is the client's affair: a fault closes it with an error on purpose.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}
