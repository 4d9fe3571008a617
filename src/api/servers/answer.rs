//! A region's answer that is a server's document, in the top's words: the fields it has replace those of the row, and
//! one table ([`crate::views::server`]) says which of them an answer of its kind shows.

use std::fmt::Write as _;
use std::sync::Arc;

use http::{HeaderValue, Response, header};
use serde_json::Value;

use super::audience;
use crate::api::Call;
use crate::cascade::links;
use crate::error::{ApiResult, Fault};
use crate::http_body::{self, Body};
use crate::regions::Region;
use crate::sync::names;
use crate::views::server::{self as view, Aside, Kind, document};

/// The answer to an update or a rebuild; a refusal as it is.
///
/// # Errors
/// 503 where the answer breaks off.
pub async fn server(
    call: &Call,
    region: &Arc<Region>,
    response: Response<Body>,
    kind: Kind,
) -> ApiResult<Response<Body>> {
    if !response.status().is_success() {
        return Ok(response);
    }
    let (mut parts, answer) = links::json(call, response).await?;
    let mut row = call.server()?.clone();
    let names = names::of_region(&call.app, region.id()).await?;
    row.document = document::overlaid(&row.document, &answer["server"], &names);
    let audience = audience(call, &row.project_id);
    let user_data = answer["server"]["OS-EXT-SRV-ATTR:user_data"].as_str();
    let mut out = String::from("{\"server\":");
    if !view::detail(&mut out, &row, kind, &audience, Aside { unknown: false, user_data }) {
        return Err(Fault::internal(format!("the stored document of server {} cannot be read", row.id)));
    }
    if kind == Kind::Rebuild {
        push_once(&mut out, &answer["server"]);
        let location = call.links.itself("servers", &row.id);
        parts
            .headers
            .insert(header::LOCATION, HeaderValue::try_from(location).map_err(|_| Fault::internal("no link"))?);
    }
    out.push('}');
    parts.headers.remove(header::CONTENT_LENGTH);
    Ok(Response::from_parts(parts, http_body::full(out)))
}

/// Adds what only the answer to a rebuild has: the new password, and the user data from 2.57 on.
fn push_once(out: &mut String, answer: &Value) {
    for key in ["adminPass", "user_data"] {
        if let Some(value) = answer.get(key) {
            out.pop();
            let _ = write!(out, ",\"{key}\":{value}}}");
        }
    }
}
