//! `GET /os-keypairs/{keypair_name}`

use http::{Response, StatusCode};

use super::{missing, owner};
use crate::api::Call;
use crate::db::key_pairs;
use crate::error::ApiResult;
use crate::http_body::{self, Body};
use crate::views::key_pair as view;

/// `GET /os-keypairs/{keypair_name}`
pub async fn show(call: Call) -> ApiResult<Response<Body>> {
    let user_id = owner(&call)?;
    let name = call.matched.param("keypair_name");
    let key = key_pairs::get(&call.app.db, &user_id, name).await?.ok_or_else(|| missing(&user_id, name))?;
    http_body::json(StatusCode::OK, &view::shown(&key, call.version))
}
