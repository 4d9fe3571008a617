//! Flavors, read from the top's own (writing them is not served yet).

use http::{Response, StatusCode};
use serde_json::{Map, Value, json};

use super::Call;
use crate::db::flavors::{self as rows, Flavor};
use crate::error::{ApiResult, Fault};
use crate::http_body::{self, Body};
use crate::identity::policy::EXTRA_SPECS_INDEX;
use crate::microversion::v2;
use crate::query::{Query, boolean};
use crate::views::flavor as view;

const PARAMETERS: [&str; 7] = ["limit", "marker", "is_public", "minRam", "minDisk", "sort_key", "sort_dir"];

/// `GET /flavors`
pub async fn index(call: Call) -> ApiResult<Response<Body>> {
    list(&call, "flavors", |flavor| view::basic(flavor, &call.links, call.version)).await
}

/// `GET /flavors/detail`
pub async fn detail(call: Call) -> ApiResult<Response<Body>> {
    let extra_specs = sees_extra_specs(&call);
    list(&call, "flavors/detail", |flavor| view::detail(flavor, &call.links, call.version, extra_specs)).await
}

/// `GET /flavors/{flavor_id}`; a private one is there for the projects it is for, and for admins.
pub async fn show(call: Call) -> ApiResult<Response<Body>> {
    call.query().refuse_unknown(call.version, 102, |_| false)?;
    let id = call.matched.param("flavor_id");
    let found = rows::get(&call.app.db, id).await?;
    let flavor = found.ok_or_else(|| Fault::not_found(format!("Flavor {id} could not be found.")))?;
    if !flavor.is_public && !call.identity.is_admin() {
        let projects = rows::access(&call.app.db, id).await?;
        if !projects.contains(&call.identity.project_id) {
            return Err(Fault::not_found(format!("Flavor {id} could not be found.")));
        }
    }
    let document = view::detail(&flavor, &call.links, call.version, sees_extra_specs(&call));
    http_body::json(StatusCode::OK, &json!({ "flavor": document }))
}

fn sees_extra_specs(call: &Call) -> bool {
    EXTRA_SPECS_INDEX.allows(&call.identity, &call.identity.project_id)
}

async fn list(call: &Call, collection: &str, view: impl Fn(&Flavor) -> Value) -> ApiResult<Response<Body>> {
    let query = call.query();
    let by_name = call.version >= v2(102);
    query.refuse_unknown(call.version, 75, |key| PARAMETERS.contains(&key) || (by_name && key == "name"))?;
    let (limit, marker) = query.page(call.app.config.api.items_per_page_max)?;
    let mut flavors = wanted(call, &query, by_name).await?;
    sort(&mut flavors, &query)?;
    if let Some(marker) = marker {
        let place = flavors.iter().position(|flavor| flavor.id == marker);
        let place = place.ok_or_else(|| Fault::bad_request(format!("marker [{marker}] not found")))?;
        flavors.drain(..=place);
    }
    flavors.truncate(limit);
    let mut answer = Map::new();
    answer.insert("flavors".into(), flavors.iter().map(view).collect());
    if let Some(last) = flavors.last().filter(|_| flavors.len() == limit) {
        answer.insert("flavors_links".into(), call.links.next(collection, &query, &last.id));
    }
    http_body::json(StatusCode::OK, &Value::Object(answer))
}

/// The flavors that the caller sees and the filters let through (nova/api/openstack/compute/flavors.py, `_get_flavors`).
async fn wanted(call: &Call, query: &Query, by_name: bool) -> ApiResult<Vec<Flavor>> {
    let least = |key: &str| match query.get(key) {
        None => Ok(0),
        Some(text) => text.parse::<i64>().map_err(|_| Fault::bad_request(format!("Invalid {key} filter [{text}]"))),
    };
    let (min_ram, min_disk) = (least("minRam")?, least("minDisk")?);
    let name = query.get("name").filter(|_| by_name);
    let admin = call.identity.is_admin();
    let is_public = match query.get("is_public").filter(|_| admin) {
        None => Some(true),
        Some(text) if text.eq_ignore_ascii_case("none") => None,
        Some(text) => {
            Some(boolean(text).ok_or_else(|| Fault::bad_request(format!("Invalid is_public filter [{text}]")))?)
        }
    };
    let own = if admin { Vec::new() } else { rows::accessible(&call.app.db, &call.identity.project_id).await? };
    let mut flavors = rows::all(&call.app.db).await?;
    flavors.retain(|flavor| {
        // Private flavors that the project may use are listed with the public ones.
        let seen = is_public.is_none_or(|wanted| flavor.is_public == wanted) || own.contains(&flavor.id);
        seen && (admin || !flavor.disabled)
            && i64::from(flavor.ram_mb) >= min_ram
            && i64::from(flavor.disk_gb) >= min_disk
            && name.is_none_or(|name| flavor.name == name)
    });
    Ok(flavors)
}

fn sort(flavors: &mut [Flavor], query: &Query) -> ApiResult<()> {
    type Compare = fn(&Flavor, &Flavor) -> std::cmp::Ordering;
    /// Keys of Nova's schema (nova/api/openstack/compute/schemas/flavors.py).
    const KEYS: [(&str, Compare); 13] = [
        ("flavorid", |a, b| a.id.cmp(&b.id)),
        ("name", |a, b| a.name.cmp(&b.name)),
        ("memory_mb", |a, b| a.ram_mb.cmp(&b.ram_mb)),
        ("vcpus", |a, b| a.vcpus.cmp(&b.vcpus)),
        ("root_gb", |a, b| a.disk_gb.cmp(&b.disk_gb)),
        ("ephemeral_gb", |a, b| a.ephemeral_gb.cmp(&b.ephemeral_gb)),
        ("swap", |a, b| a.swap_mb.cmp(&b.swap_mb)),
        ("rxtx_factor", |a, b| a.rxtx_factor.total_cmp(&b.rxtx_factor)),
        ("is_public", |a, b| a.is_public.cmp(&b.is_public)),
        ("disabled", |a, b| a.disabled.cmp(&b.disabled)),
        ("created_at", |a, b| a.created_at.cmp(&b.created_at)),
        ("id", |a, b| a.created_at.cmp(&b.created_at)),
        ("updated_at", |a, b| a.created_at.cmp(&b.created_at)),
    ];
    let key = query.get("sort_key").filter(|key| !key.is_empty()).unwrap_or("flavorid");
    let compare = KEYS.iter().find(|(name, _)| *name == key).map(|(_, compare)| *compare);
    let compare = compare.ok_or_else(|| {
        crate::query::invalid("sort_key", key, &format!("'{key}' is not one of the keys that flavors are sorted by"))
    })?;
    flavors.sort_by(compare);
    match query.get("sort_dir").unwrap_or("asc") {
        "desc" => flavors.reverse(),
        "asc" | "" => {}
        other => {
            return Err(crate::query::invalid("sort_dir", other, &format!("'{other}' is not one of ['asc', 'desc']")));
        }
    }
    Ok(())
}
