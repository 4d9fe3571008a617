//! A region's compute API with a user's token: what the top itself needs there, and only the user can have.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderValue, Method, header};
use serde_json::Value;

use super::error::CallError;
use super::forward::{self, Bearer, Service};
use super::registry::Region;
use super::service::Answer;
use super::upstream::Upstream;
use crate::http_body;
use crate::microversion::Microversion;

/// One region on behalf of one user.
pub struct UserApi<'a> {
    /// The way there.
    pub upstream: &'a Upstream,
    /// The region.
    pub region: &'a Arc<Region>,
    /// Whose token.
    pub bearer: &'a Bearer<'a>,
    /// For each call.
    pub timeout: Duration,
}

impl UserApi<'_> {
    /// A call: `path` begins after the version, with its query.
    ///
    /// # Errors
    /// [`CallError`] where no answer came.
    pub async fn compute(
        &self,
        method: Method,
        path: &str,
        version: Microversion,
        body: Option<Value>,
    ) -> Result<Answer, CallError> {
        let body = body.map_or_else(http_body::empty, |value| http_body::full(value.to_string()));
        let service = Service::Compute;
        let mut request = forward::request(self.region, service, method, path, Some(version), self.bearer, body)?;
        request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let (parts, body) = self.upstream.fetch(self.region, request, self.timeout).await?.into_parts();
        Ok(Answer { status: parts.status, headers: parts.headers, body })
    }
}
