//! `/os-availability-zone`: each region, and each of its zones.

use http::{Response, StatusCode};

use super::Call;
use crate::cascade::{proxy, zones};
use crate::error::ApiResult;
use crate::http_body::{self, Body};
use crate::views::zone as view;

/// `GET /os-availability-zone`
pub async fn index(call: Call) -> ApiResult<Response<Body>> {
    http_body::json(StatusCode::OK, &view::list(&zones::known(&call.app).await?))
}

/// `GET /os-availability-zone/detail`
pub async fn detail(call: Call) -> ApiResult<Response<Body>> {
    let (zones, missing) = zones::told(&call).await?;
    let mut response = http_body::json(StatusCode::OK, &view::list(&zones))?;
    proxy::tell_missing(&mut response, &missing);
    Ok(response)
}
