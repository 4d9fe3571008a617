//! `PUT /servers/{server_id}`

use bytes::Bytes;
use http::Response;

use super::answer;
use crate::api::{Call, body};
use crate::cascade::act::{self, Change};
use crate::cascade::below;
use crate::cascade::translate::{self, Field, Names};
use crate::error::ApiResult;
use crate::http_body::Body;
use crate::views::server::Kind;

/// What the body names of the top (from 2.104 on; before it the region refuses the field).
const NAMES: &[Field] = &[("/server/pinned_availability_zone", Names::Zone)];

/// Sends the change to the server's region and answers with the document it gives, in the top's words.
pub async fn update(mut call: Call) -> ApiResult<Response<Body>> {
    let bytes = call.read_body().await?;
    let mut asked = body::parse(&bytes)?;
    let (region, local_id) = below::place(&call)?;
    let zone = translate::zone_asked(&asked, NAMES);
    let translated = translate::body(&call, &region, &mut asked, NAMES).await?;
    let bytes = if translated { Bytes::from(asked.to_string()) } else { bytes };
    let change = Change::of_route(&call, &bytes).await?;
    let response = act::change(&call, &region, &below::path(&call, &local_id), bytes, &change).await?;
    if let Some(zone) = zone.filter(|_| response.status().is_success()) {
        act::pin(&call, zone.as_deref()).await?;
        if let Some(row) = &mut call.server {
            row.asked_zone = zone;
        }
    }
    answer::server(&call, &region, response, Kind::Update).await
}
