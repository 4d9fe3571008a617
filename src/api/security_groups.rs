//! `/os-security-groups` and their rules: Nova's proxy to Neutron, to 2.35
//! (`nova/api/openstack/compute/security_groups.py`). A group is in one region; its id says in which by being there.

use std::sync::Arc;

use http::{Response, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Call, body};
use crate::cascade::{below, proxy};
use crate::error::{ApiResult, Fault};
use crate::http_body::{self, Body};
use crate::query::segment;
use crate::regions::Region;

/// `GET /os-security-groups`
pub async fn index(call: Call) -> ApiResult<Response<Body>> {
    let query = call.query();
    let (limit, _) = query.page(call.app.config.api.items_per_page_max)?;
    let offset: usize = query.get("offset").and_then(|text| text.parse().ok()).unwrap_or(0);
    let path = format!("/os-security-groups?{}", query.without(&["limit", "offset"]));
    let answers = proxy::everywhere(&call, |_| path.clone()).await;
    let (items, missing) = match proxy::lists(&call, answers, "security_groups").await? {
        Ok(lists) => lists,
        Err(refusal) => return Ok(refusal),
    };
    let mut groups: Vec<Value> = items.into_iter().map(|(_, group)| group).collect();
    groups.sort_by_cached_key(|group| (group["tenant_id"].to_string(), group["name"].to_string()));
    // Zero is no limit (nova/api/openstack/common.py, `limited`).
    let limit = if limit == 0 { call.app.config.api.items_per_page_max } else { limit };
    let page: Vec<Value> = groups.into_iter().skip(offset).take(limit).collect();
    let mut response = http_body::json(StatusCode::OK, &json!({ "security_groups": page }))?;
    proxy::tell_missing(&mut response, &missing);
    Ok(response)
}

/// `POST /os-security-groups`, in the first region that is enabled and up.
pub async fn create(mut call: Call) -> ApiResult<Response<Body>> {
    let body = call.read_body().await?;
    let regions = call.app.registry.all();
    let region = regions.iter().find(|region| region.row.state == "enabled" && region.health.down().is_none());
    let region =
        region.ok_or_else(|| Fault::unavailable("No region is up to make the security group in; try again."))?;
    proxy::send(&call, region, &below::path(&call, ""), body).await
}

/// One group.
pub async fn one(mut call: Call) -> ApiResult<Response<Body>> {
    let path = below::path(&call, "");
    Ok(proxy::to_owner(&mut call, |_| path.clone(), |_| path.clone()).await?.1)
}

/// `POST /os-security-group-rules`, in the region that has the group.
pub async fn create_rule(mut call: Call) -> ApiResult<Response<Body>> {
    let bytes = call.read_body().await?;
    let asked = body::parse(&bytes)?;
    let group = asked["security_group_rule"]["parent_group_id"].as_str().unwrap_or_default();
    // Without the id of a group any region finds what is wrong with the body.
    let probe = if Uuid::parse_str(group).is_err() {
        "/os-security-groups".into()
    } else {
        format!("/os-security-groups/{}", segment(group))
    };
    let (region, found) = proxy::best(proxy::everywhere(&call, |_| probe.clone()).await)?;
    if !found.status().is_success() {
        return Ok(found);
    }
    // Its permit of the region would be held while the next one is waited for.
    drop(found);
    proxy::send(&call, &region, &below::path(&call, ""), bytes).await
}

/// `DELETE /os-security-group-rules/{rule_id}`, in the region that has the rule.
pub async fn rule(call: Call) -> ApiResult<Response<Body>> {
    let answers = proxy::everywhere(&call, |_| "/os-security-groups".into()).await;
    let id = call.matched.param("rule_id");
    let (items, _) = match proxy::lists(&call, answers, "security_groups").await? {
        Ok(lists) => lists,
        Err(refusal) => return Ok(refusal),
    };
    let regions = call.app.registry.all();
    // A rule that no region has is refused by any of them, in its own words.
    let owner = items.iter().find(|(_, group)| has_rule(group, id)).map(|(region, _)| region);
    let owner: &Arc<Region> = owner.or_else(|| regions.first()).ok_or_else(|| Fault::not_found("No region."))?;
    proxy::send(&call, owner, &below::path(&call, ""), bytes::Bytes::new()).await
}

fn has_rule(group: &Value, id: &str) -> bool {
    group["rules"].as_array().into_iter().flatten().any(|rule| rule["id"] == id)
}
