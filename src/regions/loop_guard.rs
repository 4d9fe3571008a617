//! A region's compute endpoint must not be a nova-cascade: not this one under another name, address or proxy, and no other
//! one either, which may have this one below it. Both would show and count servers twice, and boots would go in circles.
//!
//! It depends on no name. Every answer of a top has its id ([`TOP`]) and every request to a region the id of the top that
//! makes it ([`VIA`]). A top refuses a request that comes from a top, before it does anything with it
//! ([`crate::layers::loop_guard`]). A region whose answer comes from a top gets no more requests, until [`probe`] finds
//! something else at its endpoint. See docs/decisions/0026-no-top-below-a-top.md.

use std::sync::atomic::{AtomicU8, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures_util::future::join_all;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::registry::{Region, Registry};
use super::upstream::Upstream;

/// On every answer of a top: its id.
pub const TOP: HeaderName = HeaderName::from_static("x-cascade-top");
/// On every request of a top to a region: its id.
pub const VIA: HeaderName = HeaderName::from_static("x-cascade-via");
/// On every answer of a top, also of releases that do not send [`TOP`].
const ANY_TOP: HeaderName = HeaderName::from_static("x-cascade-request-id");

/// For one answer to [`probe`]. One that takes longer is missed: any other answer of the region tells the same.
const PROBE_TIMEOUT: Duration = Duration::from_secs(1);
const REFUSED_PROBE_TIMEOUT: Duration = Duration::from_secs(10);

/// The id of this top, the same in all its processes; none until it has been read from the database.
#[derive(Clone, Debug, Default)]
pub struct TopId(Arc<OnceLock<HeaderValue>>);

impl TopId {
    /// As a header has it.
    #[must_use]
    pub fn get(&self) -> Option<&HeaderValue> {
        self.0.get()
    }

    /// Takes it over; it never changes.
    pub fn set(&self, id: &str) {
        if let Ok(value) = HeaderValue::from_str(id) {
            let _ = self.0.set(value);
        }
    }
}

/// Which nova-cascade is at a region's compute endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Top {
    /// This one.
    Own,
    /// Another one.
    Other,
}

impl Top {
    /// The one that an answer comes from; none where a Nova gave it.
    #[must_use]
    pub fn of(own: &TopId, headers: &HeaderMap) -> Option<Self> {
        match headers.get(TOP) {
            Some(id) if Some(id) == own.get() => Some(Self::Own),
            Some(_) => Some(Self::Other),
            None => headers.contains_key(ANY_TOP).then_some(Self::Other),
        }
    }

    /// Why the region is not used.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::Own => "its compute endpoint leads back to this nova-cascade",
            Self::Other => "its compute endpoint is another nova-cascade, which cannot be a region",
        }
    }
}

/// What to do about it, for the operator.
pub const REMEDY: &str = "name it in region.top_names, or take its compute endpoint out of the catalog or out of \
                          [[regions]]";

/// Why a region is not used that contains what another one does ([`crate::sync`] finds out), and what to do about it.
const SECOND_NAME: &str = "its servers belong to another region";
const SECOND_NAME_REMEDY: &str = "take one of the two names out of the catalog or out of [[regions]]";

/// What one region's answers have told; kept over reloads of the registry.
#[derive(Debug, Default)]
pub struct Guard {
    own: TopId,
    found: AtomicU8,
}

impl Guard {
    /// Nothing told yet.
    #[must_use]
    pub fn new(own: &TopId) -> Self {
        Self { own: own.clone(), found: AtomicU8::new(0) }
    }

    /// Says in a request to the region which top makes it.
    pub fn sign(&self, headers: &mut HeaderMap) {
        if let Some(id) = self.own.get() {
            headers.insert(VIA, id.clone());
        }
    }

    /// The top that is at the region's endpoint, by its last answers.
    #[must_use]
    pub fn top(&self) -> Option<Top> {
        match self.found.load(Relaxed) {
            0 => None,
            1 => Some(Top::Own),
            _ => Some(Top::Other),
        }
    }

    fn set(&self, region: &str, top: Option<Top>) {
        let code = match top {
            None => 0,
            Some(Top::Own) => 1,
            Some(Top::Other) => 2,
        };
        let changed = self.found.swap(code, Relaxed) != code;
        gauge(region).set(if top.is_some() { 1.0 } else { 0.0 });
        match top {
            Some(top) if changed => {
                tracing::error!(region, reason = top.reason(), remedy = REMEDY, "the region is not used");
            }
            None if changed => tracing::warn!(region, "the region's compute endpoint is a Nova now; it is used"),
            _ => {}
        }
    }
}

fn gauge(region: &str) -> metrics::Gauge {
    metrics::gauge!("cascade_region_is_top", "region" => region.to_owned())
}

/// The region is no longer registered.
pub fn unmeasure(region: &str) {
    gauge(region).set(0.0);
}

impl Region {
    /// Why it gets no requests at all; none where it may.
    #[must_use]
    pub fn refusal(&self) -> Option<&'static str> {
        let second_name = || (!self.row.same_as.is_empty()).then_some(SECOND_NAME);
        self.guard.top().map(Top::reason).or_else(second_name)
    }

    /// What to do about that, and what it is about: its address, or the other region.
    #[must_use]
    pub fn remedy(&self) -> (&'static str, &str) {
        if self.guard.top().is_none() && !self.row.same_as.is_empty() {
            (SECOND_NAME_REMEDY, &self.row.same_as)
        } else {
            (REMEDY, &self.row.compute_url)
        }
    }

    /// Looks at an answer of its compute endpoint: why it is no region's, where that is so.
    pub(super) fn recognize(&self, headers: &HeaderMap) -> Option<&'static str> {
        let top = Top::of(&self.guard.own, headers)?;
        self.guard.set(self.name(), Some(top));
        Some(top.reason())
    }
}

/// Asks each registered region, used or not, who is at its compute endpoint; without a token, as anybody may. One that
/// does not answer, or for which a gateway does, stays what it was.
pub async fn probe(registry: &Registry, upstream: &Upstream) {
    let regions = registry.registered();
    join_all(regions.iter().map(|region| async move {
        // One that is refused gets no other request: its answer is waited for.
        let timeout = if region.refusal().is_some() { REFUSED_PROBE_TIMEOUT } else { PROBE_TIMEOUT };
        let Ok(answer) = upstream.version_document(region, timeout).await else { return };
        if region.recognize(answer.headers()).is_none() && !answer.status().is_server_error() {
            region.guard.set(region.name(), None);
        }
    }))
    .await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_top_is_known_by_its_answers_whatever_it_is_called() {
        let own = TopId::default();
        let answer =
            |name: HeaderName, value: &'static str| HeaderMap::from_iter([(name, HeaderValue::from_static(value))]);
        assert_eq!(Top::of(&own, &answer(TOP, "a")), Some(Top::Other));
        own.set("a");
        own.set("b");
        assert_eq!(Top::of(&own, &answer(TOP, "a")), Some(Top::Own));
        assert_eq!(Top::of(&own, &answer(TOP, "b")), Some(Top::Other));
        assert_eq!(Top::of(&own, &answer(ANY_TOP, "req-1")), Some(Top::Other));
        assert_eq!(Top::of(&own, &answer(HeaderName::from_static("x-compute-request-id"), "req-1")), None);
    }
}
