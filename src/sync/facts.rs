//! What a region is: its newest microversion and its zones.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::Method;
use serde_json::Value;

use super::round::SyncError;
use crate::app::App;
use crate::cascade::region_quota;
use crate::db::text::fits;
use crate::db::{regions, zones};
use crate::microversion::{MIN, Microversion};
use crate::regions::nova::RegionApi;
use crate::regions::{CallError, Sent};

/// Reads both into the database. A region found at a lower microversion than before is said so loudly: the top keeps
/// serving what it served (D8), and what the region cannot do fails there.
pub async fn read(app: &Arc<App>, api: &RegionApi) -> Result<(), SyncError> {
    let region = api.region();
    let newest = api.newest().await?;
    let known = Microversion::parse(&region.row.microversion_max);
    match known {
        Some(known) if newest < known => {
            tracing::error!(region = region.name(), %newest, %known, "the region speaks less than before; it is set draining");
            regions::drain_older(&app.db, region.id(), &region.row.microversion_max).await?;
        }
        Some(known) if newest == known => {}
        _ => regions::set_microversion(&app.db, region.id(), &newest.to_string()).await?,
    }
    let answer = api.compute(Method::GET, "/os-availability-zone", MIN, None).await?.json(region)?;
    let told = zones_told(&answer, region.name())
        .ok_or_else(|| CallError::new(region.name(), Sent::Maybe, "it told no list of zones"))?;
    zones::store(&app.db, region.id(), region.name(), &told).await?;
    if known != Some(newest) {
        app.load_regions().await?;
    }
    report_limits(api).await;
    Ok(())
}

/// A region that limits projects itself refuses what the top has let pass. One that does not tell is no worse for it.
async fn report_limits(api: &RegionApi) {
    let region = api.region().name();
    let limits = match region_quota::limits(api).await {
        Ok(limits) => limits,
        Err(error) => return tracing::warn!(region, %error, "the region's default limits could not be read"),
    };
    let count = u32::try_from(limits.len()).unwrap_or(u32::MAX);
    metrics::gauge!("cascade_region_limits", "region" => region.to_owned()).set(f64::from(count));
    if count > 0 {
        let limits = limits.iter().map(|(name, limit)| format!("{name} {limit}")).collect::<Vec<_>>().join(", ");
        tracing::warn!(region, limits, "the region has default limits of its own; `quota open-region` takes them away");
    }
}

/// Characters of a zone's name on top, less those of what may be put behind it.
const ZONE_MAX: usize = 191 - 8;

/// Names, and whether each is available. One whose name on top would be too long has none, and is the region's alone.
fn zones_told(answer: &Value, region: &str) -> Option<BTreeMap<String, bool>> {
    let zones = answer["availabilityZoneInfo"].as_array()?;
    let told = |zone: &Value| {
        let name = zone["zoneName"].as_str().filter(|name| !name.is_empty())?;
        if !fits(&format!("{region}-{name}"), ZONE_MAX) {
            tracing::warn!(region, name, "the zone's name is too long for one on top");
            return None;
        }
        Some((name.to_owned(), zone["zoneState"]["available"] == true))
    };
    Some(zones.iter().filter_map(told).collect())
}
