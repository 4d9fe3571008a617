//! Limits of the regions' own: they are to have none, since only the top knows what a project uses in all of them (D6).
//! What a region sets for single projects cannot be listed by its API; its class `default` can.

use std::sync::Arc;

use http::Method;
use serde_json::{Map, Value, json};

use crate::db::quota::{RESOURCES, UNLIMITED};
use crate::microversion::{Microversion, v2};
use crate::regions::nova::RegionApi;
use crate::regions::{CallError, Region};

const PATH: &str = "/os-quota-class-sets/default";

/// The class has server groups from here on, and no longer what networks counted.
const VERSION: Microversion = v2(50);

/// Limits of a region's class `default`, by resource.
///
/// # Errors
/// [`CallError`] where the region does not answer.
pub async fn limits(api: &RegionApi) -> Result<Vec<(String, i64)>, CallError> {
    let answer = api.compute(Method::GET, PATH, version(api.region()), None).await?.json(api.region())?;
    let set = answer["quota_class_set"].as_object().cloned().unwrap_or_default();
    let limited = set.into_iter().filter_map(|(name, limit)| Some((name, limit.as_i64()?)));
    Ok(limited.filter(|(_, limit)| *limit != UNLIMITED).collect())
}

/// Takes those limits away; tells which there were.
///
/// # Errors
/// [`CallError`] where the region does not answer, or refuses.
pub async fn open(api: &RegionApi) -> Result<Vec<(String, i64)>, CallError> {
    let before = limits(api).await?;
    let wanted: Map<String, Value> = before
        .iter()
        .filter(|(name, _)| RESOURCES.contains(&name.as_str()))
        .map(|(name, _)| (name.clone(), json!(UNLIMITED)))
        .collect();
    if !wanted.is_empty() {
        let body = json!({ "quota_class_set": wanted });
        api.compute(Method::PUT, PATH, version(api.region()), Some(body)).await?.json(api.region())?;
    }
    Ok(before)
}

fn version(region: &Arc<Region>) -> Microversion {
    region.microversion().min(VERSION)
}
