//! Changes of a server's metadata: the region makes them, the top says how many items a server may have.

use std::collections::BTreeSet;

use bytes::Bytes;
use http::{Method, Response};
use serde_json::Value;

use super::routed;
use crate::api::Call;
use crate::cascade::limits;
use crate::error::ApiResult;
use crate::http_body::Body;

/// `POST` and `PUT` of all items, `PUT` of one. A body that is wrong is refused by the region.
pub async fn change(mut call: Call) -> ApiResult<Response<Body>> {
    let bytes = call.read_body().await?;
    let items = items(&call, &bytes)?;
    if items > 0 {
        limits::metadata(&limits::of_caller(&call).await?, items)?;
    }
    routed::forward_body(call, bytes).await
}

/// How many items the server has afterwards, as far as the top knows.
fn items(call: &Call, bytes: &Bytes) -> ApiResult<usize> {
    let body: Value = serde_json::from_slice(bytes).unwrap_or_default();
    let row = call.server()?;
    let keys = |value: &Value| -> BTreeSet<String> {
        value.as_object().into_iter().flat_map(|items| items.keys().cloned()).collect()
    };
    let mut items = keys(if body["meta"].is_object() { &body["meta"] } else { &body["metadata"] });
    let replaces = *call.matched.route.method == Method::PUT && call.matched.param("key").is_empty();
    if !replaces && !items.is_empty() {
        let document: Value = serde_json::from_str(&row.document).unwrap_or_default();
        items.extend(keys(&document["metadata"]));
    }
    Ok(items.len())
}
