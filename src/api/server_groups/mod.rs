//! `/os-server-groups` (`nova/api/openstack/compute/server_groups.py`).

mod body;

use std::collections::HashMap;

use http::{Response, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Call, body as parsing};
use crate::cascade::server_groups::{self, missing};
use crate::db::server_groups::{self as rows, ServerGroup};
use crate::error::{ApiResult, Fault};
use crate::http_body::{self, Body};
use crate::identity::policy::SERVER_GROUPS_ALL;
use crate::views::server_group::document;

/// `GET /os-server-groups`; who may not ask for those of all projects gets their own.
pub async fn index(call: Call) -> ApiResult<Response<Body>> {
    let query = call.query();
    let (offset, limit) = query.slice(call.app.config.api.items_per_page_max)?;
    let own = call.identity.project_id.as_str();
    let all = query.get("all_projects").is_some() && SERVER_GROUPS_ALL.allows(&call.identity, own);
    let groups = rows::page(&call.app.db, (!all).then_some(own), offset, limit).await?;
    http_body::json(StatusCode::OK, &json!({ "server_groups": documents(&call, &groups).await? }))
}

/// `POST /os-server-groups`
pub async fn create(mut call: Call) -> ApiResult<Response<Body>> {
    let body = parsing::parse(&call.read_body().await?)?;
    let wanted = body::read(body, call.version, call.matched.compat)?;
    let group = ServerGroup {
        id: Uuid::new_v4().to_string(),
        project_id: call.identity.project_id.clone(),
        user_id: call.identity.user_id.clone(),
        name: wanted.name,
        policy: wanted.policy,
        rules: wanted.rules,
        revision: 0,
        created_at: 0,
    };
    let fits = rows::create(&call.app.db, &call.app.config.quota, &group).await?;
    fits.map_err(|_| Fault::forbidden("Quota exceeded, too many server groups."))?;
    one(&call, &group, &[])
}

/// `GET /os-server-groups/{server_group_id}`
pub async fn show(call: Call) -> ApiResult<Response<Body>> {
    let group = found(&call).await?;
    let members = members(&call, std::slice::from_ref(&group)).await?.remove(&group.id).unwrap_or_default();
    one(&call, &group, &members)
}

/// `DELETE /os-server-groups/{server_group_id}`
pub async fn delete(call: Call) -> ApiResult<Response<Body>> {
    let group = found(&call).await?;
    server_groups::delete(&call, &group.id).await?;
    Ok(http_body::bare(StatusCode::NO_CONTENT))
}

/// The group that the path names. One of another project is none.
async fn found(call: &Call) -> ApiResult<ServerGroup> {
    let id = call.matched.param("server_group_id");
    let group = server_groups::seen(call, id).await?.ok_or_else(|| Fault::not_found(missing(id)))?;
    call.require(&group.project_id)?;
    Ok(group)
}

/// Servers that the caller sees, by group.
async fn members(call: &Call, groups: &[ServerGroup]) -> ApiResult<HashMap<String, Vec<String>>> {
    let ids: Vec<&str> = groups.iter().map(|group| group.id.as_str()).collect();
    let mut members = HashMap::<String, Vec<String>>::new();
    for member in rows::members(&call.app.db, &ids).await? {
        if call.identity.is_admin() || member.project_id == call.identity.project_id {
            members.entry(member.group_id).or_default().push(member.id);
        }
    }
    Ok(members)
}

async fn documents(call: &Call, groups: &[ServerGroup]) -> ApiResult<Vec<Value>> {
    let members = members(call, groups).await?;
    let of = |group: &ServerGroup| members.get(&group.id).map(Vec::as_slice).unwrap_or_default();
    Ok(groups.iter().map(|group| document(group, of(group), call.version)).collect())
}

fn one(call: &Call, group: &ServerGroup, members: &[String]) -> ApiResult<Response<Body>> {
    http_body::json(StatusCode::OK, &json!({ "server_group": document(group, members, call.version) }))
}
