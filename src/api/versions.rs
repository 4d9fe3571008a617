//! Version documents; without a token but for those by id.
#![expect(clippy::unused_async, reason = "handlers are async")]

use http::{Response, StatusCode};

use super::Call;
use crate::app::App;
use crate::error::{ApiResult, Fault};
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

/// `GET /v2.1` and `GET /v2`
pub async fn show(call: Call) -> ApiResult<Response<Body>> {
    document(&call, if call.matched.compat { "v2.0" } else { "v2.1" })
}

/// `GET /versions/{version}`
pub async fn named(call: Call) -> ApiResult<Response<Body>> {
    document(&call, call.matched.param("version"))
}

fn document(call: &Call, id: &str) -> ApiResult<Response<Body>> {
    let document = version::one(&call.links, id, call.app.microversion());
    http_body::json(StatusCode::OK, &document.ok_or_else(|| Fault::not_found("The resource could not be found."))?)
}
