//! `GET /limits` (`nova/api/openstack/compute/limits.py`).

use http::{Response, StatusCode};

use super::Call;
use crate::db::quota;
use crate::error::ApiResult;
use crate::http_body::{self, Body};
use crate::identity::policy::LIMITS_OTHER_PROJECT;
use crate::views::quota as view;

/// Those of the caller's project; of another with `tenant_id`, for admins. `reserved` is let pass.
pub async fn index(call: Call) -> ApiResult<Response<Body>> {
    let query = call.query();
    let project_id = query.get("tenant_id").unwrap_or(&call.identity.project_id);
    if query.get("tenant_id").is_some() {
        LIMITS_OTHER_PROJECT.require(&call.identity, &call.identity.project_id)?;
    }
    call.require_context()?;
    let limits = quota::of(&call.app.db, &call.app.config.quota, project_id, "").await?;
    let in_use = quota::in_use(&call.app.db, project_id, "").await?;
    let used = |resource: &str| in_use.get(resource).copied().unwrap_or(0);
    http_body::json(StatusCode::OK, &view::limits(call.version, |resource| limits.get(resource), used))
}
