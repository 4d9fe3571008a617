//! What is read of a server that is on top alone, in the forms of Nova for one that no host has.

use http::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::api::Call;
use crate::cascade::alone;
use crate::error::{ApiResult, Fault};
use crate::http_body::{self, Body};

/// A part of a server, from its document; `Err` is Nova's message of its 404.
type Read = fn(&Value, &Call) -> Result<Value, &'static str>;

/// By what follows `/servers/{server_id}` in the route.
const PARTS: [(&str, Read); 13] = [
    ("/ips", |_, _| Ok(json!({ "addresses": {} }))),
    ("/ips/{label}", |_, _| Err("Instance is not a member of specified network")),
    ("/metadata", |document, _| Ok(json!({ "metadata": document["metadata"] }))),
    ("/metadata/{key}", |document, call| {
        let key = call.matched.param("key");
        let value = document["metadata"].get(key).ok_or("Metadata item was not found")?;
        Ok(json!({ "meta": { key: value } }))
    }),
    ("/migrations", |_, _| Ok(json!({ "migrations": [] }))),
    ("/os-interface", |_, _| Ok(json!({ "interfaceAttachments": [] }))),
    ("/os-security-groups", |_, _| Ok(json!({ "security_groups": [] }))),
    ("/os-server-password", |_, _| Ok(json!({ "password": "" }))),
    ("/os-volume_attachments", |_, _| Ok(json!({ "volumeAttachments": [] }))),
    ("/shares", |_, _| Ok(json!({ "shares": [] }))),
    ("/tags", |document, _| Ok(json!({ "tags": document["tags"] }))),
    ("/tags/{tag}", |document, call| {
        let tag = call.matched.param("tag");
        let there = document["tags"].as_array().is_some_and(|tags| tags.iter().any(|one| one == tag));
        if there { Ok(Value::Null) } else { Err("") }
    }),
    ("/topology", |_, _| Ok(json!({ "nodes": [], "pagesize_kb": null }))),
];

/// What Nova calls the change that a route makes, where a state forbids it.
const CHANGES: [(&Method, &str, &str); 9] = [
    (&Method::PUT, "/os-volume_attachments/{volume_id}", "swap_volume"),
    (&Method::POST, "/os-volume_attachments", "attach_volume"),
    (&Method::DELETE, "/os-volume_attachments/{volume_id}", "detach_volume"),
    (&Method::POST, "/os-interface", "attach_interface"),
    (&Method::DELETE, "/os-interface/{port_id}", "detach_interface"),
    (&Method::POST, "/metadata", "update metadata"),
    (&Method::PUT, "/metadata", "update metadata"),
    (&Method::PUT, "/metadata/{key}", "update metadata"),
    (&Method::DELETE, "/metadata/{key}", "delete metadata"),
];

/// The answer to a routed call whose server no region has.
///
/// # Errors
/// 404 where it has no such part, 409 for a change.
pub fn answer(call: &Call) -> ApiResult<Response<Body>> {
    let row = call.server()?;
    let route = call.matched.route;
    let part = route.path.split_once("{server_id}").map_or("", |(_, part)| part);
    let read = PARTS.iter().find(|(path, _)| *path == part && *route.method == Method::GET);
    let Some((_, read)) = read else {
        let change = CHANGES.iter().find(|(method, path, _)| *method == route.method && *path == part);
        let name = change.map_or_else(|| part.trim_matches('/'), |(_, _, name)| name);
        return Err(alone::conflict(row, if name.is_empty() { "update" } else { name }));
    };
    let document: Value = serde_json::from_str(&row.document).unwrap_or_default();
    match read(&document, call) {
        Ok(Value::Null) => Ok(http_body::bare(StatusCode::NO_CONTENT)),
        Ok(part) => http_body::json(StatusCode::OK, &part),
        Err("") => {
            let message = format!("Server {} has no tag '{}'", row.id, call.matched.param("tag"));
            Err(Fault::new(StatusCode::NOT_FOUND, message))
        }
        Err(message) => Err(Fault::new(StatusCode::NOT_FOUND, message)),
    }
}
