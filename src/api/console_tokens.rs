//! `GET /os-console-auth-tokens/{token}`: only the region that made a token knows it, so every one is asked.

use http::{Response, StatusCode};

use super::Call;
use crate::cascade::{below, proxy};
use crate::error::{ApiResult, Fault};
use crate::http_body::Body;
use crate::identity::policy::{Rule, admin};
use crate::microversion::{Microversion, v2};

/// Nova's consoles to 2.30 were RDP's, which it no longer has; it says so before it asks who wants to know.
const SINCE: Microversion = v2(31);
const SHOW: Rule = admin("os_compute_api:os-console-auth-tokens");

/// The answer of the region that knows the token.
pub async fn show(call: Call) -> ApiResult<Response<Body>> {
    if call.version < SINCE {
        return Err(Fault::bare(StatusCode::BAD_REQUEST));
    }
    SHOW.require(&call.identity, &call.identity.project_id)?;
    let path = below::path(&call, "");
    Ok(proxy::best(proxy::everywhere(&call, |_| path.clone()).await)?.1)
}
