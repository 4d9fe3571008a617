//! Cross-origin requests of browsers, and `OPTIONS`, as oslo.middleware answers them in front of Nova
//! (`oslo_middleware/cors.py`): what the layers inside refuse of an `OPTIONS` is 200, with headers only where the request
//! is a preflight of an origin that `[cors]` allows.

use std::collections::BTreeSet;
use std::sync::Arc;

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};

use super::{HttpResult, Next};
use crate::config;
use crate::http_body::{Body, bare};

/// Headers that a page may send without being allowed to.
const SIMPLE: [&str; 8] = [
    "accept",
    "accept-language",
    "content-type",
    "cache-control",
    "content-language",
    "expires",
    "last-modified",
    "pragma",
];

/// `[cors]`, as the layer compares with it.
pub struct Cors {
    origins: BTreeSet<String>,
    credentials: bool,
    exposed: Option<HeaderValue>,
    max_age: Option<HeaderValue>,
    methods: Vec<String>,
    /// In small letters.
    headers: BTreeSet<String>,
}

impl Cors {
    /// From the configuration.
    #[must_use]
    pub fn new(settings: &config::Cors) -> Arc<Self> {
        let exposed = settings.expose_headers.join(",");
        let allowed = settings.allow_headers.iter().map(|name| name.to_ascii_lowercase());
        Arc::new(Self {
            origins: settings.allowed_origin.iter().cloned().collect(),
            credentials: settings.allow_credentials,
            exposed: HeaderValue::try_from(exposed).ok().filter(|exposed| !exposed.is_empty()),
            max_age: (settings.max_age > 0).then(|| settings.max_age.into()),
            methods: settings.allow_methods.clone(),
            headers: SIMPLE.into_iter().map(str::to_owned).chain(allowed).collect(),
        })
    }

    /// What `Access-Control-Allow-Origin` says to the request's origin, where that is allowed.
    fn origin(&self, request: &HeaderMap) -> Option<HeaderValue> {
        let origin = request.get(ORIGIN)?;
        if origin.to_str().is_ok_and(|text| self.origins.contains(text)) {
            return Some(origin.clone());
        }
        self.origins.contains("*").then(|| HeaderValue::from_static("*"))
    }

    /// The headers of every answer to a page.
    fn answer(&self, request: &HeaderMap, response: &mut HeaderMap) {
        let Some(origin) = self.origin(request) else { return };
        response.append(VARY, HeaderValue::from_static("Origin"));
        self.allow(origin, response);
        if let Some(exposed) = &self.exposed {
            response.insert(ACCESS_CONTROL_EXPOSE_HEADERS, exposed.clone());
        }
    }

    /// The headers of an answer to a preflight; none where it asks for more than is allowed.
    fn preflight(&self, request: &HeaderMap, response: &mut HeaderMap) {
        let Some(origin) = self.origin(request) else { return };
        let Some(method) = request.get(ACCESS_CONTROL_REQUEST_METHOD) else { return };
        let asked = list(request);
        let headers_allowed = asked.iter().all(|name| self.headers.contains(&name.to_ascii_lowercase()));
        if !headers_allowed || !self.methods.iter().any(|allowed| method == allowed.as_str()) {
            return;
        }
        response.insert(VARY, HeaderValue::from_static("Origin"));
        self.allow(origin, response);
        if let Some(seconds) = &self.max_age {
            response.insert(ACCESS_CONTROL_MAX_AGE, seconds.clone());
        }
        response.insert(ACCESS_CONTROL_ALLOW_METHODS, method.clone());
        if let (false, Ok(names)) = (asked.is_empty(), HeaderValue::try_from(asked.join(","))) {
            response.insert(ACCESS_CONTROL_ALLOW_HEADERS, names);
        }
    }

    fn allow(&self, origin: HeaderValue, response: &mut HeaderMap) {
        response.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        if self.credentials {
            response.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
    }
}

/// The headers that a preflight says the page will send. What is no text is a name that nothing allows.
fn list(request: &HeaderMap) -> Vec<String> {
    let values = request.get_all(ACCESS_CONTROL_REQUEST_HEADERS).iter();
    let names = values.flat_map(|value| value.to_str().unwrap_or("?").split(',').map(str::trim));
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// Answers `OPTIONS`, and adds what a page's browser looks for.
pub async fn layer(cors: Arc<Cors>, request: Request<Body>, next: Next) -> HttpResult {
    let (method, asked) = (request.method().clone(), request.headers().clone());
    let mut response = next.run(request).await?;
    if method != Method::OPTIONS {
        cors.answer(&asked, response.headers_mut());
        return Ok(response);
    }
    if !response.status().is_success() {
        response = bare(StatusCode::OK);
    }
    cors.preflight(&asked, response.headers_mut());
    Ok(response)
}
