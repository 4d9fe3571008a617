//! No project has all of the service: a share of the requests under way for each (docs/decisions/0028-shares.md). Those
//! whose token is not known yet have one in [`crate::identity::keystone`].

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use http::Request;

use super::keystone_auth::Bearer;
use super::limits::refused;
use super::{HttpResult, Next};
use crate::config;
use crate::error::Fault;
use crate::http_body::{self, Body};

/// Requests under way, by project.
#[derive(Clone)]
pub struct Shares {
    all: usize,
    most: usize,
    under_way: Arc<Mutex<UnderWay>>,
}

#[derive(Default)]
struct UnderWay {
    total: usize,
    of: HashMap<String, usize>,
}

impl Shares {
    /// From `[api]`.
    #[must_use]
    pub fn new(settings: &config::Api) -> Self {
        let most = settings.inflight_per_project_max.unwrap_or_else(|| config::quarter(settings.inflight_max));
        Self { all: settings.inflight_max, most, under_way: Arc::default() }
    }

    /// A place for one more request; none where the project has its share, or twice as many as there are free: so a few
    /// projects cannot have all.
    fn enter(&self, project: &str) -> Option<Place> {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let count = under_way.of.get(project).copied().unwrap_or(0);
        let free = self.all.saturating_sub(under_way.total);
        if count >= self.most || count >= free.saturating_mul(2) {
            return None;
        }
        under_way.total += 1;
        under_way.of.insert(project.to_owned(), count + 1);
        Some(Place { shares: self.clone(), project: project.to_owned() })
    }
}

/// One request's place; dropping it ends it.
struct Place {
    shares: Shares,
    project: String,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut under_way = self.shares.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.total -= 1;
        if let Some(count) = under_way.of.get_mut(&self.project) {
            *count -= 1;
            if *count == 0 {
                under_way.of.remove(&self.project);
            }
        }
    }
}

/// A place that the request's work holds too, where that goes on without its client.
#[derive(Clone)]
pub struct Held {
    _place: Arc<Place>,
}

/// 429 where the caller's project has its share under way. The place ends with the answer's body and with the work,
/// whichever is later: neither slow readers nor clients that go away have more than their share.
pub async fn layer(shares: Shares, mut request: Request<Body>, next: Next) -> HttpResult {
    let Some(project) = request.extensions().get::<Bearer>().map(|bearer| bearer.identity.share().to_owned()) else {
        return next.run(request).await;
    };
    let Some(place) = shares.enter(&project) else {
        let fault = Fault::over_limit("Too many requests of this project are under way; try again in a moment.");
        return Err(refused(fault, "api.inflight_per_project_max"));
    };
    let held = Held { _place: Arc::new(place) };
    request.extensions_mut().insert(held.clone());
    let response = next.run(request).await?;
    Ok(response.map(|body| http_body::hold(body, held)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_project_has_its_share_and_nothing_is_kept_of_it() {
        let settings = config::Api { inflight_max: 8, ..config::Api::default() };
        let shares = Shares::new(&settings);
        let mut places: Vec<Place> =
            ["a", "a", "b"].iter().map(|project| shares.enter(project).expect("one")).collect();
        assert!(shares.enter("a").is_none());
        places.remove(0);
        assert!(shares.enter("a").is_some());
        places.clear();
        assert!(shares.under_way.lock().expect("a lock").of.is_empty());
        assert_eq!((config::quarter(1_024), config::quarter(1)), (256, 1));
    }

    #[test]
    fn a_few_projects_do_not_have_all() {
        let settings = config::Api { inflight_max: 64, ..config::Api::default() };
        let shares = Shares::new(&settings);
        let mut places = Vec::new();
        for _ in 0..64 {
            places.extend(["a", "b", "c", "d"].iter().filter_map(|project| shares.enter(project)));
        }
        assert!(places.len() < 64 && shares.enter("a").is_none());
        assert!(shares.enter("e").is_some());
    }
}
