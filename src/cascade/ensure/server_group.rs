//! A server group in a region, made there with the user's own token, since a group belongs to its maker's project. It
//! has a name by which it is found again after a crash, or when another process was at it at the same time.

use std::sync::Arc;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::app::App;
use crate::config::ms;
use crate::db::DbResult;
use crate::db::server_groups::{self, ServerGroup};
use crate::microversion::{MIN, Microversion, v2};
use crate::regions::forward::Bearer;
use crate::regions::{CallError, Region, Sent, UserApi};

/// A group has one policy, with rules, from here on.
const RULES: Microversion = v2(64);

/// Groups that a page of a region's list has.
pub(super) const PAGE: usize = 1_000;

/// What a group of the top is called in regions; users see the name it has on top.
#[must_use]
pub fn regional_name(id: &str) -> String {
    format!("cascade-{id}")
}

/// The group's id in the region. Questions for one group and region that come together become one.
///
/// # Errors
/// [`CallError`] where the region could not be brought to have it.
pub async fn ensure(
    app: &Arc<App>,
    region: &Arc<Region>,
    group: &ServerGroup,
    bearer: &Bearer<'_>,
) -> Result<String, CallError> {
    if let Some(local_id) = stored(region, server_groups::in_region(&app.db, &group.id, region.id()).await)? {
        return Ok(local_id);
    }
    let key = (group.id.clone(), region.id().to_owned());
    let push = push(app, region, group, bearer);
    let pushed = app.ensured_groups.try_get_with(key.clone(), push).await.map_err(|error| (*error).clone());
    // From now on the row tells it.
    app.ensured_groups.invalidate(&key).await;
    pushed
}

async fn push(
    app: &Arc<App>,
    region: &Arc<Region>,
    group: &ServerGroup,
    bearer: &Bearer<'_>,
) -> Result<String, CallError> {
    let gone = || CallError::new(region.name(), Sent::No, "the server group was deleted");
    if !stored(region, server_groups::announce(&app.db, &group.id, region.id()).await)? {
        return Err(gone());
    }
    let timeout = ms(app.config.region.lookup_timeout_ms.max(5_000));
    let api = UserApi { upstream: &app.upstream, region, bearer, timeout };
    let local_id = match find(&api, &regional_name(&group.id)).await? {
        Some(id) => id,
        None => make(&api, group).await?,
    };
    let kept = stored(region, server_groups::settle(&app.db, &group.id, region.id(), &local_id).await)?;
    if kept.as_ref() != Some(&local_id) {
        // Another process made one at the same time and was first, or the group is to be nowhere any more.
        remove(&api, &local_id).await;
    }
    tracing::info!(group_id = group.id, region = region.name(), kept, "server group is in the region");
    kept.ok_or_else(gone)
}

/// The id of the user's group of this name.
async fn find(api: &UserApi<'_>, name: &str) -> Result<Option<String>, CallError> {
    let mut offset = 0;
    loop {
        let path = format!("/os-server-groups?limit={PAGE}&offset={offset}");
        let groups = read(&api.compute(Method::GET, &path, MIN, None).await?.json(api.region)?);
        if let Some((id, _)) = groups.iter().find(|(_, other)| other == name) {
            return Ok(Some(id.clone()));
        }
        if groups.len() < PAGE {
            return Ok(None);
        }
        offset += groups.len();
    }
}

/// Ids and names of the groups on a page of a list.
pub(super) fn read(page: &Value) -> Vec<(String, String)> {
    let groups = page["server_groups"].as_array().into_iter().flatten();
    groups.filter_map(|group| Some((group["id"].as_str()?.to_owned(), group["name"].as_str()?.to_owned()))).collect()
}

async fn make(api: &UserApi<'_>, group: &ServerGroup) -> Result<String, CallError> {
    let version = api.region.microversion().min(RULES);
    let (name, rules) = (regional_name(&group.id), group.rules());
    let group = if version >= RULES {
        json!({ "name": name, "policy": group.policy, "rules": rules })
    } else if rules.is_empty() {
        json!({ "name": name, "policies": [group.policy] })
    } else {
        return Err(CallError::new(api.region.name(), Sent::No, "it does not know the rules of server groups"));
    };
    let body = json!({ "server_group": group });
    let answer = api.compute(Method::POST, "/os-server-groups", version, Some(body)).await?.json(api.region)?;
    let id = answer["server_group"]["id"].as_str().map(str::to_owned);
    id.ok_or_else(|| CallError::new(api.region.name(), Sent::Maybe, "it made a server group and did not say its id"))
}

/// Deletes a group in the region. One that cannot be deleted now is left to the audit.
pub async fn remove(api: &UserApi<'_>, local_id: &str) {
    let answer = api.compute(Method::DELETE, &format!("/os-server-groups/{local_id}"), MIN, None).await;
    let reason = match answer {
        Ok(answer) if answer.status.is_success() || answer.status == StatusCode::NOT_FOUND => return,
        Ok(answer) => answer.words(),
        Err(error) => error.reason,
    };
    tracing::warn!(region = api.region.name(), local_id, reason, "a server group could not be deleted in its region");
}

/// What the database says, as the region's failure: the boot goes elsewhere.
pub(super) fn stored<T>(region: &Region, result: DbResult<T>) -> Result<T, CallError> {
    result.map_err(|error| CallError::new(region.name(), Sent::No, error.to_string()))
}
