//! `POST /servers/{server_id}/action`: forwards the action that the body names.

use bytes::Bytes;
use http::{Response, StatusCode};
use serde_json::Value;

use super::actions::{ACTIONS, Action};
use super::answer;
use crate::api::{Call, body};
use crate::cascade::act::{self, Change};
use crate::cascade::{alone, below, charge, find, limits, links, translate};
use crate::error::{ApiResult, Fault};
use crate::http_body::{self, Body};
use crate::views::server::Kind;

/// Checks the action's version and rule, and sends it to the server's region.
pub async fn action(mut call: Call) -> ApiResult<Response<Body>> {
    let bytes = call.read_body().await?;
    let mut body = body::action(&bytes)?;
    let action = named(&body, call.matched.route.path)?;
    if !action.versions.contains(&call.version) {
        return Err(Fault::bare(StatusCode::NOT_FOUND));
    }
    if let Some(status) = action.removed {
        return Err(Fault::bare(status));
    }
    let id = call.matched.param("server_id");
    let row = find::server(&call.app.db, (action.target, action.rule), id, &call.identity, call.version).await?;
    call.server = Some(row);
    if call.server()?.region_id.is_none() {
        return alone(&call, action).await;
    }
    let (region, local_id) = below::place(&call)?;
    let zone = translate::zone_asked(&body, action.names);
    limits::check(&call, &body, action.limits).await?;
    let raised = charge::raise(&call, call.server()?, action.charges, &body).await?;
    let translated = translate::body(&call, &region, &mut body, action.names).await;
    if translated.is_err() {
        charge::take_back(&call, &call.server()?.id, raised).await?;
    }
    let bytes = if translated? { Bytes::from(body.to_string()) } else { bytes };
    let change = Change { deletes: action.deletes, ..Change::new(&call, action.unsettles, &bytes).await? };
    let mut response = act::change(&call, &region, &below::path(&call, &local_id), bytes, &change).await?;
    if response.status().is_client_error() {
        charge::take_back(&call, &call.server()?.id, raised).await?;
    }
    if let Some(zone) = zone.filter(|_| response.status().is_success()) {
        act::pin(&call, zone.as_deref()).await?;
    }
    links::location(&call, &local_id, response.headers_mut());
    if action.shows_server { answer::server(&call, &region, response, Kind::Rebuild).await } else { Ok(response) }
}

/// Of a server that is on top alone: it can be deleted, and nothing else.
async fn alone(call: &Call, action: &Action) -> ApiResult<Response<Body>> {
    if action.deletes.is_some() && alone::delete(call).await? {
        return Ok(http_body::bare(StatusCode::ACCEPTED));
    }
    Err(alone::conflict(call.server()?, action.name.trim_start_matches("os-")))
}

/// The row of the action that the body names. `/os-volumes_boot` knows those only that Nova's servers controller has
/// itself, for its own controller inherits from that.
fn named(body: &Value, path: &str) -> ApiResult<&'static Action> {
    let name = body.as_object().and_then(|object| object.keys().next()).map_or("", String::as_str);
    let everywhere = path.starts_with("/servers/");
    let action = ACTIONS.iter().find(|action| action.name == name && (everywhere || action.inherited));
    action.ok_or_else(|| Fault::bad_request(format!("There is no such action: {name}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "/servers/{server_id}/action";

    #[test]
    fn a_body_names_one_action() {
        let refused = |text: &'static str| {
            let body = body::action(&Bytes::from_static(text.as_bytes()));
            let fault = body.and_then(|body| named(&body, PATH).map(|_| ())).expect_err("refused");
            (fault.status.as_u16(), fault.message)
        };
        let malformed = (400, "Malformed request body".to_owned());
        for text in ["", "{", "{}", "[]", "\"\"", r#"{"os-start": null, "os-stop": null}"#] {
            assert_eq!(refused(text), malformed, "{text}");
        }
        for text in ["null", "1", "[1]", "\"a\""] {
            assert_eq!(refused(text).0, 404, "{text}");
        }
        let pause = serde_json::json!({ "pause": null });
        assert!(named(&pause, PATH).is_ok() && named(&pause, "/os-volumes_boot/{server_id}/action").is_err());
        assert_eq!(refused(r#"{"dance": null}"#), (400, "There is no such action: dance".into()));
        assert!(
            body::action(&Bytes::from_static(br#"{"os-start": null}"#)).is_ok_and(|body| named(&body, PATH).is_ok())
        );
    }
}
