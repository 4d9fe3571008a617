//! `DELETE /servers/{server_id}`

use http::{Response, StatusCode};

use crate::api::Call;
use crate::cascade::act;
use crate::error::ApiResult;
use crate::http_body::{self, Body};

/// Sends the delete to the server's region; 204 with no body, or the region's own refusal.
pub async fn delete(call: Call) -> ApiResult<Response<Body>> {
    call.query().refuse_unknown(call.version, 102, |_| false)?;
    let answer = act::delete(&call).await?;
    if answer.status() == StatusCode::NO_CONTENT {
        let (parts, _) = answer.into_parts();
        return Ok(Response::from_parts(parts, http_body::empty()));
    }
    Ok(answer)
}
