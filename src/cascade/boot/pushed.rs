//! What a boot needs of the top's own in its region (D5), and what that is called there.

use std::sync::Arc;

use super::order::Order;
use super::prepare;
use crate::cascade::ensure;
use crate::cascade::server_groups::missing;
use crate::db::server_groups;
use crate::error::ApiResult;
use crate::regions::{CallError, Region, Sent};

/// Names in one region.
pub struct Pushed {
    /// Flavor id.
    pub flavor_id: String,
    /// Name of the key pair.
    pub key_name: Option<String>,
    /// Server group id.
    pub group_id: Option<String>,
}

/// Brings the region to have all of it.
///
/// # Errors
/// [`CallError`] where it could not be brought to.
pub async fn ensure(order: &Order, region: &Arc<Region>) -> Result<Pushed, CallError> {
    let app = &order.call.app;
    let flavor_id = ensure::flavor::ensure(app, region, &order.flavor).await?;
    let key_name = match &order.key_pair {
        Some(key) => Some(ensure::key_pair::ensure(app, region, key).await?),
        None => None,
    };
    let group_id = match &order.hinted.group {
        Some(group) => {
            let bearer = order.bearer().map_err(|fault| CallError::new(region.name(), Sent::No, fault.message))?;
            Some(ensure::server_group::ensure(app, region, group, &bearer).await?)
        }
        None => None,
    };
    Ok(Pushed { flavor_id, key_name, group_id })
}

/// Forgets what a region's refusal says it has lost. False where it says nothing of the kind.
///
/// # Errors
/// What the database says.
pub async fn forget_lost(order: &Order, region: &Region, message: &str) -> ApiResult<bool> {
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
