//! `DELETE /flavors/{flavor_id}`

use http::{Response, StatusCode};

use super::{changed, missing, named};
use crate::api::Call;
use crate::db::flavors as rows;
use crate::error::ApiResult;
use crate::http_body::{self, Body};

/// Deletes a flavor. Its servers stay as they are; what the top made of it in regions goes too.
pub async fn delete(call: Call) -> ApiResult<Response<Body>> {
    if !rows::delete(&call.app.db, &named(&call).await?).await? {
        return Err(missing(call.matched.param("flavor_id")));
    }
    changed(&call);
    Ok(http_body::json_bytes(StatusCode::ACCEPTED, ""))
}
