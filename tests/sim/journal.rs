//! What a service was asked: counters by route, and the latest requests whole.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use bytes::Bytes;
use http::HeaderMap;

use super::http::Req;

/// How many whole requests are kept; the counters go on for ever.
const KEPT: usize = 512;

/// One request that arrived, whatever became of it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// `GET /servers/{id}`, or the bare method for a path without a route.
    pub route: String,
}

impl Seen {
    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as JSON; null if it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

#[derive(Debug, Default)]
struct Pages {
    counts: BTreeMap<String, u64>,
    /// Bytes of the answers' bodies.
    bytes: BTreeMap<String, u64>,
    latest: VecDeque<Seen>,
    /// Requests with `X-Service-Token`.
    service_tokens: BTreeMap<String, u64>,
}

/// The record of one service.
#[derive(Debug, Default)]
pub struct Journal(Mutex<Pages>);

impl Journal {
    /// Writes a request down.
    pub fn record(&self, req: &Req, route: Option<&str>) {
        let route = format!("{} {}", req.method, route.unwrap_or_default()).trim().to_owned();
        let mut pages = self.0.lock().unwrap();
        *pages.counts.entry(route.clone()).or_default() += 1;
        if req.headers.contains_key("x-service-token") {
            *pages.service_tokens.entry(route.clone()).or_default() += 1;
        }
        if pages.latest.len() == KEPT {
            pages.latest.pop_front();
        }
        pages.latest.push_back(Seen {
            method: req.method.to_string(),
            path: req.path.clone(),
            query: req.query.clone(),
            headers: req.headers.clone(),
            body: req.body.clone(),
            route,
        });
    }

    /// Writes down how long an answer was.
    pub fn answered(&self, method: &str, route: Option<&str>, bytes: usize) {
        let route = format!("{method} {}", route.unwrap_or_default()).trim().to_owned();
        *self.0.lock().unwrap().bytes.entry(route).or_default() += bytes as u64;
    }

    /// Bytes of the answers by `METHOD /template`.
    pub fn bytes(&self) -> BTreeMap<String, u64> {
        self.0.lock().unwrap().bytes.clone()
    }

    /// Requests by `METHOD /template`.
    pub fn counts(&self) -> BTreeMap<String, u64> {
        self.0.lock().unwrap().counts.clone()
    }

    /// Requests that carried a service token, by `METHOD /template`.
    pub fn service_tokens(&self) -> BTreeMap<String, u64> {
        self.0.lock().unwrap().service_tokens.clone()
    }

    /// Requests to one `METHOD /template`.
    pub fn count(&self, route: &str) -> u64 {
        self.0.lock().unwrap().counts.get(route).copied().unwrap_or(0)
    }

    /// The latest requests, oldest first.
    pub fn seen(&self) -> Vec<Seen> {
        self.0.lock().unwrap().latest.iter().cloned().collect()
    }

    /// The latest requests to one `METHOD /template`, oldest first.
    pub fn seen_on(&self, route: &str) -> Vec<Seen> {
        self.0.lock().unwrap().latest.iter().filter(|seen| seen.route == route).cloned().collect()
    }

    /// Forgets all.
    pub fn clear(&self) {
        *self.0.lock().unwrap() = Pages::default();
    }
}
