//! `DELETE /servers/{server_id}`

use bytes::Bytes;
use http::{Response, StatusCode};

use crate::api::Call;
use crate::cascade::act::{self, Change};
use crate::cascade::{alone, below, find};
use crate::db::removals::reason;
use crate::error::ApiResult;
use crate::http_body::{self, Body};

/// Sends the delete to the server's region; 204 with no body, or the region's own refusal. One whose region does not
/// answer is done when it does again, one that has no region at once.
pub async fn delete(mut call: Call) -> ApiResult<Response<Body>> {
    if call.server()?.region_id.is_none() {
        if alone::delete(&call).await? {
            return Ok(http_body::bare(StatusCode::NO_CONTENT));
        }
        call.server = Some(find::again(&call).await?);
    }
    let (region, local_id) = below::place(&call)?;
    let change = Change { deletes: Some(reason::DELETE), ..Change::of_route(&call, &[]).await? };
    let answer = act::change(&call, &region, &below::path(&call, &local_id), Bytes::new(), &change).await?;
    if answer.status() == StatusCode::NO_CONTENT {
        let (parts, _) = answer.into_parts();
        return Ok(Response::from_parts(parts, http_body::empty()));
    }
    Ok(answer)
}
