//! `GET /os-keypairs`: by name; in pages from 2.35 on.

use http::{Response, StatusCode};
use serde_json::{Map, Value};

use super::owner;
use crate::api::Call;
use crate::db::key_pairs;
use crate::error::{ApiResult, Fault};
use crate::http_body::{self, Body};
use crate::microversion::v2;
use crate::views::key_pair as view;

/// `GET /os-keypairs`
pub async fn index(call: Call) -> ApiResult<Response<Body>> {
    let query = call.query();
    let paged = call.version >= v2(35);
    let (limit, marker) = if paged { query.page(call.app.config.api.items_per_page_max)? } else { (usize::MAX, None) };
    let user_id = owner(&call)?;
    let after = match marker {
        None => None,
        Some(marker) => {
            let missing = || Fault::bad_request(format!("Marker {marker} could not be found."));
            Some(key_pairs::get(&call.app.db, &user_id, marker).await?.ok_or_else(missing)?.name)
        }
    };
    let keys = key_pairs::page(&call.app.db, &user_id, after.as_deref(), limit).await?;
    let mut answer = Map::new();
    answer.insert("keypairs".into(), keys.iter().map(|key| view::listed(key, call.version)).collect());
    if let Some(last) = keys.last().filter(|_| keys.len() == limit) {
        answer.insert("keypairs_links".into(), call.links.next("os-keypairs", &query, &last.name));
    }
    http_body::json(StatusCode::OK, &Value::Object(answer))
}
