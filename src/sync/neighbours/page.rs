//! Pages of Neutron's collections.

use std::sync::Arc;

use http::StatusCode;
use serde_json::Value;

use crate::app::App;
use crate::regions::nova::RegionApi;
use crate::regions::{CallError, Sent};
use crate::sync::round::SyncError;

/// Sorts behind every id.
pub(in crate::sync) const END: &str = "~";

/// One page of a collection of Neutron's.
pub(super) struct Page {
    /// What it has.
    pub documents: Vec<Value>,
    /// Marker of the next one.
    pub next: Option<String>,
}

/// Reads the page behind an id, in the order of ids. A Neutron that does not have the collection has an empty one.
pub(super) async fn page(
    app: &Arc<App>,
    api: &RegionApi,
    collection: &str,
    fields: &str,
    after: &str,
) -> Result<Page, SyncError> {
    let limit = app.config.sync.neighbours_page_size;
    let marker = if after.is_empty() { String::new() } else { format!("&marker={after}") };
    let path = format!("/{collection}?sort_key=id&sort_dir=asc&limit={limit}{fields}{marker}");
    let answer = api.network(&path).await?;
    if answer.status == StatusCode::NOT_FOUND && after.is_empty() {
        return Ok(Page { documents: Vec::new(), next: None });
    }
    let answer = answer.json(api.region())?;
    let more = answer.get(format!("{collection}_links")).is_some();
    let documents = documents(api, answer, collection)?;
    let more = more || documents.len() >= limit;
    let next = documents.last().and_then(|last| last["id"].as_str()).filter(|_| more).map(str::to_owned);
    Ok(Page { documents, next })
}

/// The list in an answer.
fn documents(api: &RegionApi, mut answer: Value, collection: &str) -> Result<Vec<Value>, SyncError> {
    if let Some(Value::Array(documents)) = answer.get_mut(collection).map(Value::take) {
        return Ok(documents);
    }
    let reason = format!("it told no list of {collection}");
    Err(CallError::new(api.region().name(), Sent::Maybe, reason).into())
}
