//! What a project can see in a region: asked with the user's own token, remembered per project; that it cannot see it for a
//! short time only, and never to refuse a boot.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use http::{Method, StatusCode};
use moka::future::Cache;

use super::facts::Has;
use super::kinds::{Kind, thing};
use crate::config;
use crate::http_body;
use crate::regions::forward::{self, Bearer, Service};
use crate::regions::{Region, Upstream};

/// What a service says of a thing that the project cannot see; other answers say nothing of it.
const NOT_THERE: [StatusCode; 2] = [StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND];

type Key = (String, String, Kind, String);

/// The memory; cheap to clone.
#[derive(Clone)]
pub struct Visibility {
    upstream: Upstream,
    seen: Cache<Key, ()>,
    absent: Cache<Key, ()>,
}

impl Visibility {
    /// An empty memory.
    #[must_use]
    pub fn new(upstream: Upstream, boot: &config::Boot) -> Self {
        let memory = |keep_s| {
            let entries = Cache::builder().max_capacity(boot.visibility_entries_max);
            entries.time_to_live(Duration::from_secs(keep_s)).build()
        };
        Self { upstream, seen: memory(boot.visibility_cache_s), absent: memory(boot.absence_cache_s) }
    }
}

/// Asks on behalf of one user for one boot.
pub struct Asker<'a> {
    /// The memory.
    pub visibility: &'a Visibility,
    /// Whose project.
    pub project_id: &'a str,
    /// Whose token.
    pub bearer: Bearer<'a>,
    /// It is an admin's, who sees more than the project does.
    pub by_admin: bool,
    /// How long a region may take for one answer.
    pub timeout: Duration,
    /// Set where a remembered no was taken for an answer; none: it is asked anew.
    pub absence: Option<AtomicBool>,
    /// (kind, top id, region id) -> id there (D10).
    pub equivalents: HashMap<(Kind, String, String), String>,
}

/// What one question found.
enum Found {
    Yes,
    No,
    /// Not for the one who asks; others of the project may see it.
    Forbidden,
    Unknown(String),
    Unauthorized(String),
}

impl Asker<'_> {
    /// Whether the region has the thing, under its equivalent id or under the one named.
    pub async fn has(&self, region: &Arc<Region>, kind: Kind, id: &str) -> Has {
        let equivalent = self.equivalents.get(&(kind, id.to_owned(), region.id().to_owned()));
        let local_id = equivalent.map_or(id, String::as_str);
        let key = (region.id().to_owned(), self.project_id.to_owned(), kind, local_id.to_owned());
        if self.visibility.seen.contains_key(&key) {
            return Has::Yes(local_id.to_owned());
        }
        if kind.service() == Service::Volume && region.row.volume_url.is_empty() {
            return Has::No;
        }
        if let Some(taken) = self.absence.as_ref().filter(|_| self.visibility.absent.contains_key(&key)) {
            taken.store(true, Relaxed);
            return Has::No;
        }
        let mut surely = true;
        for path in kind.paths(self.project_id, local_id) {
            match self.ask(region, kind, &path).await {
                Found::Yes => {
                    self.visibility.absent.invalidate(&key).await;
                    self.visibility.seen.insert(key, ()).await;
                    return Has::Yes(local_id.to_owned());
                }
                Found::No => {}
                Found::Forbidden => surely = false,
                Found::Unknown(reason) => return Has::Unknown(reason),
                Found::Unauthorized(reason) => return Has::Unauthorized(reason),
            }
        }
        // An admin is told no of what the project itself may see all the same.
        if surely && !self.by_admin {
            self.visibility.absent.insert(key, ()).await;
        }
        Has::No
    }

    async fn ask(&self, region: &Arc<Region>, kind: Kind, path: &str) -> Found {
        let request =
            forward::request(region, kind.service(), Method::GET, path, None, &self.bearer, http_body::empty());
        let answer = match request {
            Ok(request) => self.visibility.upstream.fetch(region, request, self.timeout).await,
            Err(error) => Err(error),
        };
        let body = match answer.map(|response| (response.status(), response.into_body())) {
            Ok((StatusCode::OK, body)) => body,
            Ok((StatusCode::FORBIDDEN, _)) => return Found::Forbidden,
            Ok((status, _)) if NOT_THERE.contains(&status) => return Found::No,
            Ok((StatusCode::UNAUTHORIZED, _)) => return Found::Unauthorized(unauthorized(kind)),
            Ok((status, _)) => {
                return Found::Unknown(format!("it answered {} when asked for the {}", status.as_u16(), kind.words()));
            }
            Err(error) => return Found::Unknown(error.reason),
        };
        let Ok(document) = serde_json::from_slice(&body) else {
            return Found::Unknown(format!("its answer is not JSON when asked for the {}", kind.words()));
        };
        match thing(document) {
            Some(thing) if !self.by_admin || kind.seen_by(self.project_id, &thing) => Found::Yes,
            _ => Found::No,
        }
    }
}

/// Why a service did not accept a token that the top did.
fn unauthorized(kind: Kind) -> String {
    format!(
        "it did not accept the token when asked for the {}: the token has expired, or its access rules do not allow the \
         request",
        kind.words()
    )
}
