//! A small HTTP client for tests: one connection a request, nothing hidden.

use bytes::Bytes;
use http::{HeaderMap, Request, header};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    /// The body as JSON; null if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// A base address and the headers to send with each request.
#[derive(Clone, Debug, Default)]
pub struct Client {
    base: String,
    headers: Vec<(String, String)>,
}

impl Client {
    /// A client of the service at `base`, as `http://127.0.0.1:8774/v2.1`.
    pub fn new(base: impl Into<String>) -> Self {
        Self { base: base.into(), headers: Vec::new() }
    }

    /// Adds a header to every request.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sends this token.
    pub fn token(self, token: &str) -> Self {
        self.header("x-auth-token", token)
    }

    /// Asks for this compute microversion.
    pub fn version(self, version: &str) -> Self {
        self.header("openstack-api-version", &format!("compute {version}"))
    }

    /// `GET`, expecting an answer.
    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None).await.unwrap()
    }

    /// `POST`, expecting an answer.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, Some(body)).await.unwrap()
    }

    /// `PUT`, expecting an answer.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send("PUT", path, Some(body)).await.unwrap()
    }

    /// `DELETE`, expecting an answer.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, None).await.unwrap()
    }

    /// Any request; an error when the connection fails at any point.
    pub async fn send(&self, method: &str, path: &str, body: Option<Value>) -> std::io::Result<Answer> {
        let url = format!("{}{path}", self.base);
        let rest = url.strip_prefix("http://").ok_or(std::io::ErrorKind::InvalidInput)?;
        let (host, path) = rest.find('/').map_or((rest, "/"), |slash| rest.split_at(slash));
        let stream = TcpStream::connect(host).await?;
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(std::io::Error::other)?;
        let driver = tokio::spawn(connection);
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, host);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let body = body.map(|document| document.to_string()).unwrap_or_default();
        if !body.is_empty() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let request = request.body(Full::new(Bytes::from(body))).map_err(std::io::Error::other)?;
        let response = sender.send_request(request).await.map_err(std::io::Error::other)?;
        let (head, body) = response.into_parts();
        let body = body.collect().await.map_err(std::io::Error::other)?.to_bytes();
        driver.abort();
        Ok(Answer { status: head.status.as_u16(), headers: head.headers, body })
    }
}
