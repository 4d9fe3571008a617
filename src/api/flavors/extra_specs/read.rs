//! `GET /flavors/{flavor_id}/os-extra_specs` and `…/{key}`

use http::{Response, StatusCode};
use serde_json::json;

use super::no_spec;
use crate::api::Call;
use crate::api::flavors::find;
use crate::error::ApiResult;
use crate::http_body::{self, Body};

/// All of a flavor.
pub async fn index(call: Call) -> ApiResult<Response<Body>> {
    let flavor = find(&call).await?;
    http_body::json(StatusCode::OK, &json!({ "extra_specs": flavor.specs() }))
}

/// One.
pub async fn show(call: Call) -> ApiResult<Response<Body>> {
    let (flavor, key) = (find(&call).await?, call.matched.param("key"));
    let value = flavor.specs().shift_remove(key).ok_or_else(|| no_spec(&flavor.id, key))?;
    http_body::json(StatusCode::OK, &json!({ key: value }))
}
