//! Where a fault becomes an answer.

use http::Request;

use super::{HttpResult, Next};
use crate::http_body::Body;

/// Renders every fault of the layers inside.
pub async fn layer((): (), request: Request<Body>, next: Next) -> HttpResult {
    Ok(next.run(request).await.unwrap_or_else(|fault| fault.to_response()))
}
