//! `DELETE /os-keypairs/{keypair_name}`

use http::{Response, StatusCode};

use super::{missing, owner};
use crate::api::Call;
use crate::cascade::key_pairs;
use crate::db::key_pairs as rows;
use crate::error::ApiResult;
use crate::http_body::{self, Body};
use crate::microversion::v2;

/// `DELETE /os-keypairs/{keypair_name}`
pub async fn delete(call: Call) -> ApiResult<Response<Body>> {
    let user_id = owner(&call)?;
    let name = call.matched.param("keypair_name");
    let key = rows::get(&call.app.db, &user_id, name).await?.ok_or_else(|| missing(&user_id, name))?;
    if !key_pairs::delete(&call.app, &user_id, &key.name).await? {
        return Err(missing(&user_id, name));
    }
    let mut response = Response::new(http_body::empty());
    *response.status_mut() = if call.version >= v2(2) { StatusCode::NO_CONTENT } else { StatusCode::ACCEPTED };
    Ok(response)
}
