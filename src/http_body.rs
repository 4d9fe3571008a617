//! The one body type that flows through the stack, both ways.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::{BodyExt, Empty, Full, combinators::UnsyncBoxBody};
use serde::Serialize;

use crate::error::{ApiResult, Fault};

/// A body that broke off. A type of its own: with a bare `Box<dyn Error>` in its place the compiler cannot show that
/// the futures of the layers are `Send`.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BodyError(String);

impl BodyError {
    /// Of whatever broke it.
    pub fn new(error: impl std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}

/// Streamed bodies, type-erased so that layers compose.
pub type Body = UnsyncBoxBody<Bytes, BodyError>;

/// A body of these bytes.
pub fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// A body of no bytes.
#[must_use]
pub fn empty() -> Body {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

/// An answer of this status and nothing else.
#[must_use]
pub fn bare(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(empty());
    *response.status_mut() = status;
    response
}

/// An answer of these JSON bytes.
pub fn json_bytes(status: StatusCode, bytes: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(full(bytes));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// An answer of this value as JSON.
pub fn json<T: Serialize>(status: StatusCode, value: &T) -> ApiResult<Response<Body>> {
    let bytes = serde_json::to_vec(value).map_err(|e| Fault::internal(format!("answer not serialisable: {e}")))?;
    Ok(json_bytes(status, bytes))
}

/// Reads a whole body of at most `bytes_max` bytes.
///
/// # Errors
/// 413 in Nova's words when it is longer (oslo.middleware's sizelimit), 400 when it breaks off.
pub async fn collect(mut body: Body, bytes_max: usize) -> ApiResult<Bytes> {
    let mut whole = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let broken =
            |e: BodyError| Fault::bad_request("The request body could not be read whole.").with_detail(e.to_string());
        let Ok(data) = frame.map_err(broken)?.into_data() else { continue };
        if whole.len() + data.len() > bytes_max {
            return Err(too_large());
        }
        whole.extend_from_slice(&data);
    }
    Ok(whole.freeze())
}

/// The same body, with something that is dropped when the body is: read to its end, or given up.
pub fn hold<T: Send + Unpin + 'static>(body: Body, held: T) -> Body {
    Held { body, _held: held }.boxed_unsync()
}

struct Held<T> {
    body: Body,
    _held: T,
}

impl<T: Unpin> ::http_body::Body for Held<T> {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<::http_body::Frame<Bytes>, BodyError>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> ::http_body::SizeHint {
        self.body.size_hint()
    }
}

/// 413 as oslo.middleware says it.
#[must_use]
pub fn too_large() -> Fault {
    Fault::new(StatusCode::PAYLOAD_TOO_LARGE, "Request is too large.")
}
