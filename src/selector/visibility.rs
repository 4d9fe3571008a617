//! What a project can see in a region: asked with the user's own token, remembered per project where the answer is yes.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use http::{Method, StatusCode};
use moka::future::Cache;

use super::facts::Has;
use crate::config;
use crate::http_body;
use crate::query::segment;
use crate::regions::forward::{self, Bearer, Service};
use crate::regions::{Region, Upstream};

/// Kinds of things a boot names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// In Neutron; has equivalents.
    Network,
    /// In Neutron; pins.
    Port,
    /// In Glance; has equivalents.
    Image,
}

impl Kind {
    /// Its name in the table of equivalents.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Port => "port",
            Self::Image => "image",
        }
    }
}

type Key = (String, String, Kind, String);

/// The memory; cheap to clone.
#[derive(Clone)]
pub struct Visibility {
    upstream: Upstream,
    seen: Cache<Key, ()>,
}

impl Visibility {
    /// An empty memory.
    #[must_use]
    pub fn new(upstream: Upstream, boot: &config::Boot) -> Self {
        let seen = Cache::builder()
            .max_capacity(boot.visibility_entries_max)
            .time_to_live(Duration::from_secs(boot.visibility_cache_s))
            .build();
        Self { upstream, seen }
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
    /// How long a region may take for one answer.
    pub timeout: Duration,
    /// (kind, top id, region id) -> id there (D10).
    pub equivalents: HashMap<(Kind, String, String), String>,
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
        let segment = segment(local_id);
        let (service, path) = match kind {
            Kind::Network => (Service::Network, format!("/networks/{segment}?fields=id")),
            Kind::Port => (Service::Network, format!("/ports/{segment}?fields=id")),
            Kind::Image => (Service::Image, format!("/images/{segment}")),
        };
        let request = forward::request(region, service, Method::GET, &path, None, &self.bearer, http_body::empty());
        let answer = match request {
            Ok(request) => self.visibility.upstream.fetch(region, request, self.timeout).await,
            Err(error) => Err(error),
        };
        match answer.map(|response| response.status()) {
            Ok(StatusCode::OK) => {
                self.visibility.seen.insert(key, ()).await;
                Has::Yes(local_id.to_owned())
            }
            Ok(status) if status.is_client_error() => Has::No,
            Ok(status) => Has::Unknown(format!("it answered {} when asked for the {}", status.as_u16(), kind.name())),
            Err(error) => Has::Unknown(error.reason),
        }
    }
}
