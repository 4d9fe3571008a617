//! What a region must have of the top's before a boot there, and what it says it has lost.

use std::sync::Arc;

use super::order::Order;
use super::prepare;
use crate::cascade::ensure;
use crate::cascade::server_groups::missing;
use crate::db::server_groups;
use crate::error::ApiResult;
use crate::regions::{CallError, Region};

/// What the things of the top are called in the region.
pub struct Pushed {
    /// The flavor's id.
    pub flavor_id: String,
    /// The key pair's name, where the boot has one.
    pub key_name: Option<String>,
    /// The server group's id, where the boot has one.
    pub group_id: Option<String>,
}

/// Brings the region to have them.
///
/// # Errors
/// Inside, what the region says; outside, what the database does.
pub async fn ensure(order: &Order<'_>, region: &Arc<Region>) -> ApiResult<Result<Pushed, CallError>> {
    let bearer = order.bearer()?;
    let all = async {
        let app = &order.call.app;
        let flavor_id = ensure::flavor::ensure(app, region, &order.flavor).await?;
        let key_name = match &order.key_pair {
            Some(key) => Some(ensure::key_pair::ensure(app, region, key).await?),
            None => None,
        };
        let group_id = match &order.hinted.group {
            Some(group) => Some(ensure::server_group::ensure(app, region, group, &bearer).await?),
            None => None,
        };
        Ok(Pushed { flavor_id, key_name, group_id })
    };
    Ok(all.await)
}

/// Forgets what a region's refusal says it has lost. False where it says nothing of the kind.
///
/// # Errors
/// What the database says.
pub async fn forget_lost(order: &Order<'_>, region: &Region, message: &str) -> ApiResult<bool> {
    let app = &order.call.app;
    if message.starts_with("Flavor ") && message.contains("could not be found") {
        ensure::flavor::doubt(app, region, &order.flavor).await?;
        return Ok(true);
    }
    if let Some(key) = order.key_pair.as_ref().filter(|_| message == prepare::NO_KEY_PAIR) {
        ensure::key_pair::forget(app, region, key).await?;
        return Ok(true);
    }
    let Some(group) = &order.hinted.group else { return Ok(false) };
    let local_id = server_groups::in_region(&app.db, &group.id, region.id()).await?;
    let Some(local_id) = local_id.filter(|id| message == missing(id)) else { return Ok(false) };
    server_groups::forget_in_region(&app.db, &group.id, region.id(), &local_id).await?;
    Ok(true)
}
