//! `/images`: Nova's proxy to Glance, to 2.35 (nova/api/openstack/compute/images.py). The images of all regions under
//! the ids they have on top; one that several regions have is shown once.

use std::collections::{HashMap, HashSet};

use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::Call;
use crate::cascade::{links, proxy};
use crate::db::equivalents::{self, Equivalent};
use crate::error::{ApiResult, Fault};
use crate::http_body::{self, Body};
use crate::query::segment;
use crate::regions::Region;

/// For api-ref.
pub const LIST_NOTE: &str =
    "The images of all regions that answer, newest first; an image known as the same in several is shown once.";

/// Ids of images, on top and in regions.
struct Ids {
    local: HashMap<(String, String), String>,
    top: HashMap<(String, String), String>,
}

impl Ids {
    fn of(rows: Vec<Equivalent>) -> Self {
        let mut ids = Self { local: HashMap::new(), top: HashMap::new() };
        for row in rows {
            ids.local.insert((row.region_id.clone(), row.top_id.clone()), row.local_id.clone());
            ids.top.insert((row.region_id, row.local_id), row.top_id);
        }
        ids
    }

    fn local(&self, region: &Region, top: &str) -> String {
        self.local.get(&(region.id().to_owned(), top.to_owned())).map_or(top, String::as_str).to_owned()
    }

    fn top(&self, region: &Region, local: &str) -> String {
        self.top.get(&(region.id().to_owned(), local.to_owned())).map_or(local, String::as_str).to_owned()
    }
}

/// `GET /images`
pub async fn index(call: Call) -> ApiResult<Response<Body>> {
    list(&call, "images", |image| json!({ "id": image["id"], "name": image["name"], "links": image["links"] })).await
}

/// `GET /images/detail`
pub async fn detail(call: Call) -> ApiResult<Response<Body>> {
    list(&call, "images/detail", Value::clone).await
}

/// The short list is made of the long one too: only that tells when an image was made, and so their order.
async fn list(call: &Call, collection: &str, view: fn(&Value) -> Value) -> ApiResult<Response<Body>> {
    let query = call.query();
    let (limit, marker) = query.page(call.app.config.api.items_per_page_max)?;
    let ids = Ids::of(equivalents::of_kind(&call.app.db, "image").await?);
    let path = format!("/images/detail?{}", query.without(&["limit", "marker"]));
    let answers = proxy::everywhere(call, |_| path.clone()).await;
    let (items, missing) = match proxy::lists(call, answers, "images").await? {
        Ok(lists) => lists,
        Err(refusal) => return Ok(refusal),
    };
    let mut images: Vec<Value> = items.into_iter().map(|(region, image)| on_top(call, &region, &ids, image)).collect();
    let mut seen = HashSet::new();
    images.retain(|image| seen.insert(image["id"].to_string()));
    images.sort_by_cached_key(|image| std::cmp::Reverse((image["created"].to_string(), image["id"].to_string())));
    let from = match marker {
        None => 0,
        Some(id) => {
            let at = images.iter().position(|image| image["id"] == id);
            at.ok_or_else(|| Fault::bad_request(format!("marker [{id}] not found")))? + 1
        }
    };
    let page: Vec<Value> = images.iter().skip(from).take(limit).map(view).collect();
    let mut answer = json!({ "images": page });
    if let Some(last) = page.last().filter(|_| page.len() == limit) {
        answer["images_links"] = call.links.next(collection, &query, last["id"].as_str().unwrap_or_default());
    }
    let mut response = http_body::json(StatusCode::OK, &answer)?;
    proxy::tell_missing(&mut response, &missing);
    Ok(response)
}

/// One image, or its metadata.
pub async fn one(mut call: Call) -> ApiResult<Response<Body>> {
    let id = call.matched.param("image_id").to_owned();
    let ids = Ids::of(equivalents::about(&call.app.db, "image", &id).await?);
    let tail = call.matched.route.path.trim_start_matches("/images/{image_id}").to_owned();
    let tail = tail.replace("{key}", &segment(call.matched.param("key")));
    let query: String = call.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let image = |region: &Region| format!("/images/{}", segment(&ids.local(region, &id)));
    let path = |region: &Region| format!("{}{tail}{query}", image(region));
    // An image's metadata can be asked for at some microversions that no longer have the image.
    let part = if tail.is_empty() { "" } else { "/metadata" };
    let probe = |region: &Region| format!("{}{part}", image(region));
    let (region, answer) = proxy::to_owner(&mut call, path, probe).await?;
    if !answer.status().is_success() || call.matched.route.path != "/images/{image_id}" || answer.status() == 204 {
        return Ok(answer);
    }
    let (parts, mut document) = links::json(&call, answer).await?;
    document["image"] = on_top(&call, &region, &ids, document["image"].take());
    links::rewritten(parts, &document)
}

/// The document with the id it has on top, and links that lead there; the one to Glance stays.
fn on_top(call: &Call, region: &Region, ids: &Ids, mut image: Value) -> Value {
    let id = ids.top(region, image["id"].as_str().unwrap_or_default());
    if let Value::Array(links) = call.links.both("images", &id) {
        let glance = image["links"].as_array().cloned().unwrap_or_default();
        let glance = glance.into_iter().filter(|link| link["rel"] == "alternate");
        image["links"] = links.into_iter().chain(glance).collect();
    }
    if let Some(server) = image["server"]["id"].as_str().map(str::to_owned) {
        image["server"]["links"] = call.links.both("servers", &server);
    }
    image["id"] = json!(id);
    image
}
