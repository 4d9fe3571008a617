//! `GET /flavors/{flavor_id}`

use http::Response;

use super::{find, shown};
use crate::api::Call;
use crate::error::ApiResult;
use crate::http_body::Body;

/// One flavor.
pub async fn show(call: Call) -> ApiResult<Response<Body>> {
    shown(&call, &find(&call).await?)
}
