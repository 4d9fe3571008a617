//! Server groups over regions: who may see one, and the end of one everywhere.

use futures_util::future::join_all;

use super::ensure::server_group;
use crate::api::Call;
use crate::config::ms;
use crate::db::server_groups::{self, GroupRegion, ServerGroup};
use crate::db::text::folded_id;
use crate::error::{ApiResult, Fault};
use crate::regions::UserApi;
use crate::regions::forward::Bearer;

/// The group, where it is the caller's project's, or the caller an admin.
///
/// # Errors
/// What the database says.
pub async fn seen(call: &Call, id: &str) -> ApiResult<Option<ServerGroup>> {
    let group = server_groups::get(&call.app.db, &folded_id(id)).await?;
    Ok(group.filter(|group| call.identity.is_admin() || group.project_id == call.identity.project_id))
}

/// Nova's words for a group that is not there.
#[must_use]
pub fn missing(id: &str) -> String {
    format!("Instance group {id} could not be found.")
}

/// Deletes a group on top, and with the caller's token in the regions that have it. The audit deletes it in those that
/// do not answer now.
///
/// # Errors
/// 404 where it is gone.
pub async fn delete(call: &Call, id: &str) -> ApiResult<()> {
    let regions = server_groups::delete(&call.app.db, id).await?;
    let regions = regions.ok_or_else(|| Fault::not_found(missing(id)))?;
    join_all(regions.iter().filter(|row| !row.local_id.is_empty()).map(|row| delete_below(call, row))).await;
    Ok(())
}

async fn delete_below(call: &Call, row: &GroupRegion) {
    let Some(region) = call.app.registry.get(&row.region_id).filter(|region| region.health.down().is_none()) else {
        return;
    };
    let Ok(token) = call.token() else { return };
    let share = call.identity.share();
    let bearer = Bearer { share, token, service_token: None, request_id: &call.trail.request_id };
    let timeout = ms(call.app.config.region.lookup_timeout_ms);
    let api = UserApi { upstream: &call.app.upstream, region: &region, bearer: &bearer, timeout };
    server_group::remove(&api, &row.local_id).await;
}
