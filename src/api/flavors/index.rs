//! `GET /flavors` and `GET /flavors/detail`

use http::{Response, StatusCode};
use serde_json::{Map, Value};

use super::query::{self, Wanted};
use super::sees_extra_specs;
use super::sort::Order;
use crate::api::Call;
use crate::db::flavors::{self as rows, Flavor};
use crate::error::ApiResult;
use crate::http_body::{self, Body};
use crate::views::flavor as view;

/// In brief.
pub async fn index(call: Call) -> ApiResult<Response<Body>> {
    list(&call, "flavors", |flavor| view::basic(flavor, &call.links, call.version)).await
}

/// In detail.
pub async fn detail(call: Call) -> ApiResult<Response<Body>> {
    let extra_specs = sees_extra_specs(&call);
    list(&call, "flavors/detail", |flavor| view::detail(flavor, &call.links, call.version, extra_specs)).await
}

async fn list(call: &Call, collection: &str, view: impl Fn(&Flavor) -> Value) -> ApiResult<Response<Body>> {
    let query = call.query();
    let (limit, marker) = query.page(call.app.config.api.items_per_page_max)?;
    let order = Order::parse(&query, call.version)?;
    let wanted = Wanted::parse(call, &query)?;
    let granted = rows::accessible(&call.app.db, &call.identity.project_id).await?;
    let mut seen = rows::all(&call.app.db).await?;
    seen.retain(|flavor| flavor.is_public || call.identity.is_admin() || granted.contains(&flavor.id));
    let mut flavors = seen.clone();
    flavors.retain(|flavor| wanted.has(flavor, granted.contains(&flavor.id)));
    let mut flavors = query::by_name(call, &query, flavors).await?;
    order.apply(&mut flavors, &seen, marker)?;
    flavors.truncate(limit);
    let mut answer = Map::new();
    answer.insert("flavors".into(), flavors.iter().map(view).collect());
    if let Some(last) = flavors.last().filter(|_| flavors.len() == limit) {
        answer.insert("flavors_links".into(), call.links.next(collection, &query, &last.id));
    }
    http_body::json(StatusCode::OK, &Value::Object(answer))
}
