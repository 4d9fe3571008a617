//! `DELETE /servers/{server_id}`

use bytes::Bytes;
use http::{Response, StatusCode};

use crate::api::Call;
use crate::cascade::act::{self, Change};
use crate::cascade::below;
use crate::error::ApiResult;
use crate::http_body::{self, Body};

/// Sends the delete to the server's region; 204 with no body, or the region's own refusal.
pub async fn delete(call: Call) -> ApiResult<Response<Body>> {
    call.query().refuse_unknown(call.version, 102, |_| false)?;
    let (region, local_id) = below::place(&call)?;
    let change = Change { deletes: true, ..Change::of_route(&call, &[]).await? };
    let answer = act::change(&call, &region, &below::path(&call, &local_id), Bytes::new(), &change).await?;
    if answer.status() == StatusCode::NO_CONTENT {
        let (parts, _) = answer.into_parts();
        return Ok(Response::from_parts(parts, http_body::empty()));
    }
    Ok(answer)
}
