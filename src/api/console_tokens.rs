//! `GET /os-console-auth-tokens/{token}`: only the region that made a token knows it, so every one is asked.

use http::Response;

use super::Call;
use crate::cascade::{below, proxy};
use crate::error::ApiResult;
use crate::http_body::Body;

/// The answer of the region that knows the token.
pub async fn show(call: Call) -> ApiResult<Response<Body>> {
    let path = below::path(&call, "");
    Ok(proxy::best(proxy::everywhere(&call, |_| path.clone()).await)?.1)
}
