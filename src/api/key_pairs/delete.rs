//! `DELETE /os-keypairs/{keypair_name}`

use http::{Response, StatusCode};

use super::{USER_ID, missing, owner};
use crate::api::Call;
use crate::cascade::key_pairs;
use crate::error::ApiResult;
use crate::http_body::{self, Body};
use crate::microversion::v2;

/// `DELETE /os-keypairs/{keypair_name}`
pub async fn delete(call: Call) -> ApiResult<Response<Body>> {
    call.query().refuse_unknown(call.version, 75, |key| key == USER_ID)?;
    let user_id = owner(&call)?;
    let name = call.matched.param("keypair_name");
    if !key_pairs::delete(&call.app, &user_id, name).await? {
        return Err(missing(&user_id, name));
    }
    let mut response = Response::new(http_body::empty());
    *response.status_mut() = if call.version >= v2(2) { StatusCode::NO_CONTENT } else { StatusCode::ACCEPTED };
    Ok(response)
}
