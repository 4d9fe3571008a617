//! `GET /flavors/{flavor_id}/os-flavor-access`

use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::find;
use crate::api::Call;
use crate::db::flavors as rows;
use crate::error::{ApiResult, Fault};
use crate::http_body::{self, Body};

/// The projects that a private flavor is for.
pub async fn index(call: Call) -> ApiResult<Response<Body>> {
    let flavor = find(&call).await?;
    if flavor.is_public {
        return Err(Fault::not_found("Access list not available for public flavors."));
    }
    list(&flavor.id, &rows::access(&call.app.db, &flavor.id).await?)
}

pub(super) fn list(flavor_id: &str, projects: &[String]) -> ApiResult<Response<Body>> {
    let entry = |project: &String| json!({ "flavor_id": flavor_id, "tenant_id": project });
    http_body::json(StatusCode::OK, &json!({ "flavor_access": projects.iter().map(entry).collect::<Vec<Value>>() }))
}
