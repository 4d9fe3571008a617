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
    /// What webob renders where no route matched: no envelope, plain text (nova/api/wsgi.py, Router).
    Unrouted,
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
}

/// Result of everything that answers a request.
pub type ApiResult<T> = Result<T, Fault>;

impl Fault {
    /// A fault in Nova's own form.
    #[must_use]
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), detail: None, shape: Shape::Nova }
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
        fault.shape = Shape::Unrouted;
        fault
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
                let fault = json!({ self.name(): { "code": code, "message": self.message } });
                ("application/json; charset=UTF-8", fault.to_string())
            }
            Shape::Keystone { .. } => {
                let title = self.status.canonical_reason().unwrap_or("Error");
                let error = json!({ "error": { "code": code, "title": title, "message": self.message } });
                ("application/json", error.to_string())
            }
            Shape::Unrouted => {
                let title = self.status.canonical_reason().unwrap_or("Error");
                ("text/plain; charset=UTF-8", format!("{code} {title}\n\n{}\n\n   ", self.message))
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
        if let Some(detail) = &self.detail {
            response.extensions_mut().insert(Detail(detail.clone()));
        }
        response
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

    #[test]
    fn an_internal_fault_keeps_its_cause_to_the_log() {
        let fault = Fault::internal("SELECT secret FROM tokens");
        let response = fault.to_response();
        assert!(!fault.message.contains("SELECT"));
        assert!(response.extensions().get::<Detail>().is_some_and(|d| d.0.contains("SELECT")));
    }
}
