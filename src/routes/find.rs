//! The router over the table.

use std::borrow::Cow;
use std::sync::Arc;

use http::Method;

use super::{Route, routes};

/// A row and what its path captured.
#[derive(Clone)]
pub struct Matched {
    /// The row.
    pub route: &'static Route,
    /// The project in the path, where one was.
    pub project_id: Option<String>,
    /// Asked under `/v2`: without microversions, and with what a body has too much left out.
    pub compat: bool,
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
            Self::Route(matched) => matched.route.public && matched.project_id.is_none(),
            Self::Nothing => false,
        }
    }
}

/// The router over the table.
pub struct Table {
    paths: matchit::Router<Vec<&'static Route>>,
    /// A segment that leads to a secret, and the template from there on.
    secrets: Vec<(&'static str, &'static str)>,
}

impl Table {
    /// Builds it.
    #[must_use]
    pub fn new() -> Arc<Self> {
        let mut paths: matchit::Router<Vec<&'static Route>> = matchit::Router::new();
        for route in routes() {
            let path = if route.path.is_empty() { "/" } else { route.path };
            if let Ok(entry) = paths.at_mut(path) {
                entry.value.push(route);
            } else {
                let inserted = paths.insert(path, vec![route]);
                debug_assert!(inserted.is_ok(), "two rows of the route table overlap: {path}");
            }
        }
        Arc::new(Self { paths, secrets: routes().flat_map(secrets).collect() })
    }

    /// A path as it may be logged. What follows a segment that leads to a secret is shown as the template has it, also
    /// where the path is none of that route: a wrong method or version makes a token no less secret.
    #[must_use]
    pub fn shown<'path>(&self, path: &'path str) -> Cow<'path, str> {
        let decoded = wholly_decoded(path);
        let mut end = 0;
        for segment in decoded.split('/') {
            end += segment.len();
            let secret = self.secrets.iter().find(|(before, _)| segment.eq_ignore_ascii_case(before));
            if let (Some((_, template)), true) = (secret, end < decoded.len()) {
                return Cow::Owned(format!("{}/{template}", decoded[..end].escape_debug()));
            }
            end += 1;
        }
        Cow::Borrowed(path)
    }

    /// Finds the row of a request; `path` is as the client sent it. It is decoded before anything is looked for in it, as
    /// by a server in front of Nova: an encoded slash is a slash, so that the row is that of the path which access rules
    /// are held against. Slashes in a row are one ([`folded`]).
    #[must_use]
    pub fn find(&self, method: &Method, path: &str) -> Found {
        let path = folded(path);
        let path = &*decode(&path);
        // A server in front of a region may take these out of the path that it gets, which is another route then.
        if path.split('/').any(|segment| matches!(segment, "." | "..")) {
            return Found::Nothing;
        }
        let below = |version| path.strip_prefix(version).filter(|rest: &&str| rest.is_empty() || rest.starts_with('/'));
        let (rest, compat) = match (below("/v2.1"), below("/v2")) {
            (Some(rest), _) => (rest, false),
            (None, Some(rest)) => (rest, true),
            _ if path == "/" || path.is_empty() => return Found::Versions,
            _ => return Found::Choices,
        };
        let (project_id, rest) = split_project(rest);
        let rest = match (rest, &project_id) {
            ("", None) => "/",
            // Nova's path of a project ends in a slash.
            ("", Some(_)) => return Found::Nothing,
            (rest, _) => rest,
        };
        let Ok(entry) = self.paths.at(rest) else { return Found::Nothing };
        // Nova's version documents stand in front of its router and look at no method; behind a project they do not.
        let any_method = |route: &Route| route.public && project_id.is_none();
        let mut routes = entry.value.iter();
        let Some(route) = routes.find(|route| route.method == method || any_method(route)) else {
            return Found::Nothing;
        };
        let params = entry.params.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        Found::Route(Matched { route, project_id, compat, params })
    }
}

/// A path in which slashes that follow each other, encoded or not, are one, as Nova's own routing has it before anything
/// looks at it (`nova/api/openstack/urlmap.py`; `normalize_url` of Paste).
#[must_use]
pub fn folded(path: &str) -> String {
    let (mut folded, mut rest) = (String::with_capacity(path.len()), path);
    while let Some(next) = rest.chars().next() {
        let encoded = rest.get(..3).is_some_and(|text| text.eq_ignore_ascii_case("%2F"));
        let taken = if encoded { 3 } else { next.len_utf8() };
        let next = if encoded { '/' } else { next };
        if next != '/' || !folded.ends_with('/') {
            folded.push(next);
        }
        rest = &rest[taken..];
    }
    folded
}

/// Decoded until there is nothing to decode: a secret that is encoded twice is one.
fn wholly_decoded(text: &str) -> String {
    let mut decoded = text.to_owned();
    loop {
        let again = decode(&decoded).into_owned();
        if again == decoded {
            return decoded;
        }
        decoded = again;
    }
}

fn decode(text: &str) -> Cow<'_, str> {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy()
}

/// The segment in front of each secret of a route, and the template from the secret on.
fn secrets(route: &'static Route) -> impl Iterator<Item = (&'static str, &'static str)> {
    route.secrets.iter().filter_map(move |name| {
        let (before, _) = route.path.split_once(&format!("/{{{name}}}"))?;
        Some((before.rsplit('/').next()?, &route.path[before.len() + 1..]))
    })
}

/// Nova's `{project_id:[0-9a-f-]+}`: a first segment of these characters is a project.
fn split_project(rest: &str) -> (Option<String>, &str) {
    let Some(inner) = rest.strip_prefix('/') else { return (None, rest) };
    let (first, tail) = inner.find('/').map_or((inner, ""), |at| inner.split_at(at));
    let is_project = !first.is_empty() && first.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f' | b'-'));
    if is_project { (Some(first.to_owned()), tail) } else { (None, rest) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(method: &Method, path: &str) -> String {
        match Table::new().find(method, path) {
            Found::Versions => "versions".into(),
            Found::Choices => "choices".into(),
            Found::Nothing => "nothing".into(),
            Found::Route(m) => {
                let params: Vec<_> = m.params.iter().map(|(_, value)| value.as_str()).collect();
                let compat = if m.compat { " compat" } else { "" };
                format!("{} {} {}{compat}", m.project_id.unwrap_or_default(), m.route.path, params.join(","))
            }
        }
    }

    #[test]
    fn paths_lead_where_novas_do() {
        assert_eq!(found(&Method::GET, "/"), "versions");
        assert_eq!(found(&Method::GET, "/v3"), "choices");
        assert_eq!(found(&Method::GET, "/v2.1"), "  ");
        assert_eq!(found(&Method::GET, "/v2.1/servers/detail"), " /servers/detail ");
        assert_eq!(found(&Method::GET, "/v2.1/servers/x%20y"), " /servers/{server_id} x y");
        assert_eq!(found(&Method::GET, "/v2.1/servers/x%252Fy"), " /servers/{server_id} x%2Fy");
        assert_eq!(found(&Method::GET, "/v2.1/servers%2Fdetail"), " /servers/detail ");
        assert_eq!(found(&Method::GET, "/v2%2E1/%73ervers"), " /servers ");
        assert_eq!(found(&Method::GET, "/v2.1/servers/x%2Fy"), "nothing");
        assert_eq!(found(&Method::GET, "/v2.1/0ab1/servers"), "0ab1 /servers ");
        assert_eq!(found(&Method::GET, "/v2/0ab1/servers"), "0ab1 /servers  compat");
        assert_eq!(found(&Method::GET, "/v2.2/servers"), "choices");
        assert_eq!(found(&Method::GET, "/v2.1/0ab1/"), "0ab1  ");
        assert_eq!(found(&Method::GET, "/v2.1/0ab1"), "nothing");
        assert_eq!(found(&Method::GET, "/v2.1//flavors/1"), " /flavors/{flavor_id} 1");
        assert_eq!(found(&Method::GET, "//v2.1///servers//detail"), " /servers/detail ");
        assert_eq!(found(&Method::GET, "/v2.1/%2Fservers%2f/detail"), " /servers/detail ");
        assert_eq!(found(&Method::GET, "/v2.1//0ab1//servers"), "0ab1 /servers ");
        assert_eq!(found(&Method::GET, "/v2.1/servers//"), "nothing");
        assert_eq!(found(&Method::GET, "//"), "versions");
        for method in [Method::HEAD, Method::POST, Method::OPTIONS] {
            assert_eq!(found(&method, "/v2.1"), "  ");
            assert_eq!(found(&method, "/v2//"), "   compat");
            assert_eq!(found(&method, "/v2.1/0ab1/"), "nothing");
        }
        // Nova's router knows a row's own method alone, and so no HEAD.
        assert_eq!(found(&Method::HEAD, "/v2.1/servers"), "nothing");
        assert_eq!(found(&Method::PATCH, "/v2.1/servers"), "nothing");
        assert_eq!(found(&Method::GET, "/v2.1/nothing"), "nothing");
    }

    #[test]
    fn a_secret_is_shown_by_its_name() {
        let table = Table::new();
        for (path, shown) in [
            ("/v2.1/os-console-auth-tokens/t0k3n", "/v2.1/os-console-auth-tokens/{token}"),
            ("/v2/0ab1/os-console-auth-tokens/t0k3n", "/v2/0ab1/os-console-auth-tokens/{token}"),
            // None of these is the route's.
            ("/os-console-auth-tokens/t0k3n", "/os-console-auth-tokens/{token}"),
            ("/v2.1/os-console-auth-tokens/t0k3n/connection", "/v2.1/os-console-auth-tokens/{token}"),
            ("/v2.1/os-console-auth-tokens//t0k3n", "/v2.1/os-console-auth-tokens/{token}"),
            ("//v3/OS-console%2Dauth-tokens/t0k3n", "//v3/OS-console-auth-tokens/{token}"),
            ("/v2.1/os-console-auth-tokens%252Ft0k3n", "/v2.1/os-console-auth-tokens/{token}"),
            ("/a%0ab/os-console-auth-tokens/t0k3n", "/a\\nb/os-console-auth-tokens/{token}"),
            // No secret in these.
            ("/v2.1/os-console-auth-tokens", "/v2.1/os-console-auth-tokens"),
            ("/v2.1/servers/a%20b/", "/v2.1/servers/a%20b/"),
            ("", ""),
        ] {
            assert_eq!(table.shown(path), shown);
        }
    }

    #[test]
    fn parameters_that_sound_secret_are_marked_so_and_follow_a_name() {
        for route in routes() {
            let names = route.path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
            for name in names.filter(|name| ["token", "password", "secret"].iter().any(|text| name.contains(text))) {
                assert!(route.secrets.contains(&name), "{name} in {}", route.path);
            }
            let found: Vec<_> = secrets(route).collect();
            assert_eq!(found.len(), route.secrets.len(), "{}", route.path);
            assert!(found.iter().all(|(before, _)| !before.is_empty() && !before.starts_with('{')), "{}", route.path);
        }
    }
}
