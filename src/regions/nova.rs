//! A region's APIs, asked by the service account: what sync, audits and `ensure` read and write.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde_json::Value;

use super::error::{CallError, Sent};
use super::registry::Region;
use super::service::{Answer, ServiceAccount, ServiceRequest};
use crate::layers::request_id;
use crate::microversion::{LEGACY, MIN, Microversion, STANDARD};

/// The microversion of Placement whose answers we read: the first with all that Nova itself asks for (Train).
const PLACEMENT: &str = "placement 1.36";

/// One region through the service account.
#[derive(Clone)]
pub struct RegionApi {
    service: ServiceAccount,
    region: Arc<Region>,
    timeout: Duration,
}

impl RegionApi {
    /// Calls of at most `timeout` each.
    #[must_use]
    pub fn new(service: ServiceAccount, region: Arc<Region>, timeout: Duration) -> Self {
        Self { service, region, timeout }
    }

    /// The same with calls of at most `timeout`, where that is shorter.
    #[must_use]
    pub fn within(&self, timeout: Duration) -> Self {
        Self { timeout: timeout.min(self.timeout), ..self.clone() }
    }

    /// The region.
    #[must_use]
    pub fn region(&self) -> &Arc<Region> {
        &self.region
    }

    /// A call to the compute API: `path` begins after the version, with its query.
    ///
    /// # Errors
    /// [`CallError`] where no answer came; it counts against the region's health.
    pub async fn compute(
        &self,
        method: Method,
        path: &str,
        version: Microversion,
        body: Option<Value>,
    ) -> Result<Answer, CallError> {
        let mut headers = HeaderMap::new();
        for (name, value) in [(STANDARD, version.standard_header()), (LEGACY, version.to_string())] {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(name, value);
            }
        }
        let begun = Instant::now();
        let result = self.call(method, format!("{}{path}", self.region.row.compute_url), headers, body).await;
        let result = result.and_then(|answer| match self.region.recognize(&answer.headers) {
            Some(reason) => Err(CallError::new(self.region.name(), Sent::Maybe, reason)),
            None => Ok(answer),
        });
        match &result {
            // An identity service that does not answer says nothing of the region.
            Err(error) if error.target != self.region.name() => {}
            _ => self.region.health.note(result.as_ref().map(|answer| answer.status)),
        }
        if result.is_ok() {
            self.region.health.note_latency(begun.elapsed());
        }
        result
    }

    /// The newest microversion that it speaks.
    ///
    /// # Errors
    /// As [`Self::compute`].
    pub async fn newest(&self) -> Result<Microversion, CallError> {
        let document = self.compute(Method::GET, "", MIN, None).await?.json(&self.region)?;
        let unreadable = || CallError::new(self.region.name(), Sent::Maybe, "it told no version");
        let newest = document["version"]["version"].as_str().ok_or_else(unreadable)?;
        Ok(Microversion::parse(newest).unwrap_or(MIN))
    }

    /// Whether the account is still an admin there. One that lost its role is told of every server that it is not there.
    ///
    /// # Errors
    /// As [`Self::compute`].
    pub async fn has_role(&self) -> Result<bool, CallError> {
        // The services of a region are for admins alone.
        let answer = self.compute(Method::GET, "/os-services?binary=nova-compute", MIN, None).await?;
        Ok(answer.status == StatusCode::OK && answer.json(&self.region)?["services"].is_array())
    }

    /// For whoever takes something for gone because a list or a show does not have it: to an account that is no admin
    /// (any more) nothing of other projects and users is there, and Nova does not always say so
    /// (`nova/api/openstack/compute/server_groups.py`, `index`).
    ///
    /// # Errors
    /// As [`Self::compute`]; also where it is no admin.
    pub async fn require_role(&self) -> Result<(), CallError> {
        if self.has_role().await? {
            return Ok(());
        }
        let reason = "the account is no admin there, so what it is not shown may be there";
        Err(CallError::new(self.region.name(), Sent::No, reason))
    }

    /// A read from the network API: `path` begins after the version.
    ///
    /// # Errors
    /// As [`Self::compute`].
    pub async fn network(&self, path: &str) -> Result<Answer, CallError> {
        self.call(Method::GET, format!("{}/v2.0{path}", self.region.row.network_url), HeaderMap::new(), None).await
    }

    /// A read from Placement at [`PLACEMENT`]: `path` begins after the endpoint.
    ///
    /// # Errors
    /// As [`Self::compute`].
    pub async fn placement(&self, path: &str) -> Result<Answer, CallError> {
        let mut headers = HeaderMap::new();
        headers.insert(STANDARD, HeaderValue::from_static(PLACEMENT));
        self.call(Method::GET, format!("{}{path}", self.region.row.placement_url), headers, None).await
    }

    /// Goes down with an id of ours, which the region logs beside its own; where no answer came, it is all there is.
    async fn call(
        &self,
        method: Method,
        url: String,
        mut headers: HeaderMap,
        body: Option<Value>,
    ) -> Result<Answer, CallError> {
        if let Some(reason) = self.region.refusal() {
            return Err(CallError::new(self.region.name(), Sent::No, reason));
        }
        self.region.guard.sign(&mut headers);
        let body = body.map(|value| Bytes::from(value.to_string()));
        let id = request_id::fresh();
        if let Ok(value) = HeaderValue::try_from(&id) {
            headers.insert("x-openstack-request-id", value);
        }
        let request = ServiceRequest { method, url, headers, body, timeout: self.timeout };
        let answer = self.service.call(self.region.name(), request).await;
        answer.map_err(|error| CallError { reason: format!("{} ({id})", error.reason), ..error })
    }
}

impl Answer {
    /// The body of a 2xx answer as JSON.
    ///
    /// # Errors
    /// [`CallError`] with the region's own words for any other status.
    pub fn json(&self, region: &Region) -> Result<Value, CallError> {
        let wrong = |reason: String| CallError::new(region.name(), Sent::Maybe, reason);
        if !self.status.is_success() {
            return Err(wrong(format!("it answered {}: {}", self.status.as_u16(), self.words())));
        }
        serde_json::from_slice(&self.body).map_err(|_| wrong("its answer is not JSON".into()))
    }
}

impl Answer {
    /// Its refusal in its own words, with the request id by which its log has it.
    #[must_use]
    pub fn words(&self) -> String {
        let message = fault_message(self.status, &self.body);
        request_id::given(&self.headers).map_or_else(|| message.clone(), |id| format!("{message} ({id})"))
    }
}

/// The message of a fault document, in Nova's, Neutron's or Keystone's form, or in Placement's.
#[must_use]
pub fn fault_message(status: StatusCode, body: &[u8]) -> String {
    let document: Option<Value> = serde_json::from_slice(body).ok();
    let inner = document.as_ref().and_then(Value::as_object).and_then(|object| object.values().next());
    let said = inner.and_then(|fault| fault.get("message").or_else(|| fault.get(0)?.get("detail")));
    let message = said.and_then(Value::as_str);
    message.unwrap_or_else(|| status.canonical_reason().unwrap_or("no reason")).to_owned()
}
