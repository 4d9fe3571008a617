//! The steps of one server's boot. Before each that leaves this process the intent says what is about to happen, so that
//! after a crash at any point [`super::recover`] knows what may exist and where.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use serde_json::{Value, json};

use super::nowhere::{self, Verdict};
use super::order::Order;
use super::outcome::{self, Outcome};
use super::search::{self, Settled};
use super::{pushed, row, stranded, translate};
use crate::config::ms;
use crate::db::intents::{self, Intent, phase};
use crate::db::mappings;
use crate::db::server_groups::{self, Claim};
use crate::error::{ApiResult, Fault};
use crate::http_body;
use crate::layers::request_id;
use crate::regions::forward::{self, Service};
use crate::regions::{CallError, Region, Sent};
use crate::selector::{Candidate, GROUP_ELSEWHERE, Reason, Selection};

/// Regions that took none of a request's servers, and why: its other servers do not ask them again.
#[derive(Debug, Default)]
pub struct Passed(Mutex<BTreeMap<String, Reason>>);

impl Passed {
    /// Notes that a region did not take one.
    pub fn add(&self, region: &str, reason: Reason) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(region.to_owned(), reason);
    }

    /// All so far, by name.
    #[must_use]
    pub fn all(&self) -> Vec<(String, Reason)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone().into_iter().collect()
    }

    fn has(&self, region: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains_key(region)
    }

    fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl Clone for Passed {
    fn clone(&self) -> Self {
        Self(Mutex::new(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()))
    }
}

/// A server that stands.
#[derive(Debug)]
pub struct Made {
    /// Its id on top.
    pub id: String,
    /// Where it is, and the headers of that region's answer; none for one in ERROR on top alone.
    pub place: Option<(Arc<Region>, HeaderMap)>,
    /// `server` of the answer.
    pub server: Value,
}

/// How one server's boot ended.
#[derive(Debug)]
pub enum Ended {
    /// It stands.
    Made(Made),
    /// It may stand; it is looked for, and is in the list of servers if it does.
    Unknown(Fault),
    /// There is none.
    None(Fault),
}

/// The boot of one server of a request.
#[derive(Clone)]
pub struct Saga {
    /// What was asked for.
    pub order: Arc<Order>,
    /// Open; stands for the server.
    pub intent: Intent,
    /// Given to all servers of a request; none: the region makes one, or the body has one.
    pub password: Option<String>,
    /// See [`Passed`].
    pub passed: Arc<Passed>,
    /// Where it may go.
    pub selection: Selection,
}

impl Saga {
    /// Boots it.
    ///
    /// # Errors
    /// What the database says; where a region may have the server, the intent is left to [`super::recover`].
    pub async fn run(&self) -> ApiResult<Ended> {
        let db = &self.order.call.app.db;
        let ended = match self.attempts().await {
            Err(fault) if intents::break_off(db, &self.intent.id).await? => {
                let (request_id, intent) = (&self.order.call.trail.request_id, &self.intent.id);
                let reason = fault.message.as_str();
                tracing::error!(request_id, intent, reason, "a boot was broken off; its server is looked for");
                return Ok(Ended::Unknown(fault));
            }
            ended => ended,
        };
        // That of a server that is placed again ends where it was placed.
        if matches!(ended, Err(_) | Ok(Ended::None(_))) && self.intent.server_id.is_none() {
            intents::close(db, &self.intent.id).await?;
        }
        ended
    }

    async fn attempts(&self) -> ApiResult<Ended> {
        let app = &self.order.call.app;
        for candidate in self.selection.in_turn() {
            if self.passed.count() >= app.config.boot.regions_tried_max {
                break;
            }
            if self.passed.has(candidate.region.name()) {
                continue;
            }
            match self.take(&candidate.region).await? {
                Claim::Sending => {}
                Claim::Elsewhere => {
                    self.passed.add(candidate.region.name(), Reason::full(GROUP_ELSEWHERE));
                    continue;
                }
                Claim::Gone => {
                    let message = "The boot waited for so long that it was given up; try again.";
                    return Ok(Ended::None(Fault::unavailable(message)));
                }
            }
            match self.attempt(candidate).await? {
                Outcome::Accepted { headers, server } => return self.accepted(candidate, headers, server).await,
                Outcome::Refused { status, message } => return Ok(Ended::None(Fault::new(status, message))),
                Outcome::Elsewhere(reason) => self.passed.add(candidate.region.name(), reason),
                Outcome::Failed { message } => {
                    app.selector.failures.note(candidate.region.id(), &self.order.flavor.id);
                    return self.failed(candidate, &message).await;
                }
                Outcome::Unknown { reason } => {
                    // One that says so little must not get the next boots as well.
                    app.selector.failures.note(candidate.region.id(), &self.order.flavor.id);
                    return self.unknown(candidate, &reason).await;
                }
            }
        }
        self.nowhere().await
    }

    /// No region takes it. A server that is placed again has its row, and whoever placed it ends that.
    async fn nowhere(&self) -> ApiResult<Ended> {
        let tried = self.passed.all();
        match nowhere::verdict(self.order.named(), &self.selection, &tried) {
            Verdict::Strand(message) if self.intent.server_id.is_none() => {
                stranded::new(&self.order, &self.intent, self.password.as_deref(), &message).await
            }
            Verdict::Strand(message) => Ok(Ended::None(Fault::unavailable(message))),
            Verdict::Refuse(fault) => Ok(Ended::None(fault)),
        }
    }

    /// The intent's word that the request goes to the region, where its server group may.
    async fn take(&self, region: &Region) -> ApiResult<Claim> {
        let db = &self.order.call.app.db;
        if let Some(group) = self.order.hinted.group.as_ref().filter(|group| group.keeps_together()) {
            return Ok(server_groups::claim(db, &group.id, &self.intent.id, region.id()).await?);
        }
        let there = intents::advance(db, &self.intent.id, phase::SENDING, Some(region.id())).await?;
        Ok(if there { Claim::Sending } else { Claim::Gone })
    }

    /// Tries one region. Where it no longer has what was pushed there, once more with that made anew: a refusal leaves
    /// nothing behind.
    async fn attempt(&self, candidate: &Candidate) -> ApiResult<Outcome> {
        let mut outcome = self.attempt_once(candidate).await;
        if let Outcome::Refused { message, .. } = &outcome
            && pushed::forget_lost(&self.order, &candidate.region, message).await?
        {
            outcome = self.attempt_once(candidate).await;
        }
        if matches!(outcome, Outcome::Elsewhere(_)) {
            intents::advance(&self.order.call.app.db, &self.intent.id, phase::PLANNED, None).await?;
        }
        Ok(outcome)
    }

    /// Owned data, the request.
    async fn attempt_once(&self, candidate: &Candidate) -> Outcome {
        let (order, region) = (&self.order, &candidate.region);
        let pushed = match pushed::ensure(order, region).await {
            Ok(pushed) => pushed,
            Err(error) => return Outcome::Elsewhere(Reason::unreachable(error.reason)),
        };
        let zone = order.zone.as_ref().map(|(_, name)| name.as_str());
        let mut body = translate::for_region(&order.request, &candidate.facts, &pushed.flavor_id, zone);
        order.hinted.localize(&mut body, region, pushed.group_id.as_deref(), &self.intent.id);
        body["server"]["name"] = json!(self.intent.name);
        if let Some(key_name) = pushed.key_name {
            body["server"]["key_name"] = json!(key_name);
        }
        if let Some(password) = &self.password {
            body["server"]["adminPass"] = json!(password);
        }
        let sent = self.send(candidate, body).await;
        order
            .call
            .trail
            .reached(region.name(), sent.as_ref().ok().and_then(|answer| request_id::given(answer.headers())));
        outcome::classify(sent)
    }

    async fn send(&self, candidate: &Candidate, body: Value) -> Result<Response<Bytes>, CallError> {
        let (call, region) = (&self.order.call, &candidate.region);
        let unusable =
            |fault: Fault| CallError { target: region.name().to_owned(), reason: fault.message, sent: Sent::No };
        let bearer = self.order.bearer().map_err(unusable)?;
        let body = http_body::full(body.to_string());
        let (service, version) =
            if call.matched.compat { (Service::ComputeV2, None) } else { (Service::Compute, Some(call.version)) };
        let mut request = forward::request(region, service, Method::POST, "/servers", version, &bearer, body)?;
        request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        call.app.upstream.fetch(region, request, ms(call.app.config.boot.create_timeout_ms)).await
    }

    /// The region has the server: its row.
    async fn accepted(&self, candidate: &Candidate, headers: HeaderMap, server: Value) -> ApiResult<Ended> {
        let (call, region) = (&self.order.call, &candidate.region);
        region.health.add_servers(1);
        let row = row::from_answer(&server, &self.order.request.body, &self.intent, region.id(), &self.order.flavor);
        let row = row.ok_or_else(|| Fault::internal("the first document of a boot is no server's"))?;
        mappings::place(&call.app.db, &row).await?;
        call.app.sync.wake(region.id());
        Ok(Ended::Made(Made { id: row.id, place: Some((region.clone(), headers)), server }))
    }

    /// Nova failed at it, and has what it will ever have of it: seen at once, where the region can be asked. Another region
    /// is not: most often it is the request that Nova cannot digest, and each would fail at it.
    async fn failed(&self, candidate: &Candidate, message: &str) -> ApiResult<Ended> {
        let (app, region) = (&self.order.call.app, &candidate.region);
        intents::advance(&app.db, &self.intent.id, phase::UNKNOWN, Some(region.id())).await?;
        match search::settle(app, &self.sent_to(region)).await {
            Ok(Settled::Made(id)) => Ok(found(region, id)),
            Ok(Settled::Nothing) => {
                if self.intent.server_id.is_some() {
                    // The message of a server that is not rescheduled names each region and its reason.
                    self.passed.add(region.name(), Reason::unreachable(format!("it answered 500: {message}")));
                }
                Ok(Ended::None(Fault::new(StatusCode::INTERNAL_SERVER_ERROR, message).with_detail(region.name())))
            }
            Ok(Settled::Unseen) | Err(_) => self.unknown(candidate, &format!("it answered 500: {message}")).await,
        }
    }

    /// The intent, as a search in this region needs it.
    fn sent_to(&self, region: &Region) -> Intent {
        // Its times are those of the rows alone, and what is older than the boot is not its server.
        let (region_id, created_at) = (Some(region.id().to_owned()), self.order.began_at);
        Intent { region_id, created_at, ..self.intent.clone() }
    }

    /// Nobody knows whether the region has it: looked for by its marker for a while, by the reconciler after that.
    async fn unknown(&self, candidate: &Candidate, reason: &str) -> ApiResult<Ended> {
        let (call, region) = (&self.order.call, &candidate.region);
        intents::advance(&call.app.db, &self.intent.id, phase::UNKNOWN, Some(region.id())).await?;
        tracing::warn!(
            request_id = call.trail.request_id,
            intent = self.intent.id,
            region = region.name(),
            reason,
            "a boot's outcome is unknown"
        );
        let intent = self.sent_to(region);
        let deadline = tokio::time::Instant::now() + ms(call.app.config.boot.outcome_wait_ms);
        while tokio::time::Instant::now() < deadline {
            tokio::time::sleep(ms(500)).await;
            if let Ok(Some(id)) = search::look_for(&call.app, &intent).await {
                return Ok(found(region, id));
            }
        }
        Ok(Ended::Unknown(Fault::unavailable(format!(
            "Region {} did not say whether it accepted the server ({reason}). It is being looked for and will be in \
             the list of servers if it exists; do not send the request again before {} s have passed.",
            region.name(),
            call.app.config.boot.intent_search_s
        ))))
    }
}

/// A server whose own answer did not arrive.
fn found(region: &Arc<Region>, id: String) -> Ended {
    let server = json!({ "id": id, "links": [], "OS-DCF:diskConfig": "MANUAL", "security_groups": [] });
    Ended::Made(Made { id, place: Some((region.clone(), HeaderMap::new())), server })
}
