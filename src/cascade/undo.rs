//! Taking back what a request made before it failed.

use std::sync::Arc;

use bytes::Bytes;
use http::Method;

use super::below;
use crate::api::Call;
use crate::db::clock::SECOND;
use crate::db::servers::{self, Unsettling};
use crate::regions::Region;

/// Deletes a server that this call booted. One that cannot be deleted now stays in its owner's list, and is logged.
pub async fn delete(call: &Call, region: &Arc<Region>, id: &str) {
    let what = Unsettling { hold_us: SECOND, deleting: Some(true), ..Unsettling::default() };
    let noted = servers::unsettle(&call.app.db, region.id(), id, &call.trail.request_id, &what).await;
    let answer = below::send(call, region, &Method::DELETE, &format!("/servers/{id}"), Bytes::new()).await;
    let reason = match (noted, answer) {
        (Err(error), _) => error.to_string(),
        (_, Err(error)) => error.to_string(),
        (_, Ok(answer)) if answer.status().is_success() => return call.app.sync.wake(region.id()),
        (_, Ok(answer)) => format!("it answered {}", answer.status()),
    };
    tracing::error!(
        request_id = call.trail.request_id,
        server_id = id,
        region = region.name(),
        reason,
        "a server of a request that failed could not be deleted again"
    );
}
