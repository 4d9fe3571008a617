//! A panic in a handler is a bug that ends one request, not the process.

use std::any::Any;

use http::Response;
use tower_http::catch_panic::CatchPanicLayer;

use crate::error::Fault;
use crate::http_body::Body;

/// 500 for the client, the panic's text for the log.
#[must_use]
pub fn layer() -> CatchPanicLayer<Answer> {
    CatchPanicLayer::custom(answer as Answer)
}

/// What is answered to a panic's payload.
pub type Answer = fn(Box<dyn Any + Send>) -> Response<Body>;

#[expect(clippy::needless_pass_by_value, reason = "the signature is tower-http's")]
fn answer(panic: Box<dyn Any + Send>) -> Response<Body> {
    Fault::internal(format!("panic: {}", text(panic.as_ref()))).to_response()
}

/// What a panic said.
#[must_use]
pub fn text(panic: &(dyn Any + Send)) -> &str {
    let plain = panic.downcast_ref::<&str>().copied();
    plain.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no text")
}
