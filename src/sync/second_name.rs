//! A region under a second name, and one that was restored from the copy of another: it is known by what it contains,
//! since Nova makes no id twice. Its servers would be stored, charged and deleted twice.

use std::collections::HashMap;
use std::sync::Arc;

use super::round::SyncError;
use crate::app::App;
use crate::db::{mappings, regions};
use crate::regions::{CallError, Region, Sent};

/// Which of the servers, by their ids in a region, another region has: id and name of that region. Where there are more of
/// them than the region has rows itself, it is not used from now on.
///
/// # Errors
/// [`SyncError`]; that the region is that other one is such an error.
pub(super) async fn elsewhere(
    app: &Arc<App>,
    region: &Region,
    local_ids: &[&str],
) -> Result<HashMap<String, String>, SyncError> {
    let registered = app.registry.registered();
    let others: HashMap<&str, &str> =
        registered.iter().filter(|other| other.id() != region.id()).map(|other| (other.id(), other.name())).collect();
    if local_ids.is_empty() || others.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<&str> = others.keys().copied().collect();
    let found = mappings::elsewhere(&app.db, &ids, local_ids).await?;
    let name = |region_id: &str| others.get(region_id).copied().unwrap_or_default().to_owned();
    if let Some((_, region_id)) = found.first()
        && mappings::count_up_to(&app.db, region.id(), found.len()).await? < found.len()
    {
        return refuse(app, region, &name(region_id)).await;
    }
    Ok(found.into_iter().map(|(local_id, region_id)| (local_id, name(&region_id))).collect())
}

async fn refuse<T>(app: &Arc<App>, region: &Region, other: &str) -> Result<T, SyncError> {
    regions::set_same_as(&app.db, region.id(), other).await?;
    app.load_regions().await?;
    let reason = format!("its servers belong to {other}: it is that region under a second name, or a copy of it");
    tracing::error!(region = region.name(), reason, "the region is not used");
    Err(CallError::new(region.name(), Sent::Maybe, reason).into())
}
