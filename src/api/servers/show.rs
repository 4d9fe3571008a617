//! `GET /servers/{server_id}`

use http::Response;

use super::{audience, tell_stale};
use crate::api::{Call, ok};
use crate::cascade::find;
use crate::db::servers;
use crate::error::{ApiResult, Fault};
use crate::http_body::Body;
use crate::microversion::v2;
use crate::views::server::{self as view, Aside, Kind};

/// Shows the row; after a fresh round over its region while something is under way (D3).
pub async fn show(mut call: Call) -> ApiResult<Response<Body>> {
    let id = call.server()?.id.clone();
    if !call.server()?.settled {
        let region = call.server()?.region_id.clone();
        if call.app.sync.refresh(region.iter().map(String::as_str)).await {
            call.server = Some(find::again(&call).await?);
        }
    }
    let row = call.server()?;
    let audience = audience(&call, &row.project_id);
    let user_data = if row.has_user_data && audience.extended && call.version >= v2(3) {
        servers::user_data(&call.app.db, &[&row.id]).await?.pop()
    } else {
        None
    };
    let stale = row.region_id.as_ref().and_then(|id| call.app.unknown_regions().remove(id));
    let aside =
        Aside { unknown: row.unknown || stale.is_some(), user_data: user_data.as_ref().map(|(_, text)| text.as_str()) };
    let mut out = String::with_capacity(row.document.len() + 512);
    out.push_str("{\"server\":");
    if !view::detail(&mut out, row, Kind::Show, &audience, aside) {
        return Err(Fault::internal(format!("the stored document of server {id} cannot be read")));
    }
    out.push('}');
    let mut response = ok(out);
    tell_stale(&mut response, stale.iter().map(|(name, age_s)| (name.as_str(), *age_s)));
    Ok(response)
}
