//! Pages of a region's servers, read by the service account.

use std::sync::Arc;

use http::{Method, StatusCode};
use serde_json::Value;

use super::round::SyncError;
use crate::app::App;
use crate::db::clock::{SECOND, local_now};
use crate::db::seq;
use crate::regions::nova::RegionApi;
use crate::regions::{Answer, CallError, Sent};

/// Servers on the largest page that is asked for (Nova's `[api] max_limit` as it comes).
pub(super) const LARGEST: usize = 1_000;

/// All servers: without it Nova leaves softly deleted ones out, which can be restored. Those that have changed since a time
/// are told whatever they are.
pub(super) const ALL: &str = "&soft_deleted=True";

/// One page.
pub(super) struct Page {
    /// What it has.
    pub documents: Vec<Value>,
    /// Marker of the next page, where the region says that there is one.
    pub next: Option<String>,
    /// That marker may lead in a circle: all of the page is still to be scheduled.
    pub circling: bool,
    /// The region's counter before it was asked (invariant 7).
    pub read_seq: i64,
    /// The region's clock less ours.
    pub skew_us: Option<i64>,
}

/// Reads the page behind a marker, of the servers that pass `filter`. In the order of their ids, since what changes
/// while pages are read must not move between them; not by `updated_at`, since Nova 34 answers 500 while two servers are
/// being scheduled (`nova/objects/build_request.py`, `_sort_build_requests` compares two times that are not set). `None`
/// where the region does not know the marker (any more).
pub(super) async fn page(
    app: &Arc<App>,
    api: &RegionApi,
    filter: &str,
    marker: &str,
) -> Result<Option<Page>, SyncError> {
    page_of(app, api, filter, marker, app.config.sync.page_size).await
}

/// The same with so many servers a page.
///
/// Nova lists what is still to be scheduled (`BuildRequest`s) before all else, whatever the order, and forgets the marker
/// when it is one of those: instances then begin anew (`nova/compute/api.py`, `get_all`). A server that has its instance
/// and its request at once is in both parts, and leads from the second back into the first. So the next page begins
/// behind the last that has a host, or has ended; what stands behind that on the page is read again.
pub(super) async fn page_of(
    app: &Arc<App>,
    api: &RegionApi,
    filter: &str,
    marker: &str,
    limit: usize,
) -> Result<Option<Page>, SyncError> {
    let region = api.region();
    let read_seq = seq::current(&app.db, region.id()).await?;
    let behind = if marker.is_empty() { String::new() } else { format!("&marker={marker}") };
    let path = format!("/servers/detail?all_tenants=1&limit={limit}&sort_key=uuid&sort_dir=asc{filter}{behind}");
    let asked_at = local_now();
    let answer = api.compute(Method::GET, &path, region.microversion(), None).await?;
    if answer.status == StatusCode::BAD_REQUEST && !marker.is_empty() {
        return Ok(None);
    }
    let skew_us = skew(&answer, asked_at, local_now());
    let mut page = answer.json(region)?;
    let Some(Value::Array(documents)) = page.get_mut("servers").map(Value::take) else {
        return Err(CallError::new(region.name(), Sent::Maybe, "it told no list of servers").into());
    };
    // A region may give shorter pages than asked for (`[api] max_limit`); its link says that there is more.
    let more = documents.len() >= limit || page.get("servers_links").is_some();
    let scheduled = documents.iter().rev().find(|document| !is_to_be_scheduled(document));
    let next = scheduled.or(documents.last()).and_then(|last| last["id"].as_str()).map(str::to_owned);
    let circling = more && scheduled.is_none();
    Ok(Some(Page { documents, next: next.filter(|_| more), circling, read_seq, skew_us }))
}

/// True of what may be a `BuildRequest`.
fn is_to_be_scheduled(document: &Value) -> bool {
    document["status"] == "BUILD" && document["OS-EXT-SRV-ATTR:host"].is_null()
}

/// The region's clock less ours, from the header `Date` of an answer: whole seconds, so it is right to half a second
/// and half the time that the call took.
fn skew(answer: &Answer, asked_at: i64, answered_at: i64) -> Option<i64> {
    let date = answer.headers.get(http::header::DATE)?.to_str().ok()?;
    let date = chrono::DateTime::parse_from_rfc2822(date).ok()?.timestamp_micros() + SECOND / 2;
    Some(date - i64::midpoint(asked_at, answered_at))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::HeaderMap;

    use super::*;

    #[test]
    fn the_header_date_tells_the_regions_clock() {
        let mut headers = HeaderMap::new();
        headers.insert("date", "Wed, 25 Nov 2026 07:00:00 GMT".parse().expect("a value"));
        let answer = Answer { status: StatusCode::OK, headers, body: Bytes::new() };
        let at = chrono::DateTime::parse_from_rfc3339("2026-11-25T06:00:00Z").expect("a time").timestamp_micros();
        assert_eq!(skew(&answer, at, at + SECOND), Some(3_600 * SECOND));
        let answer = Answer { headers: HeaderMap::new(), ..answer };
        assert_eq!(skew(&answer, at, at), None);
    }
}
