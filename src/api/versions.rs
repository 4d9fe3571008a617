//! Version documents; all without a token.

use http::{Response, StatusCode};

use super::Call;
use crate::app::App;
use crate::error::ApiResult;
use crate::http_body::{self, Body};
use crate::views::links::Links;
use crate::views::version;

/// `GET /`
pub fn list(app: &App, links: &Links) -> ApiResult<Response<Body>> {
    http_body::json(StatusCode::OK, &version::list(links, app.microversion()))
}

/// Any path outside a version.
pub fn choices(links: &Links, path: &str) -> ApiResult<Response<Body>> {
    http_body::json(StatusCode::MULTIPLE_CHOICES, &version::choices(links, path))
}

/// `GET /v2.1`
#[expect(clippy::unused_async, reason = "handlers are async")]
pub async fn show(call: Call) -> ApiResult<Response<Body>> {
    http_body::json(StatusCode::OK, &version::current(&call.links, call.app.microversion()))
}
