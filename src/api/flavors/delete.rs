//! `DELETE /flavors/{flavor_id}`

use http::{Response, StatusCode};

use super::{changed, missing};
use crate::api::Call;
use crate::db::flavors as rows;
use crate::error::ApiResult;
use crate::http_body::{self, Body};

/// Deletes a flavor. Its servers stay as they are; what the top made of it in regions goes too.
pub async fn delete(call: Call) -> ApiResult<Response<Body>> {
    let id = call.matched.param("flavor_id");
    if !rows::delete(&call.app.db, id).await? {
        return Err(missing(id));
    }
    changed(&call);
    Ok(http_body::json_bytes(StatusCode::ACCEPTED, ""))
}
