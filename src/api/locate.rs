//! `GET /os-cascade/servers/{id}`: where a server is. Nova has no such path.

use http::{Response, StatusCode};
use serde_json::json;

use super::Call;
use crate::cascade::locate;
use crate::error::{ApiResult, Fault};
use crate::http_body::{self, Body};

/// One server, by its id on top or in a region.
pub async fn show(call: Call) -> ApiResult<Response<Body>> {
    let id = call.matched.param("server_id");
    let found = locate::locate(&call.app, id).await?.ok_or_else(|| Fault::no_server(id))?;
    http_body::json(StatusCode::OK, &json!({ "server": found }))
}
