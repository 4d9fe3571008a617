//! Finds the row of the route table; whether a token is needed is known from here on.

use std::sync::Arc;

use http::Request;

use super::request_id::Trail;
use super::{HttpResult, Next};
use crate::http_body::Body;
use crate::routes::{Found, Table};

/// Puts what was found ([`Found`], also where nothing was) into the request.
pub async fn layer(table: Arc<Table>, mut request: Request<Body>, next: Next) -> HttpResult {
    let found = table.find(request.method(), request.uri().path());
    if let Found::Route(matched) = &found {
        let _ = Trail::of(&request).route.set(matched.route.path);
    }
    request.extensions_mut().insert(found);
    next.run(request).await
}
