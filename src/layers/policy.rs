//! May they, and is the query one of the route's, which Nova looks at before? One place for every route: the rule of its row, held against the project of the caller, of the path, or of
//! the server that the path names. A server the caller may not see is one that does not exist.

use std::sync::Arc;

use http::{Request, header};

use super::keystone_auth::Bearer;
use super::{HttpResult, Next};
use crate::app::App;
use crate::cascade::find;
use crate::error::{ApiResult, Fault};
use crate::http_body::Body;
use crate::microversion::MIN;
use crate::query::{self, Query};
use crate::routes::{Found, Matched, Target};

/// Content types Nova reads; `text/plain` counts as none (nova/api/openstack/wsgi.py, `get_content_type`).
const CONTENT_TYPES: [&str; 3] = ["application/json", "application/vnd.openstack.compute+json", "text/plain"];

/// Checks content type, project in the path, query, and the rule; puts the server's row into the request.
pub async fn layer(app: Arc<App>, mut request: Request<Body>, next: Next) -> HttpResult {
    let Some(Found::Route(matched)) = request.extensions().get::<Found>().cloned() else {
        return next.run(request).await;
    };
    check_content_type(&request)?;
    let Some(bearer) = request.extensions().get::<Bearer>().cloned() else {
        return next.run(request).await;
    };
    check_project(&matched, &bearer)?;
    let version = request.extensions().get().copied().unwrap_or(MIN);
    let query = request.uri().query().unwrap_or_default();
    query::check_encoding(query)?;
    if let Some(parameters) = &matched.route.query {
        parameters.check(&Query::parse(query), version)?;
    }
    let rule = matched.route.rule;
    let target = match matched.route.target {
        Target::None | Target::User => None,
        Target::Caller => Some(bearer.identity.project_id.clone()),
        Target::Project => Some(matched.param("project_id").to_owned()),
        target => {
            let rule = rule.ok_or_else(|| Fault::internal("the route of a server has no rule"))?;
            let row =
                find::server(&app.db, (target, rule), matched.param("server_id"), &bearer.identity, version).await?;
            request.extensions_mut().insert(row);
            None
        }
    };
    if let (Some(rule), Some(project_id)) = (rule, target) {
        rule.require(&bearer.identity, &project_id)?;
    }
    next.run(request).await
}

fn check_content_type(request: &Request<Body>) -> ApiResult<()> {
    let Some(value) = request.headers().get(header::CONTENT_TYPE) else { return Ok(()) };
    let bare = value.to_str().unwrap_or("?").split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if bare.is_empty() || CONTENT_TYPES.contains(&bare.as_str()) {
        return Ok(());
    }
    Err(Fault::new(http::StatusCode::UNSUPPORTED_MEDIA_TYPE, "Unsupported Content-Type"))
}

fn check_project(matched: &Matched, bearer: &Bearer) -> ApiResult<()> {
    let own = Some(bearer.identity.project_id.as_str()).filter(|id| !id.is_empty());
    match &matched.project_id {
        Some(named) if Some(named.as_str()) != own => Err(Fault::bad_request(format!(
            "Malformed request URL: URL's project_id '{named}' doesn't match Context's project_id '{}'",
            own.unwrap_or("None")
        ))),
        _ => Ok(()),
    }
}
