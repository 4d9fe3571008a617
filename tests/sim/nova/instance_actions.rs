//! Instance actions: of each server the one that made it.

use serde_json::json;

use super::super::clock::iso_micros;
use super::super::http::Resp;
use super::call::{Call, Handled};
use super::page::Page;

/// `GET /servers/{id}/os-instance-actions`
pub fn index(call: &Call) -> Handled {
    let page = Page::of(call.req)?;
    let mut action = call.server(|server| {
        json!({
            "action": "create", "instance_uuid": server.id, "request_id": server.request_id,
            "user_id": server.user, "project_id": server.project, "start_time": iso_micros(server.created),
            "message": null,
        })
    })?;
    if call.minor >= 58 {
        action["updated_at"] = action["start_time"].clone();
    }
    let id = action["request_id"].as_str().unwrap_or_default().to_owned();
    let actions = if page.marker.as_ref() == Some(&id) { Vec::new() } else { vec![action] };
    let mut answer = json!({ "instanceActions": actions });
    let collection = format!("servers/{}/os-instance-actions", call.param("id"));
    if let Some(links) = page.next(call, &collection, actions.len(), Some(&id)).filter(|_| call.minor >= 58) {
        answer["links"] = links;
    }
    Ok(Resp::json(200, &answer))
}
