//! A flavor in a region: the same id, name, sizes, extra specs and access. What the region already has under that id or
//! name with other contents is told apart and left alone; the top's is then made there under names of its own.

use std::sync::Arc;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::App;
use crate::config::ms;
use crate::db::DbResult;
use crate::db::flavors::{self, Flavor};
use crate::microversion::{Microversion, v2};
use crate::regions::nova::{RegionApi, fault_message};
use crate::regions::{CallError, Region, Sent};

/// The newest version that matters here: extra specs are in the document.
const EXTRA_SPECS: Microversion = v2(61);
/// A flavor has a description from here on.
const DESCRIPTION: Microversion = v2(55);

/// The version flavors are read and written at.
fn version(region: &Region) -> Microversion {
    region.microversion().min(EXTRA_SPECS)
}

/// The flavor's id in the region. Questions for one flavor and region that come together become one.
///
/// # Errors
/// [`CallError`] where the region could not be brought to have it.
pub async fn ensure(app: &Arc<App>, region: &Arc<Region>, flavor: &Flavor) -> Result<String, CallError> {
    if let Ok(Some(known)) = flavors::in_region(&app.db, &flavor.id, region.id()).await {
        return Ok(known.local_id);
    }
    let key = (flavor.id.clone(), region.id().to_owned());
    let push = push(app, region, flavor);
    app.ensured_flavors.try_get_with(key, push).await.map_err(|error| (*error).clone())
}

/// Forgets that a region has the flavor: it said that it has not. The next boot pushes it again.
pub async fn forget(app: &Arc<App>, region: &Region, flavor: &Flavor) -> DbResult<()> {
    app.ensured_flavors.invalidate(&(flavor.id.clone(), region.id().to_owned())).await;
    flavors::forget_in_region(&app.db, &flavor.id, region.id()).await
}

async fn push(app: &Arc<App>, region: &Arc<Region>, flavor: &Flavor) -> Result<String, CallError> {
    let timeout = ms(app.config.region.lookup_timeout_ms.max(5_000));
    let api = RegionApi::new(app.service.clone(), region.clone(), timeout);
    let projects =
        if flavor.is_public { Vec::new() } else { stored(region, flavors::access(&app.db, &flavor.id).await)? };
    let (local_id, local_name) = find_or_make(&api, flavor, &projects).await?;
    stored(region, flavors::set_in_region(&app.db, &flavor.id, region.id(), &local_id, &local_name).await)?;
    tracing::info!(flavor_id = flavor.id, region = region.name(), local_id, "flavor is in the region");
    Ok(local_id)
}

/// Id and name in the region.
async fn find_or_make(api: &RegionApi, flavor: &Flavor, projects: &[String]) -> Result<(String, String), CallError> {
    let there = all(api).await?;
    let same = there.iter().filter(|other| other.same_contents(flavor) && other.is_public == flavor.is_public);
    if let Some(same) = same.max_by_key(|other| other.id == flavor.id) {
        grant(api, &same.id, projects).await?;
        return Ok((same.id.clone(), same.name.clone()));
    }
    let id_taken = there.iter().any(|other| other.id == flavor.id);
    let name_taken = there.iter().any(|other| other.name == flavor.name);
    // Where the region's own is in the way, ours gets another; the same each time, so that a second try finds the first.
    let other = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{}/{}", api.region().id(), flavor.id).as_bytes());
    let suffix = &other.simple().to_string()[..8];
    let id = if id_taken { other.to_string() } else { flavor.id.clone() };
    let name = if name_taken { format!("{}-{suffix}", flavor.name) } else { flavor.name.clone() };
    if !there.iter().any(|known| known.id == id && known.name == name) {
        make(api, flavor, &id, &name, projects).await?;
    }
    Ok((id, name))
}

async fn make(api: &RegionApi, flavor: &Flavor, id: &str, name: &str, projects: &[String]) -> Result<(), CallError> {
    let mut body = json!({ "flavor": {
        "id": id, "name": name, "vcpus": flavor.vcpus, "ram": flavor.ram_mb, "disk": flavor.disk_gb,
        "OS-FLV-EXT-DATA:ephemeral": flavor.ephemeral_gb, "swap": flavor.swap_mb,
        "rxtx_factor": flavor.rxtx_factor.max(1.0), "os-flavor-access:is_public": flavor.is_public,
    } });
    if version(api.region()) >= DESCRIPTION {
        body["flavor"]["description"] = json!(flavor.description);
    }
    write(api, "/flavors", body).await?;
    let path = format!("/flavors/{id}");
    let specs = flavor.specs();
    let filled = async {
        if !specs.is_empty() {
            write(api, &format!("{path}/os-extra_specs"), json!({ "extra_specs": specs })).await?;
        }
        grant(api, id, projects).await
    };
    let result: Result<(), CallError> = filled.await;
    if result.is_err() {
        // Half a flavor would look like another one of that name from now on; nothing uses it yet.
        let _ = api.compute(Method::DELETE, &path, version(api.region()), None).await;
    }
    result
}

/// Lets the projects use a private flavor; one that may already is no error.
async fn grant(api: &RegionApi, id: &str, projects: &[String]) -> Result<(), CallError> {
    for project in projects {
        let body = json!({ "addTenantAccess": { "tenant": project } });
        write(api, &format!("/flavors/{id}/action"), body).await?;
    }
    Ok(())
}

async fn write(api: &RegionApi, path: &str, body: Value) -> Result<(), CallError> {
    let answer = api.compute(Method::POST, path, version(api.region()), Some(body)).await?;
    if answer.status.is_success() || answer.status == StatusCode::CONFLICT {
        return Ok(());
    }
    let words = fault_message(answer.status, &answer.body);
    Err(CallError::new(api.region().name(), Sent::No, format!("it refused the flavor: {words}")))
}

/// Every flavor of a region, private ones too.
///
/// # Errors
/// [`CallError`] where the region does not answer, or its answer is no list of flavors.
pub async fn all(api: &RegionApi) -> Result<Vec<Flavor>, CallError> {
    let mut found = Vec::new();
    let mut marker = String::new();
    loop {
        let path = format!("/flavors/detail?is_public=None&limit=1000{marker}");
        let page = api.compute(Method::GET, &path, version(api.region()), None).await?.json(api.region())?;
        let mut flavors: Vec<Flavor> = page["flavors"].as_array().into_iter().flatten().filter_map(read).collect();
        if version(api.region()) < EXTRA_SPECS {
            for flavor in &mut flavors {
                flavor.extra_specs = extra_specs(api, &flavor.id).await?;
            }
        }
        let Some(last) = flavors.last() else { return Ok(found) };
        let text: String = url::form_urlencoded::byte_serialize(last.id.as_bytes()).collect();
        marker = format!("&marker={text}");
        let more = page.get("flavors_links").is_some();
        found.extend(flavors);
        if !more {
            return Ok(found);
        }
    }
}

/// A flavor's extra specs, where its document does not have them.
async fn extra_specs(api: &RegionApi, id: &str) -> Result<String, CallError> {
    let path = format!("/flavors/{id}/os-extra_specs");
    let document = api.compute(Method::GET, &path, version(api.region()), None).await?.json(api.region())?;
    Ok(document.get("extra_specs").filter(|specs| specs.is_object()).map_or_else(|| "{}".into(), Value::to_string))
}

/// A flavor from its document.
fn read(document: &Value) -> Option<Flavor> {
    let number = |key: &str| document[key].as_i64().and_then(|n| i32::try_from(n).ok());
    Some(Flavor {
        id: document["id"].as_str()?.to_owned(),
        name: document["name"].as_str()?.to_owned(),
        vcpus: number("vcpus")?,
        ram_mb: number("ram")?,
        disk_gb: number("disk")?,
        ephemeral_gb: number("OS-FLV-EXT-DATA:ephemeral").unwrap_or(0),
        swap_mb: number("swap").unwrap_or(0),
        rxtx_factor: document["rxtx_factor"].as_f64().unwrap_or(1.0),
        is_public: document["os-flavor-access:is_public"].as_bool().unwrap_or(true),
        disabled: document["OS-FLV-DISABLED:disabled"].as_bool().unwrap_or(false),
        description: document["description"].as_str().map(str::to_owned),
        extra_specs: document
            .get("extra_specs")
            .filter(|v| v.is_object())
            .map_or_else(|| "{}".into(), Value::to_string),
        created_at: 0,
    })
}

fn stored<T>(region: &Region, result: crate::db::DbResult<T>) -> Result<T, CallError> {
    result.map_err(|error| CallError::new(region.name(), Sent::No, error.to_string()))
}
