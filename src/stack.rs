//! The tower stack: each layer in order, outermost first, and why it stands there.

use std::sync::Arc;

use bytes::Bytes;
use http::Response;
use http_body::Body as HttpBody;
use http_body_util::BodyExt;
use tower::{ServiceBuilder, service_fn};

use crate::api;
use crate::app::App;
use crate::http_body::{Body, BodyError};
use crate::layers::cors::Cors;
use crate::layers::keystone_auth::Auth;
use crate::layers::limits::Limits;
use crate::layers::shares::Shares;
use crate::layers::{
    Http, access_log, around, cors, faults, keystone_auth, limits, loop_guard, microversion, panics, policy,
    request_id, routing, shares,
};
use crate::routes::Table;

/// The service type of this endpoint in Keystone's catalog, by which access rules of application credentials name it.
const SERVICE_TYPE: &str = "compute";

/// Builds the stack over the service.
#[must_use]
pub fn build(app: &Arc<App>) -> Http {
    let table = Table::new();
    let auth = Auth { keystone: app.keystone.clone(), service_type: SERVICE_TYPE };
    let limits = Limits::new(&app.config.api);
    let dispatch = {
        let app = app.clone();
        service_fn(move |request| api::dispatch(app.clone(), request))
    };
    let inner = ServiceBuilder::new()
        // Nova negotiates before it looks at anything else, and its headers are on every answer from here inwards.
        .layer(around(app.clone(), microversion::layer))
        // Behind the identity, around all that works for the project.
        .layer(around(Shares::new(&app.config.api), shares::layer))
        // What the route asks for is known, and for a server's route so is the server: one check for all handlers.
        .layer(around(app.clone(), policy::layer))
        .service(dispatch);
    let middle = ServiceBuilder::new()
        // Nobody waits for more than the service can do, and no body is longer than it may be.
        .layer(around(limits, limits::layer))
        // Which row: the version documents need no token, everything else does.
        .layer(around(table.clone(), routing::layer))
        // In front of microversion and policy, as keystonemiddleware stands in front of Nova.
        .layer(around(auth, keystone_auth::layer))
        .service(inner);
    let guarded = ServiceBuilder::new()
        // Everything behind it can name the request.
        .layer(around((), request_id::layer))
        // Behind the id, around everything that answers.
        .layer(around(table, access_log::layer))
        // Before anything happens, and its header is on every answer.
        .layer(around(app.registry.top_id().clone(), loop_guard::layer))
        // Around all that answers, as in front of Nova: a page may read refusals too, and its preflight has no token.
        .layer(around(Cors::new(&app.config.cors), cors::layer))
        // Faults of the layers inside become answers here; those behind the microversion have become so there.
        .layer(around((), faults::layer))
        // A bug in a layer or handler is a 500 like any other.
        .map_response(|response: Response<_>| response.map(erase))
        .layer(panics::layer())
        .service(middle);
    Http::new(guarded)
}

/// Catching panics gives the body a type of its own; it is ours again from here.
fn erase<B>(body: B) -> Body
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: std::fmt::Display,
{
    body.map_err(BodyError::new).boxed_unsync()
}
