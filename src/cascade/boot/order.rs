//! What one request asks for, and which regions may take it: the same for all of its servers.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use bytes::Bytes;
use http::HeaderValue;
use uuid::Uuid;

use super::ask::{self, Request};
use super::hints::Hinted;
use super::nowhere::{self, Verdict};
use super::{needs, prepare};
use crate::api::{Call, body};
use crate::cascade::limits::{self, Limited};
use crate::config::ms;
use crate::db::clock::local_now;
use crate::db::flavors::Flavor;
use crate::db::key_pairs::KeyPair;
use crate::error::{ApiResult, Fault};
use crate::regions::forward::Bearer;
use crate::selector::{Ask, Asker, Candidate, Kind, Refused, Selection};

/// What of a boot's body is limited in number or size.
const LIMITED: [Limited; 2] = [Limited::metadata("/server/metadata"), Limited::files("/server/personality")];

/// A request for servers; lives for as long as one of them may have to be placed again.
#[derive(Clone)]
pub struct Order {
    /// The client's.
    pub call: Arc<Call>,
    /// Its body, read.
    pub request: Request,
    /// Of the top.
    pub flavor: Flavor,
    /// The caller's, of the name asked for.
    pub key_pair: Option<KeyPair>,
    /// Zone asked for: region id and its name there.
    pub zone: Option<(String, String)>,
    /// What its scheduler hints name.
    pub hinted: Hinted,
    /// The top's.
    pub service_token: HeaderValue,
    /// One for all servers of the request.
    pub reservation_id: String,
    /// What one of its servers needs of a region.
    ask: Ask,
    /// The regions, best first.
    pub selection: Selection,
    /// Microseconds, our clock.
    pub began_at: i64,
}

impl Order {
    /// Reads a request and chooses regions for it; none where they are up and have no room.
    ///
    /// # Errors
    /// What is wrong with it, and why no region will ever take it or can be asked.
    pub async fn read(call: Arc<Call>, bytes: &Bytes) -> ApiResult<Self> {
        let mut request = ask::read(body::parse(bytes)?, call.version, call.matched.compat)?;
        let most = call.app.config.boot.servers_per_request_max;
        if request.least > most {
            let asked = if request.least == request.most { String::new() } else { format!("-{}", request.most) };
            let message = format!("Requested {}{asked}, but already used 0 of {most} instances", request.least);
            return Err(Fault::forbidden(format!("Quota exceeded for instances: {message}")));
        }
        request.most = request.most.min(most);
        limits::check(&call, &request.body, &LIMITED).await?;
        let flavor = prepare::flavor(&call, &request.flavor_id).await?;
        let key_pair = match request.body["server"]["key_name"].as_str() {
            Some(name) if !name.is_empty() => Some(prepare::key_pair(&call, name).await?),
            _ => None,
        };
        let zone = prepare::zone(&call, &request).await?;
        let hinted = Hinted::find(&call, &request.body).await?;
        let service_token = service_token(&call).await?;
        let reservation_id = format!("r-{}", &Uuid::new_v4().simple().to_string()[..8]);
        let ask = needs::of(&call, &request, &flavor, zone.as_ref(), &hinted).await?;
        let (selection, began_at) = (Selection::default(), local_now());
        let mut order = Self {
            call,
            request,
            flavor,
            key_pair,
            zone,
            hinted,
            service_token,
            reservation_id,
            ask,
            selection,
            began_at,
        };
        order.selection = order.choose().await?;
        if order.selection.candidates.is_empty()
            && let Verdict::Refuse(fault) = nowhere::verdict(order.named(), &order.selection, &[])
        {
            return Err(fault);
        }
        Ok(order)
    }

    /// The same request with a service token of now, which lets the user's be older than it may be otherwise.
    ///
    /// # Errors
    /// 503 where Keystone does not give one.
    pub async fn renewed(&self) -> ApiResult<Self> {
        Ok(Self { service_token: service_token(&self.call).await?, ..self.clone() })
    }

    /// What it names that a region must have.
    #[must_use]
    pub fn named(&self) -> &[(Kind, String)] {
        &self.ask.named
    }

    /// Names a port, a volume or a snapshot: each is in one region alone.
    #[must_use]
    pub fn is_pinned(&self) -> bool {
        self.ask.named.iter().any(|(kind, _)| matches!(kind, Kind::Port | Kind::Volume | Kind::Snapshot))
    }

    /// Chooses regions by what is known now.
    ///
    /// # Errors
    /// What the database says.
    pub async fn choose(&self) -> ApiResult<Selection> {
        let region = &self.call.app.config.region;
        let selection = self.select(region.lookup_timeout_ms).await?;
        // A region that is slow is better than none.
        if selection.candidates.is_empty() && selection.refused.iter().any(Refused::was_slow) {
            return self.select(region.lookup_patience_ms).await;
        }
        Ok(selection)
    }

    /// The regions for the server with this number in the request, best first: the servers before it count as if they
    /// stood where they are wanted.
    #[must_use]
    pub fn candidates(&self, index: i32) -> Vec<Candidate> {
        let mut candidates = self.selection.candidates.clone();
        let mut ask = self.ask.clone();
        for _ in 0..index {
            let Some(first) = candidates.first().map(|first| first.region.id().to_owned()) else { break };
            if let Some(group) = &mut ask.group {
                *group.spread.entry(first.clone()).or_default() += 1;
            }
            *ask.ahead.entry(first).or_default() += 1;
            self.call.app.selector.order(&ask, &mut candidates);
        }
        candidates
    }

    async fn select(&self, lookup_timeout_ms: u64) -> ApiResult<Selection> {
        let call = &self.call;
        let mut asker = Asker {
            visibility: &call.app.visibility,
            project_id: &call.identity.project_id,
            bearer: self.bearer()?,
            by_admin: false,
            absence: Some(AtomicBool::new(false)),
            equivalents: needs::local_names(&call.app.db, &self.ask.named).await?,
            timeout: ms(lookup_timeout_ms),
        };
        let mut selection = call.app.selector.select(&call.app.registry, &self.ask, &asker).await;
        // What was not there a moment ago may have been made since: only a region's own word refuses a boot.
        let recalled = asker.absence.take().is_some_and(AtomicBool::into_inner);
        if recalled && selection.candidates.is_empty() {
            selection = call.app.selector.select(&call.app.registry, &self.ask, &asker).await;
        }
        let explained = selection.explain();
        tracing::info!(request_id = call.trail.request_id, explained, "regions for a boot");
        Ok(selection)
    }

    /// On whose behalf regions are asked.
    ///
    /// # Errors
    /// None on a route that asks for a token.
    pub fn bearer(&self) -> ApiResult<Bearer<'_>> {
        let (share, token) = (self.call.identity.share(), self.call.token()?);
        Ok(Bearer { share, token, service_token: Some(&self.service_token), request_id: &self.call.trail.request_id })
    }
}

async fn service_token(call: &Call) -> ApiResult<HeaderValue> {
    call.app.service.token().await.map_err(|error| {
        let fault = Fault::unavailable("The identity service cannot be asked now; try again.");
        fault.with_detail(error.to_string()).retry_after(call.app.keystone.retry_after_s())
    })
}
