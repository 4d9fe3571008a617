//! What Nova has removed.

use http::{Response, StatusCode};

use super::Call;
use crate::error::{ApiResult, Fault};
use crate::http_body::Body;

/// 410 in webob's words.
#[expect(clippy::unused_async, reason = "handlers are async")]
pub async fn gone(_: Call) -> ApiResult<Response<Body>> {
    Err(Fault::bare(StatusCode::GONE))
}
