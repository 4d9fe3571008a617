//! A flavor in a region: the same id, name, sizes, extra specs and access. What the region already has under that id or
//! name with other contents is told apart and left alone; the top's is then made there under names of its own.
//! Decision 12 says what becomes of it after that.

pub mod audit;
mod bring;
mod mend;
pub mod remote;

use std::sync::Arc;

use crate::app::App;
use crate::config::ms;
use crate::db::DbResult;
use crate::db::flavors::{self, Flavor};
use crate::regions::nova::RegionApi;
use crate::regions::{CallError, Region};

/// The flavor's id in the region, which has it as it is in `flavor`, or newer. Questions for one flavor and region that
/// come together become one.
///
/// # Errors
/// [`CallError`] where the region could not be brought to have it.
pub async fn ensure(app: &Arc<App>, region: &Arc<Region>, flavor: &Flavor) -> Result<String, CallError> {
    if let Ok(Some(known)) = flavors::in_region(&app.db, &flavor.id, region.id()).await
        && known.revision >= flavor.revision
    {
        return Ok(known.local_id);
    }
    let key = (flavor.id.clone(), flavor.revision, region.id().to_owned());
    let timeout = ms(app.config.region.lookup_timeout_ms.max(5_000));
    let api = RegionApi::new(app.service.clone(), region.clone(), timeout);
    let bring = async { bring::bring(app, &api, &flavor.id).await.map(|(local_id, _)| local_id) };
    let result = app.flavors_on_their_way.try_get_with(key.clone(), bring).await;
    // From here on the database knows it.
    app.flavors_on_their_way.invalidate(&key).await;
    result.map_err(|error| (*error).clone())
}

/// The region said that it has no such flavor, or not for this user: the next who needs it looks again.
///
/// # Errors
/// What the database says.
pub async fn doubt(app: &Arc<App>, region: &Region, flavor: &Flavor) -> DbResult<()> {
    flavors::doubt(&app.db, &flavor.id, region.id()).await
}
