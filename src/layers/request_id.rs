//! Our request id: fresh for each request, on every answer, never the client's (`nova/api/compute_req_id.py`).

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use http::{HeaderMap, HeaderName, HeaderValue, Request};
use tracing::Span;
use uuid::Uuid;

use super::{HttpResult, Next};
use crate::http_body::Body;

/// What is learnt of a request on its way, for the access log and the headers of its answer.
#[derive(Debug, Default)]
pub struct Trail {
    /// `req-<uuid>`, ours.
    pub request_id: String,
    /// The client's own, where well-formed.
    pub global_request_id: Option<String>,
    /// Route template.
    pub route: OnceLock<&'static str>,
    /// Who asked: user id and project id.
    pub identity: OnceLock<(String, String)>,
    /// Around all that is logged of the request.
    pub span: OnceLock<Span>,
    /// Region and its request id, call by call.
    calls: Mutex<Vec<(String, String)>>,
}

impl Trail {
    /// Of a request that passed this layer; a blank one otherwise.
    #[must_use]
    pub fn of(request: &Request<Body>) -> Arc<Self> {
        request.extensions().get::<Arc<Self>>().cloned().unwrap_or_default()
    }

    /// A region was asked, and gave the request this id of its own, where it answered. Lines of the log have both from
    /// here on.
    pub fn reached(&self, region: &str, request_id: Option<&str>) {
        let request_id = request_id.unwrap_or("-");
        let call = (region.to_owned(), request_id.to_owned());
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        // An answer may be noted on its way more than once.
        if calls.len() < CALLS_MAX && !(request_id != "-" && calls.contains(&call)) {
            calls.push(call);
        }
        if let Some(span) = self.span.get() {
            span.record("region", region);
            span.record("region_request_id", request_id);
        }
    }

    /// The regions that were asked so far, and the request ids that they gave it (`-` where no answer came), in their
    /// order with commas between.
    #[must_use]
    pub fn regions(&self) -> (String, String) {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let join = |of: fn(&(String, String)) -> &str| calls.iter().map(of).collect::<Vec<_>>().join(",");
        (join(|call| &call.0), join(|call| &call.1))
    }
}

/// Nova's two names for it.
const NAMES: [HeaderName; 2] =
    [HeaderName::from_static("x-openstack-request-id"), HeaderName::from_static("x-compute-request-id")];
/// Ours, where the two above carry the region's.
const OURS: HeaderName = HeaderName::from_static("x-cascade-request-id");

/// Calls that are remembered; a request makes few.
const CALLS_MAX: usize = 20;

/// The request id that a region gave in its answer.
#[must_use]
pub fn given(headers: &HeaderMap) -> Option<&str> {
    NAMES.iter().find_map(|name| headers.get(name)).and_then(|value| value.to_str().ok())
}

/// Gives the request its id and puts it on the answer, unless a region's id is there already.
pub async fn layer((): (), mut request: Request<Body>, next: Next) -> HttpResult {
    let request_id = fresh();
    let global_request_id =
        request.headers().get(&NAMES[0]).and_then(|value| value.to_str().ok()).filter(|id| is_id(id));
    let global_request_id = global_request_id.map(str::to_owned);
    let trail = Arc::new(Trail { request_id: request_id.clone(), global_request_id, ..Trail::default() });
    request.extensions_mut().insert(trail);
    let mut response = next.run(request).await?;
    if let Ok(id) = HeaderValue::try_from(request_id) {
        for name in NAMES {
            response.headers_mut().entry(name).or_insert_with(|| id.clone());
        }
        response.headers_mut().insert(OURS, id);
    }
    Ok(response)
}

/// A new id of ours.
#[must_use]
pub fn fresh() -> String {
    format!("req-{}", Uuid::new_v4())
}

/// `req-` and a uuid (`oslo_middleware/request_id.py`).
fn is_id(text: &str) -> bool {
    text.strip_prefix("req-").is_some_and(|rest| rest.len() == 36 && Uuid::parse_str(rest).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_region_that_was_asked_is_told_in_order() {
        let trail = Trail::default();
        assert_eq!(trail.regions(), (String::new(), String::new()));
        trail.reached("RegionOne", None);
        for _ in 0..2 {
            trail.reached("RegionTwo", Some("req-2"));
        }
        assert_eq!(trail.regions(), ("RegionOne,RegionTwo".to_owned(), "-,req-2".to_owned()));
    }
}
