//! Which microversion is spoken, and whether the route exists at it. Its headers go on every answer from here inwards,
//! faults too (nova/api/openstack/wsgi.py, `_process_stack`).

use std::sync::Arc;

use http::{HeaderMap, HeaderValue, Request, header};

use super::{HttpResult, Next};
use crate::app::App;
use crate::error::Fault;
use crate::http_body::Body;
use crate::microversion::{self, Asked, LEGACY, Microversion, STANDARD};
use crate::routes::Found;

/// Negotiates; puts the [`Microversion`] into the request.
pub async fn layer(app: Arc<App>, mut request: Request<Body>, next: Next) -> HttpResult {
    let Some(Found::Route(matched)) = request.extensions().get::<Found>() else {
        return next.run(request).await;
    };
    let (route, compat) = (matched.route, matched.compat);
    // Under /v2 the headers are neither read nor sent (nova/api/openstack/__init__.py, LegacyV2CompatibleWrapper).
    let asked = if compat { Asked::Nothing } else { microversion::asked(request.headers())? };
    let newest = app.microversion();
    let version = match microversion::settle(asked, newest) {
        Ok(version) => version,
        Err(fault) => {
            let mut response = fault.to_response();
            if let Asked::Version(asked) = asked {
                announce(response.headers_mut(), asked);
            }
            return Ok(response);
        }
    };
    request.extensions_mut().insert(version);
    let result = if route.versions.contains(&version) {
        next.run(request).await
    } else {
        Err(Fault::not_found("The resource could not be found."))
    };
    let mut response = result.unwrap_or_else(|fault| fault.to_response());
    if !compat {
        announce(response.headers_mut(), version);
    }
    Ok(response)
}

fn announce(headers: &mut HeaderMap, version: Microversion) {
    for (name, value) in [(STANDARD, version.standard_header()), (LEGACY, version.to_string())] {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    }
    headers.append(header::VARY, HeaderValue::from_static("OpenStack-API-Version"));
    headers.append(header::VARY, HeaderValue::from_static("X-OpenStack-Nova-API-Version"));
}
