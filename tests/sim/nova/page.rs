//! Limit, marker and the link to the next page.

use serde_json::{Value, json};

use super::super::http::{Req, encode};
use super::call::Call;
use super::fault::{NovaFault, fault, invalid};

/// Nova's `[api] max_limit`.
const MOST: usize = 1000;

/// The page that a request asks for.
#[derive(Debug)]
pub struct Page {
    pub limit: usize,
    pub marker: Option<String>,
}

impl Page {
    /// Reads limit and marker.
    pub fn of(req: &Req) -> Result<Self, NovaFault> {
        let limit = match req.q("limit") {
            None => MOST,
            Some(text) => text.parse::<usize>().map_err(|_| {
                let why = format!("'{text}' does not match '^[0-9]*$'");
                invalid("limit", &json!(text), &why)
            })?,
        };
        Ok(Self { limit: limit.min(MOST), marker: req.q("marker").map(ToOwned::to_owned) })
    }

    /// The link, given exactly when the page is full: also when nothing follows.
    pub fn next(&self, call: &Call, collection: &str, shown: usize, last: Option<&str>) -> Option<Value> {
        let last = last.filter(|_| shown == self.limit)?;
        let kept = call.req.query.iter().filter(|(key, _)| key != "marker");
        let mut pairs: Vec<(&str, &str)> = kept.map(|(key, value)| (key.as_str(), value.as_str())).collect();
        pairs.push(("marker", last));
        pairs.sort_by_key(|(key, _)| *key);
        let query: Vec<String> =
            pairs.iter().map(|(key, value)| format!("{}={}", encode(key), encode(value))).collect();
        let href = format!("{}/v2.1{}/{collection}?{}", call.req.base, call.project, query.join("&"));
        Some(json!([{"rel": "next", "href": href}]))
    }
}

/// 400 for a marker that names nothing.
pub fn unknown_marker(marker: &str) -> NovaFault {
    fault(400, format!("marker [{marker}] not found"))
}
