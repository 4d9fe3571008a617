//! One call to Nova: who asks what, at which microversion, and how the answer is dressed.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;
use uuid::Uuid;

use super::super::clock::http_date;
use super::super::faults::Service;
use super::super::http::{Req, Resp, decode_segment};
use super::super::journal::Journal;
use super::super::keystone::Token;
use super::super::serve::App;
use super::Nova;
use super::fault::{NovaFault, fault};
use super::routes::{self, Route};
use super::version::{self, Asked, negotiate};
use super::view::{Doc, Look, step};

/// A handler's result.
pub type Handled = Result<Resp, NovaFault>;

/// A request that has passed authentication and version choice.
pub struct Call<'a> {
    pub nova: &'a Nova,
    pub req: &'a Req,
    pub token: Arc<Token>,
    /// The `34` of microversion 2.34.
    pub minor: u32,
    /// `/<project id>` if the URL had it, else empty.
    pub project: String,
    /// The body, null if there is none.
    pub body: Value,
    /// What the answer's headers have.
    pub request_id: &'a str,
    params: HashMap<String, String>,
}

impl Call<'_> {
    /// A parameter of the path.
    pub fn param(&self, name: &str) -> &str {
        self.params.get(name).map_or("", String::as_str)
    }

    /// How documents are to look in this call.
    pub fn look(&self, doc: Doc) -> Look {
        Look {
            doc,
            minor: step(self.minor),
            admin: self.token.is_admin(),
            base: self.req.base.clone(),
            project: self.project.clone(),
        }
    }

    /// Refuses callers that are neither admin nor hold the role.
    pub fn need(&self, role: &str, rule: &str) -> Result<(), NovaFault> {
        if self.token.is_admin() || self.token.has(role) {
            return Ok(());
        }
        Err(fault(403, format!("Policy doesn't allow {rule} to be performed.")))
    }
}

impl App for Nova {
    fn service(&self) -> Service {
        Service::Nova
    }

    fn journal(&self) -> &Journal {
        &self.journal
    }

    fn route(&self, path: &str) -> Option<String> {
        let Some((_, rest)) = split(path) else { return Some(path.to_owned()) };
        let found = self.router.at(rest).ok()?;
        Some(routes::ROUTES[*found.value.first()?].path.to_owned())
    }

    fn handle(&self, req: &Req) -> Resp {
        let id = request_id();
        let resp = match split(&req.path) {
            None if req.path == "/" => return version::root(self, req),
            None if matches!(req.path.as_str(), "/v2.1" | "/v2.1/") => version::document(self, req),
            None => return version::choices(self, req),
            Some((project, rest)) => self.call(req, &id, project, rest),
        };
        self.dated(with_request_ids(resp, &id))
    }

    fn fault(&self, req: &Req, status: u16, message: &str) -> Resp {
        let minor = match negotiate(req, self.max_minor()) {
            Asked::Minor(minor) => minor,
            _ => 1,
        };
        with_request_ids(with_version(fault(status, message).into_resp(), &format!("2.{minor}")), &request_id())
    }
}

impl Nova {
    /// The region's own clock stands in its answers.
    fn dated(&self, resp: Resp) -> Resp {
        resp.with("date", &http_date(self.now()))
    }

    fn call(&self, req: &Req, request_id: &str, project: Option<&str>, rest: &str) -> Resp {
        let token = match self.keystone.authenticate(req) {
            Ok(token) => token,
            Err(resp) => return *resp,
        };
        // A path or method without a route gets the web framework's own 404, not Nova's.
        let Some((route, params)) = self.find_route(req, rest) else {
            let page = "404 Not Found\n\nThe resource could not be found.\n\n   ";
            return Resp::text(404, "text/plain; charset=UTF-8", page);
        };
        let minor = match negotiate(req, self.max_minor()) {
            Asked::Minor(minor) => minor,
            Asked::Beyond(version, fault) => return with_version(fault.into_resp(), &version),
            Asked::Malformed(fault) => return fault.into_resp(),
        };
        let prefix = project.map(|id| format!("/{id}")).unwrap_or_default();
        let mut call = Call { nova: self, req, token, minor, project: prefix, body: Value::Null, request_id, params };
        let handled = check(&mut call, route, project).and_then(|()| (route.handler)(&call));
        with_version(handled.unwrap_or_else(NovaFault::into_resp), &format!("2.{minor}"))
    }

    fn find_route(&self, req: &Req, rest: &str) -> Option<(&'static Route, HashMap<String, String>)> {
        let found = self.router.at(rest).ok()?;
        let mut routes = found.value.iter().map(|number| &routes::ROUTES[*number]);
        let route = routes.find(|route| route.method == req.method.as_str())?;
        let params = found.params.iter().map(|(key, value)| (key.to_owned(), decode_segment(value)));
        Some((route, params.collect()))
    }
}

/// What Nova checks before any handler: the URL's project, the body's form, the route's versions.
fn check(call: &mut Call, route: &Route, project: Option<&str>) -> Result<(), NovaFault> {
    let own = call.token.project_id();
    if let Some(asked) = project.filter(|asked| *asked != own) {
        let message =
            format!("Malformed request URL: URL's project_id '{asked}' doesn't match Context's project_id '{own}'");
        return Err(fault(400, message));
    }
    if !call.req.body.is_empty() {
        let kind = call.req.header("content-type").unwrap_or("text/plain");
        if !kind.starts_with("application/json") && !kind.starts_with("text/plain") {
            return Err(fault(415, "Unsupported Content-Type"));
        }
        let body = call.req.json().ok_or_else(|| fault(400, "Malformed request body"))?;
        call.body = body;
    }
    if call.minor < route.since || call.minor > route.until {
        return Err(fault(404, "The resource could not be found."));
    }
    Ok(())
}

/// `/v2.1/<project>/rest` or `/v2.1/rest`, and the same under `/v2`. A segment that is not hex is no project id.
fn split(path: &str) -> Option<(Option<&str>, &str)> {
    let at =
        ["/v2.1", "/v2"].iter().find(|root| path.strip_prefix(**root).is_some_and(|rest| rest.starts_with('/')))?.len();
    let rest = Some(&path[at + 1..]).filter(|rest| !rest.is_empty())?;
    let (first, _) = rest.split_once('/').unwrap_or((rest, ""));
    let hex = first.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b) || b == b'-');
    if hex { Some((Some(first), &path[at + 1 + first.len()..])) } else { Some((None, &path[at..])) }
}

fn with_version(resp: Resp, version: &str) -> Resp {
    resp.with("openstack-api-version", &format!("compute {version}"))
        .with("x-openstack-nova-api-version", version)
        .with("vary", "OpenStack-API-Version")
        .with("vary", "X-OpenStack-Nova-API-Version")
}

fn request_id() -> String {
    format!("req-{}", Uuid::new_v4())
}

fn with_request_ids(resp: Resp, id: &str) -> Resp {
    resp.with("x-openstack-request-id", id).with("x-compute-request-id", id)
}
