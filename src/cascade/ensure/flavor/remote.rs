//! A region's flavors, by the service account.

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::db::flavors::Flavor;
use crate::microversion::{Microversion, v2};
use crate::query::segment;
use crate::regions::nova::RegionApi;
use crate::regions::service::Answer;
use crate::regions::{CallError, Region, Sent};

/// The newest version that matters here: extra specs are in the document.
const EXTRA_SPECS: Microversion = v2(61);
/// A flavor has a description from here on.
const DESCRIPTION: Microversion = v2(55);

/// The version flavors are read and written at.
fn version(region: &Region) -> Microversion {
    region.microversion().min(EXTRA_SPECS)
}

/// Whether the region's flavors have descriptions.
pub(super) fn has_descriptions(api: &RegionApi) -> bool {
    version(api.region()) >= DESCRIPTION
}

/// Asks for a new flavor, without extra specs and access; the answer, whatever it is.
pub(super) async fn create(api: &RegionApi, flavor: &Flavor, id: &str, name: &str) -> Result<Answer, CallError> {
    let mut body = json!({ "flavor": {
        "id": id, "name": name, "vcpus": flavor.vcpus, "ram": flavor.ram_mb, "disk": flavor.disk_gb,
        "OS-FLV-EXT-DATA:ephemeral": flavor.ephemeral_gb, "swap": flavor.swap_mb,
        "rxtx_factor": if flavor.rxtx_factor > 0.0 { flavor.rxtx_factor } else { 1.0 },
        "os-flavor-access:is_public": flavor.is_public,
    } });
    if has_descriptions(api) {
        body["flavor"]["description"] = json!(flavor.description);
    }
    send(api, Method::POST, "/flavors", Some(body)).await
}

/// Deletes a flavor; one that is not there is as good as deleted.
pub(super) async fn delete(api: &RegionApi, id: &str) -> Result<(), CallError> {
    change(api, Method::DELETE, &path(id), None, StatusCode::NOT_FOUND).await.map(|_| ())
}

pub(super) async fn set_specs(api: &RegionApi, id: &str, specs: &Map<String, Value>) -> Result<(), CallError> {
    let body = json!({ "extra_specs": specs });
    let answer = send(api, Method::POST, &format!("{}/os-extra_specs", path(id)), Some(body)).await?;
    if answer.status.is_success() { Ok(()) } else { Err(failed(api, &answer)) }
}

/// False where it was not there.
pub(super) async fn unset_spec(api: &RegionApi, id: &str, key: &str) -> Result<bool, CallError> {
    let path = format!("{}/os-extra_specs/{}", path(id), segment(key));
    change(api, Method::DELETE, &path, None, StatusCode::NOT_FOUND).await
}

pub(super) async fn describe(api: &RegionApi, id: &str, description: Option<&str>) -> Result<(), CallError> {
    let body = json!({ "flavor": { "description": description } });
    let answer = send(api, Method::PUT, &path(id), Some(body)).await?;
    if answer.status.is_success() { Ok(()) } else { Err(failed(api, &answer)) }
}

/// Lets a project use a private flavor; false where it may already, or is no project any more.
pub(super) async fn grant(api: &RegionApi, id: &str, project: &str) -> Result<bool, CallError> {
    let body = json!({ "addTenantAccess": { "tenant": project } });
    let answer = send(api, Method::POST, &format!("{}/action", path(id)), Some(body)).await?;
    match answer.status {
        StatusCode::CONFLICT => Ok(false),
        StatusCode::BAD_REQUEST => {
            let (region, words) = (api.region().name(), answer.words());
            tracing::warn!(region, flavor_id = id, project, words, "a project was not given access to a flavor");
            Ok(false)
        }
        status if status.is_success() => Ok(true),
        _ => Err(failed(api, &answer)),
    }
}

/// Takes a project's access away; false where it had none.
pub(super) async fn revoke(api: &RegionApi, id: &str, project: &str) -> Result<bool, CallError> {
    let body = json!({ "removeTenantAccess": { "tenant": project } });
    change(api, Method::POST, &format!("{}/action", path(id)), Some(body), StatusCode::NOT_FOUND).await
}

/// True where it was changed, false where the answer has this status instead.
async fn change(
    api: &RegionApi,
    method: Method,
    path: &str,
    body: Option<Value>,
    needless: StatusCode,
) -> Result<bool, CallError> {
    let answer = send(api, method, path, body).await?;
    match answer.status {
        status if status == needless => Ok(false),
        status if status.is_success() => Ok(true),
        _ => Err(failed(api, &answer)),
    }
}

async fn send(api: &RegionApi, method: Method, path: &str, body: Option<Value>) -> Result<Answer, CallError> {
    api.compute(method, path, version(api.region()), body).await
}

fn path(id: &str) -> String {
    format!("/flavors/{}", segment(id))
}

/// A refusal as an error, in the region's words.
pub(super) fn failed(api: &RegionApi, answer: &Answer) -> CallError {
    let words = answer.words();
    CallError::new(api.region().name(), Sent::No, format!("it refused the flavor: {words}"))
}

/// A flavor by its id there, if there is one.
pub(super) async fn one(api: &RegionApi, id: &str) -> Result<Option<Flavor>, CallError> {
    let answer = send(api, Method::GET, &path(id), None).await?;
    if answer.status == StatusCode::NOT_FOUND {
        return Ok(None);
    }
    let document = answer.json(api.region())?;
    let unread = || CallError::new(api.region().name(), Sent::No, "its answer is no flavor");
    let mut flavor = read(&document["flavor"]).ok_or_else(unread)?;
    if version(api.region()) < EXTRA_SPECS {
        flavor.extra_specs = extra_specs(api, id).await?;
    }
    Ok(Some(flavor))
}

/// The projects that may use a private flavor.
///
/// # Errors
/// [`CallError`] where the region does not say.
pub async fn access(api: &RegionApi, id: &str) -> Result<Vec<String>, CallError> {
    let answer = send(api, Method::GET, &format!("{}/os-flavor-access", path(id)), None).await?;
    let document = answer.json(api.region())?;
    let entries = document["flavor_access"].as_array().into_iter().flatten();
    Ok(entries.filter_map(|entry| entry["tenant_id"].as_str().map(str::to_owned)).collect())
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
        let page = send(api, Method::GET, &path, None).await?.json(api.region())?;
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
    let answer = send(api, Method::GET, &format!("{}/os-extra_specs", path(id)), None).await?;
    let document = answer.json(api.region())?;
    Ok(document.get("extra_specs").filter(|specs| specs.is_object()).map_or_else(|| "{}".into(), Value::to_string))
}

/// A flavor from its document.
fn read(document: &Value) -> Option<Flavor> {
    let number = |key: &str| document[key].as_i64().and_then(|n| i32::try_from(n).ok());
    Some(Flavor {
        serial: 0,
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
        updated_at: None,
        revision: 0,
    })
}
