//! Our request id: fresh for each request, on every answer, never the client's (`nova/api/compute_req_id.py`).

use std::sync::{Arc, OnceLock};

use http::{HeaderName, HeaderValue, Request};
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
    /// Region that answered, and its request id.
    pub region: OnceLock<(String, Option<String>)>,
}

impl Trail {
    /// Of a request that passed this layer; a blank one otherwise.
    #[must_use]
    pub fn of(request: &Request<Body>) -> Arc<Self> {
        request.extensions().get::<Arc<Self>>().cloned().unwrap_or_default()
    }
}

/// Nova's two names for it.
const NAMES: [HeaderName; 2] =
    [HeaderName::from_static("x-openstack-request-id"), HeaderName::from_static("x-compute-request-id")];
/// Ours, where the two above carry the region's.
const OURS: HeaderName = HeaderName::from_static("x-cascade-request-id");

/// Gives the request its id and puts it on the answer, unless a region's id is there already.
pub async fn layer((): (), mut request: Request<Body>, next: Next) -> HttpResult {
    let request_id = format!("req-{}", Uuid::new_v4());
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

/// `req-` and a uuid (`oslo_middleware/request_id.py`).
fn is_id(text: &str) -> bool {
    text.strip_prefix("req-").is_some_and(|rest| rest.len() == 36 && Uuid::parse_str(rest).is_ok())
}
