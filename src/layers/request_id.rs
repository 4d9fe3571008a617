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
    regions: Mutex<Regions>,
}

/// Regions that a request was forwarded to, and the request ids that they gave it, in the same order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Regions {
    /// Names, with commas between.
    pub names: String,
    /// `req-…`, with commas between; `-` where no answer came.
    pub request_ids: String,
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
        let mut regions = self.regions.lock().unwrap_or_else(PoisonError::into_inner);
        let more = regions.names.len() < REACHED_MAX;
        for (list, word) in [(0, region), (1, request_id.unwrap_or("-"))].into_iter().filter(|_| more) {
            let list = if list == 0 { &mut regions.names } else { &mut regions.request_ids };
            if !list.is_empty() {
                list.push(',');
            }
            list.push_str(word);
        }
        if let Some(span) = self.span.get() {
            span.record("region", region);
            span.record("region_request_id", request_id.unwrap_or("-"));
        }
    }

    /// All that were asked so far.
    #[must_use]
    pub fn regions(&self) -> Regions {
        self.regions.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Nova's two names for it.
const NAMES: [HeaderName; 2] =
    [HeaderName::from_static("x-openstack-request-id"), HeaderName::from_static("x-compute-request-id")];
/// Ours, where the two above carry the region's.
const OURS: HeaderName = HeaderName::from_static("x-cascade-request-id");

/// Length of the list of regions from which on no more are added: a request asks few.
const REACHED_MAX: usize = 1_000;

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
        assert_eq!(trail.regions(), Regions::default());
        trail.reached("RegionOne", None);
        trail.reached("RegionTwo", Some("req-2"));
        let told = Regions { names: "RegionOne,RegionTwo".into(), request_ids: "-,req-2".into() };
        assert_eq!(trail.regions(), told);
    }
}
