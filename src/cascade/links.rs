//! Links in a region's answer that must lead to the top.

use http::{HeaderMap, HeaderValue, Method, Response, header};
use serde_json::Value;

use crate::api::Call;
use crate::error::{ApiResult, Fault};
use crate::http_body::{self, Body};

/// The same link on top; `None` for one that does not lead to the server.
fn on_top(call: &Call, local_id: &str, href: &str) -> Option<String> {
    let rest = href.split_once(&format!("/servers/{local_id}")).map(|(_, rest)| rest)?;
    let id = call.matched.param("server_id");
    Some(format!("{}{rest}", call.links.itself("servers", id)))
}

/// `Location`, where it leads to the server or a part of it; an image's stays.
pub fn location(call: &Call, local_id: &str, headers: &mut HeaderMap) {
    let there = headers.get(header::LOCATION).and_then(|value| value.to_str().ok());
    let here = there.and_then(|href| on_top(call, local_id, href));
    if let Some(value) = here.and_then(|href| HeaderValue::try_from(href).ok()) {
        headers.insert(header::LOCATION, value);
    }
}

/// `links` at the top of an answer: those of paging.
///
/// # Errors
/// 503 where the answer breaks off.
pub async fn of_page(call: &Call, local_id: &str, response: Response<Body>) -> ApiResult<Response<Body>> {
    if !response.status().is_success() {
        return Ok(response);
    }
    let (parts, mut answer) = json(call, response).await?;
    for link in answer.get_mut("links").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(href) = link["href"].as_str().and_then(|href| on_top(call, local_id, href)) {
            link["href"] = Value::String(href);
        }
    }
    rewritten(parts, &answer)
}

/// Fields of answers that name the server they are of.
const NAMED: [&str; 4] = ["serverId", "server_id", "server_uuid", "instance_uuid"];

/// The answer with the server's id on top, where that is another than in its region: after it was placed again.
///
/// # Errors
/// 503 where the answer breaks off.
pub async fn named(call: &Call, local_id: &str, response: Response<Body>) -> ApiResult<Response<Body>> {
    let id = &call.server()?.id;
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if id == local_id || !response.status().is_success() || !kind.is_some_and(|kind| kind.contains("json")) {
        return Ok(response);
    }
    let (parts, mut answer) = json(call, response).await?;
    rename(&mut answer, local_id, id);
    rewritten(parts, &answer)
}

fn rename(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, from, to)),
        Value::Object(fields) => {
            for (name, value) in fields {
                if NAMED.contains(&name.as_str()) && value == from {
                    *value = Value::String(to.to_owned());
                } else {
                    rename(value, from, to);
                }
            }
        }
        _ => {}
    }
}

/// Reads an answer whole.
///
/// # Errors
/// 503 where it breaks off, is too long, or is no JSON.
pub async fn json(call: &Call, response: Response<Body>) -> ApiResult<(http::response::Parts, Value)> {
    let (parts, body) = response.into_parts();
    let now = if *call.matched.route.method == Method::GET {
        "try again"
    } else {
        "the change may have happened; look at the server before you try again"
    };
    let unusable =
        |why: String| Fault::unavailable(format!("The region's answer could not be read; {now}.")).with_detail(why);
    let bytes = http_body::collect(body, call.app.config.region.answer_bytes_max).await;
    let bytes = bytes.map_err(|fault| unusable(fault.message))?;
    let value = serde_json::from_slice(&bytes).map_err(|error| unusable(error.to_string()))?;
    Ok((parts, value))
}

/// The answer with another body.
///
/// # Errors
/// None that can happen; a value is always JSON.
pub fn rewritten(mut parts: http::response::Parts, body: &Value) -> ApiResult<Response<Body>> {
    parts.headers.remove(header::CONTENT_LENGTH);
    Ok(Response::from_parts(parts, http_body::full(body.to_string())))
}
