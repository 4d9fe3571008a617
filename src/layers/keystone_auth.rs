//! Who asks. In front of everything but the version documents: a path that is not there is 401 without a token, as
//! behind keystonemiddleware.

use std::sync::Arc;

use http::Request;

use super::request_id::Trail;
use super::{HttpResult, Next};
use crate::error::Fault;
use crate::http_body::Body;
use crate::identity::keystone::{AuthError, Keystone};
use crate::identity::{Identity, TokenText, access_rules};
use crate::routes::Found;

/// Longer than any token that Keystone issues; it would not read the header.
const TOKEN_BYTES_MAX: usize = 8_192;

/// The bearer of a request's token, as a request extension.
#[derive(Clone, Debug)]
pub struct Bearer {
    /// Who.
    pub identity: Arc<Identity>,
    /// Their token.
    pub token: TokenText,
}

/// Validates `X-Auth-Token`; 401, or 503 when Keystone cannot be asked.
pub async fn layer(keystone: Keystone, mut request: Request<Body>, next: Next) -> HttpResult {
    let found = request.extensions().get::<Found>();
    if found.is_some_and(Found::is_public) {
        return next.run(request).await;
    }
    let unrouted = !matches!(found, Some(Found::Route(_)));
    let Some(value) = request.headers().get("x-auth-token") else {
        return Err(keystone.unauthorized());
    };
    if value.len() > TOKEN_BYTES_MAX {
        return Err(keystone.unauthorized());
    }
    let token = TokenText::new(value);
    let identity = match keystone.validate(&token).await {
        Ok(identity) => identity,
        Err(AuthError::Invalid) => return Err(keystone.unauthorized()),
        Err(error @ AuthError::Unavailable(_)) => {
            let fault = Fault::unavailable("The identity service cannot be asked now; try again.");
            return Err(fault.with_detail(error.to_string()));
        }
    };
    let _ = Trail::of(&request).identity.set((identity.user_id.clone(), identity.project_id.clone()));
    if let Some(rules) = &identity.access_rules
        && !access_rules::allow(rules, request.method().as_str(), request.uri().path())
    {
        return Err(keystone.unauthorized());
    }
    if unrouted {
        return Err(Fault::unrouted());
    }
    request.extensions_mut().insert(Bearer { identity, token });
    next.run(request).await
}
