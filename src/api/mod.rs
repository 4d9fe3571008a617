//! Nova's API classes: one folder a resource, one file a verb. Each parses, asks [`crate::cascade`] or the database
//! layer, and gives a view. No handler knows a region's URL.

pub mod availability_zones;
pub mod body;
pub mod console_tokens;
pub mod extensions;
pub mod external_events;
pub mod flavors;
pub mod gone;
pub mod images;
pub mod key_pairs;
pub mod limits;
pub mod locate;
pub mod python;
pub mod quota_classes;
pub mod quota_sets;
pub mod schema;
pub mod security_groups;
pub mod server_groups;
pub mod servers;
pub mod tenant_usage;
pub mod versions;

use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use tracing::Instrument as _;

use crate::app::App;
use crate::config::ms;
use crate::db::servers::Shown;
use crate::error::{ApiResult, Fault};
use crate::http_body::Body;
use crate::identity::{Identity, TokenText};
use crate::layers::HttpResult;
use crate::layers::keystone_auth::Bearer;
use crate::layers::panics;
use crate::layers::request_id::Trail;
use crate::layers::shares::Held;
use crate::microversion::{MIN, Microversion};
use crate::query::Query;
use crate::routes::{Found, Matched, folded};
use crate::views::links::Links;

/// One request, with what the layers found out about it.
pub struct Call {
    /// The service.
    pub app: Arc<App>,
    /// Its row of the route table.
    pub matched: Matched,
    /// Spoken version.
    pub version: Microversion,
    /// Who asks; nobody on public routes.
    pub identity: Arc<Identity>,
    /// Their token; none on public routes.
    pub token: Option<TokenText>,
    /// Ids for the log.
    pub trail: Arc<Trail>,
    /// The server that the path names; there on every route whose target is one.
    pub server: Option<Shown>,
    /// Links of the answer.
    pub links: Links,
    /// Path and query.
    pub uri: Uri,
    /// As the client sent them.
    pub headers: HeaderMap,
    /// Behind a lock only because a body cannot be shared between threads, and a call is.
    body: Mutex<Body>,
}

impl Call {
    /// The query string.
    #[must_use]
    pub fn query(&self) -> Query {
        Query::parse(self.uri.query().unwrap_or_default())
    }

    /// The server that the path names.
    ///
    /// # Errors
    /// 500 on a route whose row has another target: a mistake in the table.
    pub fn server(&self) -> ApiResult<&Shown> {
        self.server.as_ref().ok_or_else(|| Fault::internal("the route's target is no server"))
    }

    /// The caller's token.
    ///
    /// # Errors
    /// 500 on a public route: a mistake in the table.
    pub fn token(&self) -> ApiResult<&TokenText> {
        self.token.as_ref().ok_or_else(|| Fault::internal("the route asks for no token"))
    }

    /// Holds the row's rule against a project: where the handler alone finds whose the target is.
    ///
    /// # Errors
    /// 403 with the rule's name.
    pub fn require(&self, project_id: &str) -> ApiResult<()> {
        self.matched.route.rule.map_or(Ok(()), |rule| rule.require(&self.identity, project_id))
    }

    /// Refuses a caller who has no project and is no admin, where Nova's database does so behind the rules.
    ///
    /// # Errors
    /// 403 in Nova's words (`nova/exception.py`, `Forbidden`).
    pub fn require_context(&self) -> ApiResult<()> {
        if self.identity.has_context() { Ok(()) } else { Err(Fault::forbidden("Forbidden")) }
    }

    /// Takes the body out, whole.
    ///
    /// # Errors
    /// 413 above `api.body_bytes_max`, 408 after `api.body_read_timeout_ms`: the read ends with it, wherever it runs.
    pub async fn read_body(&mut self) -> ApiResult<bytes::Bytes> {
        let own = self.body.get_mut().unwrap_or_else(PoisonError::into_inner);
        let body = std::mem::replace(own, crate::http_body::empty());
        let settings = &self.app.config.api;
        let whole = crate::http_body::collect(body, settings.body_bytes_max);
        tokio::time::timeout(ms(settings.body_read_timeout_ms), whole).await.unwrap_or_else(|_| {
            Err(Fault::new(StatusCode::REQUEST_TIMEOUT, "The request body did not arrive in time."))
        })
    }
}

/// The innermost service: calls the row's handler. A change runs in a task of its own, since hyper drops a handler
/// when its client goes away, and a change that has begun must end (D2).
pub async fn dispatch(app: Arc<App>, request: Request<Body>) -> HttpResult {
    let (mut parts, body) = request.into_parts();
    let trail = parts.extensions.remove::<Arc<Trail>>().unwrap_or_default();
    let found = parts.extensions.remove::<Found>().unwrap_or(Found::Nothing);
    let prefix = app.config.api.link_prefix.clone();
    let prefix = prefix.as_deref();
    let matched = match found {
        Found::Route(matched) => matched,
        Found::Versions => return versions::list(&app, &Links::of(&parts, prefix, false, None)),
        Found::Choices => {
            return versions::choices(&Links::of(&parts, prefix, false, None), &folded(parts.uri.path()));
        }
        Found::Nothing => return Err(Fault::unrouted()),
    };
    let bearer = parts.extensions.remove::<Bearer>();
    let place = parts.extensions.remove::<Held>();
    let call = Call {
        app,
        version: parts.extensions.remove().unwrap_or(MIN),
        identity: bearer.as_ref().map(|bearer| bearer.identity.clone()).unwrap_or_default(),
        token: bearer.map(|bearer| bearer.token),
        trail,
        server: parts.extensions.remove(),
        links: Links::of(&parts, prefix, matched.compat, matched.project_id.as_deref()),
        uri: parts.uri,
        headers: parts.headers,
        body: Mutex::new(body),
        matched,
    };
    let handler = call.matched.route.handler;
    if call.matched.route.method == Method::GET {
        return handler(call).await;
    }
    let change = async move {
        let answer = handler(call).await;
        // A client that goes away does not free its project's place: the work goes on.
        drop(place);
        answer
    };
    match tokio::spawn(change.in_current_span()).await {
        Ok(result) => result,
        Err(failed) if failed.is_panic() => {
            Err(Fault::internal(format!("panic: {}", panics::text(failed.into_panic().as_ref()))))
        }
        Err(_) => Err(Fault::internal("the request's task was ended")),
    }
}

/// 200 with this JSON text.
#[must_use]
pub fn ok(text: String) -> Response<Body> {
    crate::http_body::json_bytes(StatusCode::OK, text)
}
