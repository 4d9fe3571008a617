//! The route table: every operation as one row of data. Router, policy, microversion gate, metrics label, api-ref and
//! the tests that walk all routes read it.

use std::fmt::Write as _;
use std::ops::RangeInclusive;
use std::sync::{Arc, LazyLock};

use futures_util::future::BoxFuture;
use http::{Method, Response};

use crate::api::{self, Call};
use crate::error::ApiResult;
use crate::http_body::Body;
use crate::identity::policy::{self, Rule};
use crate::microversion::{MAX_KNOWN, MIN, Microversion};

/// Who answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Answered on top from what the top owns.
    Owned,
    /// Answered on top from rows the sync keeps.
    Merged,
    /// Placed in a region.
    Scheduled,
    /// Forwarded to the server's region.
    Routed,
}

/// Whose project a rule is held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// Nobody's: no rule applies.
    None,
    /// The caller's own.
    Caller,
    /// That of the server named `{server_id}` in the path.
    Server,
}

/// Answers one request.
pub type Handler = fn(Call) -> BoxFuture<'static, ApiResult<Response<Body>>>;

/// One operation.
pub struct Route {
    /// HTTP method.
    pub method: Method,
    /// Path behind `/v2.1` or `/v2.1/{project_id}`.
    pub path: &'static str,
    /// Microversions at which it exists.
    pub versions: RangeInclusive<Microversion>,
    /// Who answers.
    pub class: Class,
    /// The rule asked before the handler; finer rules are asked in it.
    pub rule: Option<Rule>,
    /// What the rule is held against.
    pub target: Target,
    /// For changes of a server: seconds its row counts as unsettled at least; a round ends it after that.
    pub hold_s: u64,
    /// Answers without a token.
    pub public: bool,
    /// The code.
    pub handler: Handler,
    /// One line for api-ref: what it does here and how that differs from one Nova.
    pub note: &'static str,
}

macro_rules! handler {
    ($($path:ident)::+) => {
        |call| Box::pin($($path)::+(call))
    };
}

const ALL: RangeInclusive<Microversion> = MIN..=MAX_KNOWN;

/// The table.
#[must_use]
pub fn table() -> Vec<Route> {
    let public = |path, handler, note| Route {
        method: Method::GET,
        path,
        versions: ALL,
        class: Class::Owned,
        rule: None,
        target: Target::None,
        hold_s: 0,
        public: true,
        handler,
        note,
    };
    let row = |method, path, class, rule, target, handler, note| Route {
        method,
        path,
        versions: ALL,
        class,
        rule,
        target,
        hold_s: 0,
        public: false,
        handler,
        note,
    };
    vec![
        public(
            "",
            handler!(api::versions::show),
            "The version document; its newest microversion is the lowest that every enabled region speaks.",
        ),
        row(
            Method::GET,
            "/servers",
            Class::Merged,
            Some(policy::SERVERS_INDEX),
            Target::Caller,
            handler!(api::servers::index::index),
            "From the top's rows. A filter that Nova knows and this service does not yet answers 501. The marker must \
             be a server the caller may see.",
        ),
        row(
            Method::GET,
            "/servers/detail",
            Class::Merged,
            Some(policy::SERVERS_DETAIL),
            Target::Caller,
            handler!(api::servers::index::detail),
            "As the list. Servers of a region that does not answer are shown as last known; from 2.69 on with status \
             UNKNOWN after region.unknown_after_s, below it with the header X-Cascade-Stale.",
        ),
        row(
            Method::POST,
            "/servers",
            Class::Scheduled,
            Some(policy::SERVERS_CREATE),
            Target::Caller,
            handler!(api::servers::create::create),
            "Boots in a region chosen by the selector; the server keeps the id its region gives it. Ids of networks, \
             images and flavors are replaced by those of the region.",
        ),
        row(
            Method::GET,
            "/servers/{server_id}",
            Class::Merged,
            Some(policy::SERVERS_SHOW),
            Target::Server,
            handler!(api::servers::show::show),
            "From the top's row, after a fresh round over its region while something is under way.",
        ),
        Route {
            hold_s: 1,
            ..row(
                Method::DELETE,
                "/servers/{server_id}",
                Class::Routed,
                Some(policy::SERVERS_DELETE),
                Target::Server,
                handler!(api::servers::delete::delete),
                "Forwarded to the server's region; the row stays, as deleting, until the region no longer has it.",
            )
        },
        row(
            Method::GET,
            "/servers/{server_id}/os-interface",
            Class::Merged,
            Some(policy::INTERFACES_LIST),
            Target::Server,
            handler!(api::servers::interfaces::index),
            "From the ports the sync last read in the region's Neutron.",
        ),
        row(
            Method::GET,
            "/servers/{server_id}/os-interface/{port_id}",
            Class::Merged,
            Some(policy::INTERFACES_SHOW),
            Target::Server,
            handler!(api::servers::interfaces::show),
            "From the ports the sync last read in the region's Neutron.",
        ),
        row(
            Method::GET,
            "/flavors",
            Class::Owned,
            None,
            Target::None,
            handler!(api::flavors::index),
            "The top's flavors, not the regions'.",
        ),
        row(
            Method::GET,
            "/flavors/detail",
            Class::Owned,
            None,
            Target::None,
            handler!(api::flavors::detail),
            "The top's flavors, not the regions'.",
        ),
        row(
            Method::GET,
            "/flavors/{flavor_id}",
            Class::Owned,
            None,
            Target::None,
            handler!(api::flavors::show),
            "A flavor of the top.",
        ),
    ]
}

/// A row and what its path captured.
#[derive(Clone)]
pub struct Matched {
    /// The row.
    pub route: &'static Route,
    /// The project in the path, where one was.
    pub project_id: Option<String>,
    params: Vec<(String, String)>,
}

impl Matched {
    /// A captured segment; empty where the path has none of this name.
    #[must_use]
    pub fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }
}

/// What a path and method lead to.
#[derive(Clone)]
pub enum Found {
    /// `GET /`: all versions.
    Versions,
    /// Any other path outside a version: 300 with the choices.
    Choices,
    /// A row.
    Route(Matched),
    /// Nothing: 404 behind the token.
    Nothing,
}

impl Found {
    /// Answers without a token.
    #[must_use]
    pub fn is_public(&self) -> bool {
        match self {
            Self::Versions | Self::Choices => true,
            Self::Route(matched) => matched.route.public,
            Self::Nothing => false,
        }
    }
}

/// The router over the table.
pub struct Table {
    routes: Vec<&'static Route>,
    paths: matchit::Router<Vec<&'static Route>>,
}

impl Table {
    /// Builds it over the rows, which live as long as the process.
    #[must_use]
    pub fn new() -> Arc<Self> {
        static ROWS: LazyLock<Vec<Route>> = LazyLock::new(table);
        let routes: Vec<&'static Route> = ROWS.iter().collect();
        let mut paths: matchit::Router<Vec<&'static Route>> = matchit::Router::new();
        for route in &routes {
            let path = if route.path.is_empty() { "/" } else { route.path };
            match paths.at_mut(path) {
                Ok(entry) => entry.value.push(route),
                Err(_) => {
                    let inserted = paths.insert(path, vec![*route]);
                    debug_assert!(inserted.is_ok(), "two rows of the route table overlap: {path}");
                }
            }
        }
        Arc::new(Self { routes, paths })
    }

    /// All rows.
    #[must_use]
    pub fn routes(&self) -> &[&'static Route] {
        &self.routes
    }

    /// Finds the row of a request.
    #[must_use]
    pub fn find(&self, method: &Method, path: &str) -> Found {
        let Some(rest) = path.strip_prefix("/v2.1").filter(|rest| rest.is_empty() || rest.starts_with('/')) else {
            return if path == "/" || path.is_empty() { Found::Versions } else { Found::Choices };
        };
        let (project_id, rest) = split_project(rest);
        let rest = if rest.is_empty() { "/" } else { rest };
        let Ok(entry) = self.paths.at(rest) else { return Found::Nothing };
        let Some(route) = entry.value.iter().find(|route| route.method == *method) else { return Found::Nothing };
        let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        let params = entry.params.iter().map(|(key, value)| (key.to_owned(), decode(value))).collect();
        Found::Route(Matched { route, project_id, params })
    }
}

/// Nova's `{project_id:[0-9a-f-]+}`: a first segment of these characters is a project.
fn split_project(rest: &str) -> (Option<String>, &str) {
    let Some(inner) = rest.strip_prefix('/') else { return (None, rest) };
    let (first, tail) = inner.find('/').map_or((inner, ""), |at| inner.split_at(at));
    let is_project = !first.is_empty() && first.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f' | b'-'));
    if is_project { (Some(first.to_owned()), tail) } else { (None, rest) }
}

/// The table for people: `api-ref/README.md`, which a test holds equal to it.
#[must_use]
pub fn api_ref() -> String {
    let mut text = String::from(
        "# What each route does here\n\nMade from the route table (`nova-cascade api-ref`). All paths are behind `/v2.1` \
         or `/v2.1/{project_id}`.\n\n| Method | Path | Microversions | Answered | Policy | Here, and unlike one Nova |\n\
         |---|---|---|---|---|---|\n",
    );
    for route in table() {
        let path = if route.path.is_empty() { "/" } else { route.path };
        let (first, last) = (route.versions.start(), route.versions.end());
        let rule = route.rule.map_or("none", |rule| rule.name);
        let class = format!("{:?}", route.class).to_lowercase();
        let _ =
            writeln!(text, "| {} | `{path}` | {first} – {last} | {class} | `{rule}` | {} |", route.method, route.note);
    }
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(method: Method, path: &str) -> String {
        match Table::new().find(&method, path) {
            Found::Versions => "versions".into(),
            Found::Choices => "choices".into(),
            Found::Nothing => "nothing".into(),
            Found::Route(m) => format!("{} {} {}", m.project_id.unwrap_or_default(), m.route.path, {
                m.params.iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>().join(",")
            }),
        }
    }

    #[test]
    fn paths_lead_where_novas_do() {
        assert_eq!(found(Method::GET, "/"), "versions");
        assert_eq!(found(Method::GET, "/v3"), "choices");
        assert_eq!(found(Method::GET, "/v2.1"), "  ");
        assert_eq!(found(Method::GET, "/v2.1/servers/detail"), " /servers/detail ");
        assert_eq!(found(Method::GET, "/v2.1/servers/x%20y"), " /servers/{server_id} x y");
        assert_eq!(found(Method::GET, "/v2.1/0ab1/servers"), "0ab1 /servers ");
        // Nova routes no HEAD.
        assert_eq!(found(Method::HEAD, "/v2.1/servers"), "nothing");
        assert_eq!(found(Method::PATCH, "/v2.1/servers"), "nothing");
        assert_eq!(found(Method::GET, "/v2.1/nothing"), "nothing");
    }
}
