//! Reads.

use http::{Response, StatusCode};
use serde_json::json;

use super::user_id;
use crate::api::Call;
use crate::db::quota;
use crate::error::ApiResult;
use crate::http_body::{self, Body};
use crate::views::quota as view;

/// `GET /os-quota-sets/{project_id}`
pub async fn show(call: Call) -> ApiResult<Response<Body>> {
    let user_id = user_id(&call).unwrap_or_default();
    let project_id = call.matched.param("project_id");
    call.app.keystone.require_project(project_id).await?;
    let limits = quota::of(&call.app.db, &call.app.config.quota, project_id, &user_id).await?;
    let set = view::set(Some(project_id), call.version, |resource| json!(limits.get(resource)));
    http_body::json(StatusCode::OK, &set)
}

/// `GET /os-quota-sets/{project_id}/detail`: with what is in use.
pub async fn detail(call: Call) -> ApiResult<Response<Body>> {
    let user_id = user_id(&call).unwrap_or_default();
    let project_id = call.matched.param("project_id");
    call.app.keystone.require_project(project_id).await?;
    let limits = quota::of(&call.app.db, &call.app.config.quota, project_id, &user_id).await?;
    let in_use = quota::in_use(&call.app.db, project_id, &user_id).await?;
    let set = view::set(Some(project_id), call.version, |resource| {
        let in_use = in_use.get(resource).copied().unwrap_or(0);
        json!({ "in_use": in_use, "limit": limits.get(resource), "reserved": 0 })
    });
    http_body::json(StatusCode::OK, &set)
}

/// `GET /os-quota-sets/{project_id}/defaults`: what holds where nothing was set.
pub async fn defaults(call: Call) -> ApiResult<Response<Body>> {
    let project_id = call.matched.param("project_id");
    call.app.keystone.require_project(project_id).await?;
    let limits = quota::of(&call.app.db, &call.app.config.quota, "", "").await?;
    let set = view::set(Some(project_id), call.version, |resource| json!(limits.get(resource)));
    http_body::json(StatusCode::OK, &set)
}
