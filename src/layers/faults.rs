//! Where a fault becomes an answer.

use http::{Request, header};

use super::{HttpResult, Next};
use crate::http_body::Body;

/// Renders every fault of the layers inside.
pub async fn layer((): (), request: Request<Body>, next: Next) -> HttpResult {
    let accept = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).map(str::to_owned);
    Ok(next.run(request).await.unwrap_or_else(|fault| fault.for_client(accept.as_deref()).to_response()))
}
