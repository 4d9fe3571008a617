//! Faults: what the client is told, and beside it what only the operator reads.
//!
//! Every layer and handler returns a [`Fault`] (or an error that turns into one); it is rendered once, by
//! [`crate::layers::faults`]. The two texts never mix: `message` is shown, `detail` goes to the log.

use http::{HeaderValue, Response, StatusCode, header};
use serde_json::json;

use crate::http_body::{Body, full};

/// How a fault's body looks on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `{"itemNotFound": {"code": 404, "message": "…"}}` (nova/api/openstack/wsgi.py, class Fault).
    Nova,
    /// `{"error": {"code": 401, "title": "…", "message": "…"}}` with this `WWW-Authenticate`
    /// (keystonemiddleware answers before Nova does).
    Keystone {
        /// Value of `WWW-Authenticate`.
        challenge: String,
    },
    /// What webob renders where no route matched: no envelope, in the form that the client accepts (nova/api/wsgi.py,
    /// Router).
    Unrouted(Form),
}

/// What webob offers for an answer of its own (webob/exc.py, `generate_response`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// Where the client says nothing, or accepts neither of the others.
    #[default]
    Plain,
    /// `text/html`, first among equals.
    Html,
    /// `application/json`
    Json,
}

impl Form {
    /// The one that an `Accept` header asks for.
    #[must_use]
    pub fn accepted(accept: Option<&str>) -> Self {
        let ranges: Vec<(&str, f32)> = accept.unwrap_or_default().split(',').map(quality).collect();
        let wanted = |kind: &str, any: &str| {
            let of = |range: &str| ranges.iter().find(|(name, _)| name.eq_ignore_ascii_case(range));
            [kind, any, "*/*"].into_iter().find_map(of).map_or(0.0, |(_, quality)| *quality)
        };
        let (html, json) = (wanted("text/html", "text/*"), wanted("application/json", "application/*"));
        match (html > 0.0, json > html) {
            (_, true) => Self::Json,
            (true, false) => Self::Html,
            (false, false) => Self::Plain,
        }
    }
}

/// A range of an `Accept` header and how much it is wanted.
fn quality(range: &str) -> (&str, f32) {
    let mut parts = range.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let quality = parts.find_map(|part| part.strip_prefix("q="));
    (name, quality.map_or(1.0, |text| text.parse().unwrap_or(0.0)))
}

/// An answer that is not a success.
#[derive(Clone, Debug)]
pub struct Fault {
    /// HTTP status of the answer.
    pub status: StatusCode,
    /// Shown to the client. Never holds a token, a password, SQL or a URL of a region.
    pub message: String,
    /// For the operator's log only.
    pub detail: Option<String>,
    /// The body's form.
    pub shape: Shape,
    /// Seconds after which the client may ask again: `Retry-After` (RFC 9110, 10.2.3). Only where nothing was done.
    pub retry_after_s: Option<u64>,
}

/// Result of everything that answers a request.
pub type ApiResult<T> = Result<T, Fault>;

impl Fault {
    /// A fault in Nova's own form.
    #[must_use]
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), detail: None, shape: Shape::Nova, retry_after_s: None }
    }

    /// 400 `badRequest`.
    #[must_use]
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// 403 `forbidden`.
    #[must_use]
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    /// 404 `itemNotFound`.
    #[must_use]
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// 404 in Nova's words for a server that the caller may not see or that does not exist.
    #[must_use]
    pub fn no_server(id: &str) -> Self {
        Self::not_found(format!("Instance {id} could not be found."))
    }

    /// The same where Nova asks its mapping of servers to cells (`InstanceMappingNotFound`).
    #[must_use]
    pub fn no_mapping(id: &str) -> Self {
        Self::not_found(format!("Instance {id} has no mapping to a cell."))
    }

    /// A status in webob's words, which Nova gives where it says nothing more (webob/exc.py).
    #[must_use]
    pub fn bare(status: StatusCode) -> Self {
        let message = match status {
            StatusCode::BAD_REQUEST => {
                "The server could not comply with the request since it is either malformed or otherwise incorrect."
            }
            StatusCode::GONE => "This resource is no longer available. No forwarding address is given.",
            _ => "The resource could not be found.",
        };
        Self::new(status, message)
    }

    /// 501 `notImplemented`.
    #[must_use]
    pub fn not_implemented(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_IMPLEMENTED, message)
    }

    /// 503 `serviceUnavailable`.
    #[must_use]
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, message)
    }

    /// 429 `overLimit`, as Nova's `RateLimitFault` was and as oslo's limits are answered (nova/api/openstack/wsgi.py).
    #[must_use]
    pub fn over_limit(message: impl Into<String>) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, message)
    }

    /// With `Retry-After`: for clients that ask again by themselves, so only where nothing was done.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// 500 with a text that names nothing inside; the cause goes to the log.
    #[must_use]
    pub fn internal(detail: impl Into<String>) -> Self {
        let message = "Unexpected API Error. The operator finds the cause in the log by this request's id.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, message).with_detail(detail)
    }

    /// 404 for a path or method that no route serves.
    #[must_use]
    pub fn unrouted() -> Self {
        let mut fault = Self::not_found("The resource could not be found.");
        fault.shape = Shape::Unrouted(Form::default());
        fault
    }

    /// In the form that the client accepts, where that makes a difference.
    #[must_use]
    pub fn for_client(mut self, accept: Option<&str>) -> Self {
        if let Shape::Unrouted(form) = &mut self.shape {
            *form = Form::accepted(accept);
        }
        self
    }

    /// Adds what the operator should read in the log.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The envelope's key (nova/api/openstack/wsgi.py, `_fault_names`).
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self.status.as_u16() {
            400 => "badRequest",
            401 => "unauthorized",
            403 => "forbidden",
            404 => "itemNotFound",
            405 => "badMethod",
            409 => "conflictingRequest",
            413 | 429 => "overLimit",
            415 => "badMediaType",
            501 => "notImplemented",
            503 => "serviceUnavailable",
            _ => "computeFault",
        }
    }

    /// The HTTP answer.
    #[must_use]
    pub fn to_response(&self) -> Response<Body> {
        let code = self.status.as_u16();
        let (content_type, body) = match &self.shape {
            Shape::Nova => {
                let mut fault = json!({ "code": code, "message": self.message });
                // Nova says it in the body too, as text, for these two (nova/api/openstack/wsgi.py, class Fault).
                if let (413 | 429, Some(seconds)) = (code, self.retry_after_s) {
                    fault["retryAfter"] = json!(seconds.to_string());
                }
                ("application/json; charset=UTF-8", json!({ self.name(): fault }).to_string())
            }
            Shape::Keystone { .. } => {
                let title = self.status.canonical_reason().unwrap_or("Error");
                let error = json!({ "error": { "code": code, "title": title, "message": self.message } });
                ("application/json", error.to_string())
            }
            Shape::Unrouted(form) => {
                let title = self.status.canonical_reason().unwrap_or("Error");
                unrouted(*form, &format!("{code} {title}"), title, &self.message)
            }
        };
        let mut response = Response::new(full(body));
        *response.status_mut() = self.status;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        if let Shape::Keystone { challenge } = &self.shape
            && let Ok(value) = HeaderValue::from_str(challenge)
        {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
        }
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(detail) = &self.detail {
            response.extensions_mut().insert(Detail(detail.clone()));
        }
        response
    }
}

/// webob's pages, to the space.
fn unrouted(form: Form, status: &str, title: &str, message: &str) -> (&'static str, String) {
    match form {
        Form::Plain => ("text/plain; charset=UTF-8", format!("{status}\n\n{message}\n\n   ")),
        Form::Html => (
            "text/html; charset=UTF-8",
            format!(
                "<html>\n <head>\n  <title>{status}</title>\n </head>\n <body>\n  <h1>{status}</h1>\n  \
                 {message}<br /><br />\n\n\n\n </body>\n</html>"
            ),
        ),
        Form::Json => {
            let message = format!("{message}<br /><br />\n\n\n");
            ("application/json", json!({ "message": message, "code": status, "title": title }).to_string())
        }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.status.as_u16(), self.message)
    }
}

impl std::error::Error for Fault {}

/// The operator's half of a fault, carried to the access log as a response extension.
#[derive(Clone, Debug)]
pub struct Detail(pub String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn envelopes_are_novas() {
        let names: Vec<_> = [400, 401, 403, 404, 405, 406, 409, 413, 415, 429, 500, 501, 503]
            .map(|code| Fault::new(StatusCode::from_u16(code).expect("a status"), "").name())
            .to_vec();
        let expected = "badRequest unauthorized forbidden itemNotFound badMethod computeFault conflictingRequest \
                        overLimit badMediaType overLimit computeFault notImplemented serviceUnavailable";
        assert_eq!(names, expected.split_whitespace().collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn one_too_many_is_told_when_to_ask_again() {
        let response = Fault::over_limit("Too many.").retry_after(1).to_response();
        assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (429, &HeaderValue::from(1_u64)));
        let body = crate::http_body::collect(response.into_body(), 1_000).await.expect("a body");
        assert_eq!(body, r#"{"overLimit":{"code":429,"message":"Too many.","retryAfter":"1"}}"#);
    }

    #[test]
    fn an_unknown_path_is_answered_as_webob_does() {
        let form = |accept| Form::accepted(Some(accept));
        assert_eq!(Form::accepted(None), Form::Plain);
        assert_eq!(form("text/plain"), Form::Plain);
        assert_eq!(form("*/*"), Form::Html);
        assert_eq!(form("application/json"), Form::Json);
        assert_eq!(form("application/json;q=0.5, text/*"), Form::Html);
        assert_eq!(form("text/html;q=0, */*;q=0.1"), Form::Json);
    }

    #[test]
    fn an_internal_fault_keeps_its_cause_to_the_log() {
        let fault = Fault::internal("SELECT secret FROM tokens");
        let response = fault.to_response();
        assert!(!fault.message.contains("SELECT"));
        assert!(response.extensions().get::<Detail>().is_some_and(|d| d.0.contains("SELECT")));
    }
}
