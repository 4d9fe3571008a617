//! `GET /servers/{server_id}/os-instance-actions[/{request_id}]` (`nova/api/openstack/compute/instance_actions.py`): what
//! the server's region keeps, and the top's own actions, which are older: a server has those before it has a region.

use http::{Response, StatusCode};
use serde_json::{Map, Value, json};

use super::routed;
use crate::api::Call;
use crate::cascade::links;
use crate::db::clock;
use crate::db::top_actions::{self, TopAction};
use crate::error::{ApiResult, Fault};
use crate::http_body::{self, Body};
use crate::microversion::{Microversion, v2};

/// Who is no admin sees events; actions have `updated_at` and lists pages; events have hosts; they have details.
const EVENTS_SINCE: Microversion = v2(51);
const UPDATED_SINCE: Microversion = v2(58);
const HOSTS_SINCE: Microversion = v2(62);
const DETAILS_SINCE: Microversion = v2(84);

/// The event of an action of the top.
const EVENT: &str = "cascade_place_server";

/// All of them; behind the region's own, on its last page.
pub async fn index(call: Call) -> ApiResult<Response<Body>> {
    let own = grouped(top_actions::of_server(&call.app.db, &call.server()?.id).await?);
    if own.is_empty() {
        return routed::page(&call).await;
    }
    let query = call.query();
    let marker = query.get("marker").and_then(|id| own.iter().position(|action| action[0].request_id == id));
    let since = query.get("changes-since").and_then(clock::parse_any).unwrap_or(i64::MIN);
    let before = query.get("changes-before").and_then(clock::parse_any).unwrap_or(i64::MAX);
    let wanted = own.iter().skip(marker.map_or(0, |at| at + 1));
    let wanted = wanted.filter(|action| (since..=before).contains(&updated(action)));
    let views: Vec<Value> = wanted.map(|action| Value::Object(view(&call, action))).collect();
    if marker.is_some() || call.server()?.region_id.is_none() {
        let mut answer = json!({ "instanceActions": [] });
        append(&call, &mut answer, views);
        return http_body::json(StatusCode::OK, &answer);
    }
    let response = routed::page(&call).await?;
    if !response.status().is_success() {
        return Ok(response);
    }
    let (parts, mut answer) = links::json(&call, response).await?;
    if answer.get("links").is_none() {
        append(&call, &mut answer, views);
    }
    links::rewritten(parts, &answer)
}

/// Fills a page up, with the link to what is left.
fn append(call: &Call, answer: &mut Value, mut views: Vec<Value>) {
    let query = call.query();
    let limit = query.get("limit").and_then(|limit| limit.parse().ok()).filter(|limit| *limit > 0);
    let limit = limit.filter(|_| call.version >= UPDATED_SINCE).unwrap_or(usize::MAX);
    let Some(listed) = answer.get_mut("instanceActions").and_then(Value::as_array_mut) else { return };
    let room = limit.saturating_sub(listed.len());
    let more = views.len() > room;
    views.truncate(room);
    listed.extend(views);
    let last = listed.last().and_then(|action| action["request_id"].as_str()).map(str::to_owned);
    if let Some(last) = last.filter(|_| more) {
        let collection = format!("servers/{}/os-instance-actions", call.matched.param("server_id"));
        answer["links"] = call.links.next(&collection, &query, &last);
    }
}

/// One of them. Who may see an event, and what of it, is Nova's rule of each version.
pub async fn show(call: Call) -> ApiResult<Response<Body>> {
    let own = grouped(top_actions::of_server(&call.app.db, &call.server()?.id).await?);
    let request_id = call.matched.param("request_id");
    let Some(action) = own.iter().find(|action| action[0].request_id == request_id) else {
        if call.server()?.region_id.is_none() {
            return Err(Fault::new(StatusCode::NOT_FOUND, format!("Action {request_id} not found")));
        }
        return routed::forward(call).await;
    };
    let mut view = view(&call, action);
    if call.identity.is_admin() || call.version >= EVENTS_SINCE {
        view.insert("events".into(), action.iter().map(|event| event_view(&call, event)).collect());
    }
    http_body::json(StatusCode::OK, &json!({ "instanceAction": view }))
}

/// Those of one request are events of one action, newest first.
fn grouped(actions: Vec<TopAction>) -> Vec<Vec<TopAction>> {
    let mut groups: Vec<Vec<TopAction>> = Vec::new();
    for action in actions {
        match groups.iter_mut().find(|group| group[0].request_id == action.request_id) {
            Some(group) => group.push(action),
            None => groups.push(vec![action]),
        }
    }
    groups
}

fn updated(action: &[TopAction]) -> i64 {
    action.iter().filter_map(|event| event.ended_at).max().unwrap_or(0)
}

fn view(call: &Call, action: &[TopAction]) -> Map<String, Value> {
    let newest = &action[0];
    let started = action.iter().map(|event| event.started_at).min().unwrap_or(newest.started_at);
    let mut view = Map::new();
    view.insert("action".into(), json!(newest.action));
    view.insert("instance_uuid".into(), json!(newest.server_id));
    view.insert("request_id".into(), json!(newest.request_id));
    view.insert("user_id".into(), json!(newest.user_id));
    view.insert("project_id".into(), json!(newest.project_id));
    view.insert("start_time".into(), json!(clock::naive(started)));
    view.insert("message".into(), json!(newest.message));
    if call.version >= UPDATED_SINCE {
        view.insert("updated_at".into(), json!(clock::naive(updated(action))));
    }
    view
}

fn event_view(call: &Call, event: &TopAction) -> Value {
    let mut view = Map::new();
    view.insert("event".into(), json!(EVENT));
    view.insert("start_time".into(), json!(clock::naive(event.started_at)));
    view.insert("finish_time".into(), json!(event.ended_at.map(clock::naive)));
    view.insert("result".into(), json!(if event.failed { "Error" } else { "Success" }));
    if call.identity.is_admin() {
        view.insert("traceback".into(), Value::Null);
    }
    if call.version >= HOSTS_SINCE {
        view.insert("hostId".into(), json!(""));
        if call.identity.is_admin() {
            view.insert("host".into(), Value::Null);
        }
    }
    if call.version >= DETAILS_SINCE && call.identity.is_admin() {
        view.insert("details".into(), json!(event.message));
    }
    Value::Object(view)
}
