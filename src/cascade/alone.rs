//! Servers that are on top alone: no region has taken them, or none has yet. They can be shown, listed and deleted; what
//! else a server of Nova's cell0 refuses with a conflict of states, so do they.

use http::StatusCode;
use serde_json::Value;

use crate::api::Call;
use crate::db::clock::local_now;
use crate::db::placings;
use crate::db::servers::{self, Shown};
use crate::db::top_actions::TopAction;
use crate::error::{ApiResult, Fault};
use crate::views::server::document::alone::{self, Alone};

/// 409 in Nova's words (nova/api/openstack/common.py, `raise_http_conflict_for_instance_invalid_state`).
#[must_use]
pub fn conflict(row: &Shown, action: &str) -> Fault {
    let document: Value = serde_json::from_str(&row.document).unwrap_or_default();
    let state = document["OS-EXT-STS:vm_state"].as_str().unwrap_or("error");
    let message = format!("Cannot '{action}' instance {} while it is in vm_state {state}", row.id);
    Fault::new(StatusCode::CONFLICT, message)
}

/// Deletes it, at once. False where it has got a region meanwhile.
///
/// # Errors
/// 404 where it is gone.
pub async fn delete(call: &Call) -> ApiResult<bool> {
    delete_row(call, &call.server()?.id).await
}

/// The same of one that a request made before it failed.
pub(super) async fn delete_row(call: &Call, id: &str) -> ApiResult<bool> {
    let db = &call.app.db;
    let known = servers::known_by_id(db, id).await?.ok_or_else(|| Fault::no_server(id))?;
    let now = local_now();
    let columns = alone::columns(&known.document, &(&known).into(), Alone::Deleted, now);
    let columns = columns.ok_or_else(|| Fault::internal(format!("the document of server {id} cannot be read")))?;
    let action = TopAction {
        server_id: id.to_owned(),
        action: "delete".into(),
        request_id: call.trail.request_id.clone(),
        project_id: call.identity.project_id.clone(),
        user_id: call.identity.user_id.clone(),
        message: None,
        started_at: now,
        ended_at: None,
        failed: false,
    };
    Ok(placings::delete_alone(db, id, &columns, &action).await?)
}
