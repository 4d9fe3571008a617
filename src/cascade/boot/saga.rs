//! The steps of a boot. Before each that leaves this process the intent says what is about to happen, so that after a
//! crash at any point [`super::recover`] knows what may exist and where.

use std::collections::HashMap;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use serde_json::{Value, json};

use super::ask::Request;
use super::outcome::{self, Outcome};
use super::{ask, nowhere, prepare, recover, row, translate};
use crate::api::{Call, body};
use crate::cascade::{below, ensure};
use crate::config::ms;
use crate::db::flavors::Flavor;
use crate::db::intents::{self, Intent, phase};
use crate::db::{equivalents, mappings};
use crate::error::{ApiResult, Fault};
use crate::http_body::{self, Body};
use crate::regions::forward::{self, Bearer, Service};
use crate::regions::{CallError, Sent};
use crate::selector::{Ask, Asker, Candidate, Kind, Selection};

/// A boot under way.
struct Boot<'a> {
    call: &'a Call,
    request: Request,
    flavor: Flavor,
    /// Zone asked for: region id and its name there.
    zone: Option<(String, String)>,
    intent: Intent,
    service_token: HeaderValue,
}

/// Boots the server(s) that `bytes` describe.
///
/// # Errors
/// What is wrong with the request, the region's refusal, or why no region takes it.
pub async fn boot(call: &Call, bytes: &Bytes) -> ApiResult<Response<Body>> {
    let request = ask::read(body::parse(bytes)?, call.version)?;
    let flavor = prepare::flavor(call, &request.flavor_id).await?;
    let zone = prepare::zone(call, &request).await?;
    let intent = prepare::intent(call, &request);
    let service_token = call.app.service.token().await.map_err(|error| {
        Fault::unavailable("The identity service cannot be asked now; try again.").with_detail(error.to_string())
    })?;
    let boot = Boot { call, request, flavor, zone, intent, service_token };
    intents::open(&call.app.db, &boot.intent).await?;
    let result = boot.run().await;
    if !matches!(result, Ok(Ended::Open(_))) {
        intents::close(&call.app.db, &boot.intent.id).await?;
    }
    match result? {
        Ended::Open(answer) | Ended::Closed(answer) => answer,
    }
}

/// How a run ended.
enum Ended {
    /// The intent is done with.
    Closed(ApiResult<Response<Body>>),
    /// [`super::recover`] or the placing of the server ends the intent.
    Open(ApiResult<Response<Body>>),
}

impl Boot<'_> {
    async fn run(&self) -> ApiResult<Ended> {
        let selection = self.select().await?;
        let mut tried: Vec<(String, String)> = Vec::new();
        for candidate in selection.candidates.iter().take(self.call.app.config.boot.regions_tried_max) {
            match self.attempt(candidate).await? {
                Outcome::Accepted { headers, body } => {
                    return Ok(Ended::Open(self.accepted(candidate, headers, &body).await));
                }
                Outcome::Refused { status, message } => return Ok(Ended::Closed(Err(Fault::new(status, message)))),
                Outcome::Elsewhere { reason } => tried.push((candidate.region.name().to_owned(), reason)),
                Outcome::Unknown { reason } => return Ok(Ended::Open(self.unknown(candidate, &reason).await)),
            }
        }
        Ok(Ended::Closed(Err(nowhere::nowhere(&self.request, &selection, &tried))))
    }

    async fn select(&self) -> ApiResult<Selection> {
        let (call, request) = (self.call, &self.request);
        let ask = Ask {
            project_id: call.identity.project_id.clone(),
            flavor: self.flavor.clone(),
            image: request.image.clone(),
            networks: request.networks.clone(),
            ports: request.ports.clone(),
            zone: self.zone.clone(),
        };
        let mut known = HashMap::new();
        let images: Vec<String> = request.image.iter().cloned().collect();
        for (kind, ids) in [(Kind::Network, &request.networks), (Kind::Image, &images)] {
            for row in equivalents::of(&call.app.db, kind.name(), ids).await? {
                known.insert((kind, row.top_id, row.region_id), row.local_id);
            }
        }
        let asker = Asker {
            visibility: &call.app.visibility,
            project_id: &call.identity.project_id,
            bearer: self.bearer()?,
            equivalents: known,
        };
        let selection = call.app.selector.select(&call.app.registry, &ask, &asker).await;
        let regions: Vec<&str> = selection.candidates.iter().map(|candidate| candidate.region.name()).collect();
        tracing::info!(
            request_id = call.trail.request_id,
            intent = self.intent.id,
            regions = regions.join(","),
            refused = nowhere::reasons(&selection.refused, &[]),
            "regions for a boot"
        );
        Ok(selection)
    }

    fn bearer(&self) -> ApiResult<Bearer<'_>> {
        let token = self.call.token()?;
        Ok(Bearer { token, service_token: Some(&self.service_token), request_id: &self.call.trail.request_id })
    }

    /// Tries one region. Where it no longer has the flavor that was pushed there, once more with the flavor made anew:
    /// a refusal leaves nothing behind.
    async fn attempt(&self, candidate: &Candidate) -> ApiResult<Outcome> {
        let outcome = self.attempt_once(candidate).await?;
        match &outcome {
            Outcome::Refused { message, .. }
                if message.starts_with("Flavor ") && message.contains("could not be found") =>
            {
                ensure::flavor::forget(&self.call.app, &candidate.region, &self.flavor).await?;
                self.attempt_once(candidate).await
            }
            _ => Ok(outcome),
        }
    }

    /// Owned data, the intent's word, the request.
    async fn attempt_once(&self, candidate: &Candidate) -> ApiResult<Outcome> {
        let (app, region) = (&self.call.app, &candidate.region);
        let flavor_id = match ensure::flavor::ensure(app, region, &self.flavor).await {
            Ok(id) => id,
            Err(error) => return Ok(Outcome::Elsewhere { reason: error.reason }),
        };
        let zone = self.zone.as_ref().map(|(_, name)| name.as_str());
        let body = translate::for_region(&self.request, &candidate.facts, &flavor_id, zone, &self.intent.id);
        intents::advance(&app.db, &self.intent.id, phase::SENDING, Some(region.id())).await?;
        let sent = self.send(candidate, body).await;
        let _ = self.call.trail.region.set((region.name().to_owned(), sent.as_ref().ok().and_then(request_id)));
        let outcome = outcome::classify(sent);
        if matches!(outcome, Outcome::Elsewhere { .. }) {
            intents::advance(&app.db, &self.intent.id, phase::PLANNED, None).await?;
        }
        Ok(outcome)
    }

    async fn send(&self, candidate: &Candidate, body: Value) -> Result<Response<Bytes>, CallError> {
        let (app, region) = (&self.call.app, &candidate.region);
        let unusable =
            |fault: Fault| CallError { target: region.name().to_owned(), reason: fault.message, sent: Sent::No };
        let bearer = self.bearer().map_err(unusable)?;
        let body = http_body::full(body.to_string());
        let version = Some(self.call.version);
        let mut request = forward::request(region, Service::Compute, Method::POST, "/servers", version, &bearer, body)?;
        request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        app.upstream.fetch(region, request, ms(app.config.boot.create_timeout_ms)).await
    }

    /// The region has the server: its row, and its answer in the top's words.
    async fn accepted(&self, candidate: &Candidate, headers: HeaderMap, bytes: &Bytes) -> ApiResult<Response<Body>> {
        let (call, region) = (self.call, &candidate.region);
        region.health.add_servers(i64::from(self.intent.server_count));
        let mut answer: Value = serde_json::from_slice(bytes).unwrap_or(Value::Null);
        let server = answer["server"].clone();
        let Some(id) = server["id"].as_str().map(str::to_owned) else {
            // A reservation id alone: the servers are found by their marker.
            intents::advance(&call.app.db, &self.intent.id, phase::SPREADING, Some(region.id())).await?;
            call.app.sync.wake(region.id());
            return answered(call, candidate, headers, None, &answer);
        };
        let row = row::from_answer(&id, &server, &self.request.body, &self.intent, region.id(), &self.flavor);
        let row = row.ok_or_else(|| Fault::internal("the first document of a boot is no server's"))?;
        if self.intent.server_count > 1 {
            intents::advance(&call.app.db, &self.intent.id, phase::SPREADING, Some(region.id())).await?;
        }
        mappings::place(&call.app.db, &row).await?;
        call.app.sync.wake(region.id());
        answer["server"]["links"] = call.links.both("servers", &row.id);
        let location = call.links.itself("servers", &row.id);
        answered(call, candidate, headers, Some(&location), &answer)
    }

    /// Nobody knows whether the region has it: looked for by its marker for a while, by the reconciler after that.
    async fn unknown(&self, candidate: &Candidate, reason: &str) -> ApiResult<Response<Body>> {
        let (call, region) = (self.call, &candidate.region);
        intents::advance(&call.app.db, &self.intent.id, phase::UNKNOWN, Some(region.id())).await?;
        tracing::warn!(
            request_id = call.trail.request_id,
            intent = self.intent.id,
            region = region.name(),
            reason,
            "a boot's outcome is unknown"
        );
        let intent = Intent { region_id: Some(region.id().to_owned()), ..self.intent.clone() };
        let deadline = tokio::time::Instant::now() + ms(call.app.config.boot.outcome_wait_ms);
        while tokio::time::Instant::now() < deadline {
            tokio::time::sleep(ms(500)).await;
            if let Ok(Some(id)) = recover::look_for(&call.app, &intent).await {
                let links = call.links.both("servers", &id);
                let server = json!({ "server": { "id": id, "links": links, "OS-DCF:diskConfig": "MANUAL", "security_groups": [] } });
                let location = call.links.itself("servers", &id);
                return answered(call, candidate, HeaderMap::new(), Some(&location), &server);
            }
        }
        Err(Fault::unavailable(format!(
            "Region {} did not say whether it accepted the server ({reason}). It is being looked for and will be in \
             the list of servers if it exists; do not send the request again before {} s have passed.",
            region.name(),
            call.app.config.boot.intent_search_s
        )))
    }
}

fn answered(
    call: &Call,
    candidate: &Candidate,
    mut headers: HeaderMap,
    location: Option<&str>,
    answer: &Value,
) -> ApiResult<Response<Body>> {
    below::note_answer(call, &candidate.region, &mut headers);
    let mut response = http_body::json(StatusCode::ACCEPTED, answer)?;
    for name in ["x-openstack-request-id", "x-compute-request-id"] {
        if let Some(value) = headers.remove(name) {
            response.headers_mut().insert(name, value);
        }
    }
    if let Some(value) = location.and_then(|location| HeaderValue::from_str(location).ok()) {
        response.headers_mut().insert(header::LOCATION, value);
    }
    Ok(response)
}

fn request_id(response: &Response<Bytes>) -> Option<String> {
    response.headers().get("x-openstack-request-id").and_then(|value| value.to_str().ok()).map(str::to_owned)
}
