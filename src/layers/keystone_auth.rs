//! Who asks. In front of everything but the version documents: a path that is not there is 401 without a token, as
//! behind keystonemiddleware.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use http::{Request, StatusCode};

use super::request_id::Trail;
use super::{HttpResult, Next, limits};
use crate::client::Client;
use crate::error::Fault;
use crate::http_body::Body;
use crate::identity::keystone::{AuthError, Keystone};
use crate::identity::{Identity, TokenText, access_rules};
use crate::routes::{Found, folded};

/// Who is let in to one service's endpoint.
#[derive(Clone)]
pub struct Auth {
    /// Validates tokens.
    pub keystone: Keystone,
    /// The endpoint's service type, as access rules name it (keystonemiddleware's `service_type`).
    pub service_type: &'static str,
}

/// The bearer of a request's token, as a request extension.
#[derive(Clone, Debug)]
pub struct Bearer {
    /// Who.
    pub identity: Arc<Identity>,
    /// Their token.
    pub token: TokenText,
}

/// Validates `X-Auth-Token`; 401, or 503 when Keystone cannot be asked or too many wait for it. Every 401 from inside says
/// where to get a token, as
/// keystonemiddleware has it (`process_response`).
pub async fn layer(auth: Auth, mut request: Request<Body>, next: Next) -> HttpResult {
    let keystone = &auth.keystone;
    let found = request.extensions().get::<Found>();
    if found.is_some_and(Found::is_public) {
        return next.run(request).await;
    }
    let unrouted = !matches!(found, Some(Found::Route(_)));
    let Some(value) = request.headers().get("x-auth-token") else {
        return Err(keystone.unauthorized());
    };
    let token = TokenText::new(value);
    let address =
        request.extensions().get::<Client>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |client| client.address);
    let identity = match keystone.validate(&token, address).await {
        Ok(identity) => identity,
        Err(AuthError::Invalid) => return Err(keystone.unauthorized()),
        Err(error @ AuthError::Unavailable(_)) => {
            let fault = Fault::unavailable("The identity service cannot be asked now; try again.");
            return Err(fault.with_detail(error.to_string()).retry_after(keystone.retry_after_s()));
        }
        Err(AuthError::Busy(limit)) => return Err(limits::busy(limit)),
    };
    let _ = Trail::of(&request).identity.set((identity.user_id.clone(), identity.project_id.clone()));
    if let Some(rules) = &identity.access_rules
        && !access_rules::allow(rules, auth.service_type, request.method().as_str(), &folded(request.uri().path()))
    {
        return Err(keystone.unauthorized());
    }
    if unrouted {
        return Err(Fault::unrouted());
    }
    request.extensions_mut().insert(Bearer { identity, token });
    let mut response = next.run(request).await?;
    if response.status() == StatusCode::UNAUTHORIZED {
        keystone.challenge(response.headers_mut());
    }
    Ok(response)
}
