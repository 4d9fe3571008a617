//! `POST /servers`

use http::Response;

use crate::api::Call;
use crate::cascade::boot;
use crate::error::ApiResult;
use crate::http_body::Body;

/// Boots; runs in a task of its own, so a client that goes away changes nothing.
pub async fn create(mut call: Call) -> ApiResult<Response<Body>> {
    let bytes = call.read_body().await?;
    boot::boot(call, &bytes).await
}
