//! Requests that a well-behaved client does not make, and what a refusal must look like.

use std::convert::Infallible;

use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt;
use hyper::body::Body;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::sim::Answer;

/// Sends a request as it is given to `http://host:port`.
pub async fn send<B>(base: &str, request: Request<B>) -> std::io::Result<Answer>
where
    B: Body<Data = Bytes, Error = Infallible> + Send + 'static,
{
    let host = base.strip_prefix("http://").expect("an address");
    let stream = TcpStream::connect(host).await?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(std::io::Error::other)?;
    tokio::spawn(connection);
    let (parts, body) = sender.send_request(request).await.map_err(std::io::Error::other)?.into_parts();
    let body = body.collect().await.map_err(std::io::Error::other)?.to_bytes();
    Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, body })
}

/// The message of a fault in Nova's form, after a look at everything else in it.
#[track_caller]
pub fn refused(answer: &Answer, status: u16) -> String {
    let text = String::from_utf8_lossy(&answer.body);
    assert_eq!(answer.status, status, "{text}");
    let name = match status {
        400 => "badRequest",
        403 => "forbidden",
        404 => "itemNotFound",
        409 => "conflictingRequest",
        413 | 429 => "overLimit",
        415 => "badMediaType",
        501 => "notImplemented",
        503 => "serviceUnavailable",
        _ => "computeFault",
    };
    assert!(answer.header("content-type").is_some_and(|kind| kind.starts_with("application/json")), "{text}");
    let document = answer.json();
    assert_eq!(document[name]["code"], status, "{text}");
    assert_eq!(document.as_object().map(serde_json::Map::len), Some(1), "{text}");
    document[name]["message"].as_str().expect("a message").to_owned()
}
