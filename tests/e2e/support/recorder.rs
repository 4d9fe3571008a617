//! Stands on the top's port in front of the top: whoever asks it, a test or a real client, every answer goes by here
//! and is judged ([`super::judge`]). Passes bytes on as they are; where the top breaks off, so does this.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::http::uri::{Authority, Scheme};
use hyper::{Request, Response, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use super::judge::{Exchange, Verdicts};

type Error = Box<dyn std::error::Error + Send + Sync>;

/// Listens until it is dropped; connections end with it.
pub struct Recorder(Option<Runtime>);

impl Recorder {
    /// From `port` to `inner`, both on 127.0.0.1.
    #[track_caller]
    pub fn new(port: u16, inner: u16, verdicts: &Arc<Verdicts>) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let listener = runtime.block_on(TcpListener::bind(("127.0.0.1", port))).expect("the top's port");
        let hop = Hop {
            // One connection a request: a restarted top is met afresh.
            client: Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build_http(),
            inner: format!("127.0.0.1:{inner}").parse().expect("an address"),
            verdicts: verdicts.clone(),
        };
        runtime.spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { continue };
                let hop = hop.clone();
                tokio::spawn(async move {
                    let service = hyper::service::service_fn(move |request| hop.clone().pass(request));
                    // An error ends the connection, and that is what the client is to see.
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Self(Some(runtime))
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            // Waited for, so that the port is free again.
            runtime.shutdown_timeout(Duration::from_secs(5));
        }
    }
}

#[derive(Clone)]
struct Hop {
    client: Client<HttpConnector, Full<Bytes>>,
    inner: Authority,
    verdicts: Arc<Verdicts>,
}

impl Hop {
    async fn pass(self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Error> {
        let (mut parts, body) = request.into_parts();
        let (method, path) = (parts.method.to_string(), parts.uri.path().to_owned());
        let sent = body.collect().await?.to_bytes();
        let mut uri = std::mem::take(&mut parts.uri).into_parts();
        (uri.scheme, uri.authority) = (Some(Scheme::HTTP), Some(self.inner));
        parts.uri = Uri::from_parts(uri)?;
        let answer = self.client.request(Request::from_parts(parts, Full::new(sent.clone()))).await?;
        let (parts, body) = answer.into_parts();
        let body = body.collect().await?.to_bytes();
        let version = parts.headers.get("x-openstack-nova-api-version").and_then(|value| value.to_str().ok());
        let text = |bytes: &Bytes| String::from_utf8_lossy(bytes).into_owned();
        self.verdicts.submit(Exchange {
            method,
            path,
            version: version.map(str::to_owned),
            request: text(&sent),
            status: parts.status.as_u16(),
            body: text(&body),
        });
        Ok(Response::from_parts(parts, Full::new(body)))
    }
}
