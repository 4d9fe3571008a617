//! Names in the body of a change that are called otherwise in the server's region (D10, D11).

use std::collections::HashMap;
use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value, json};

use super::boot::prepare;
use super::ensure;
use crate::api::Call;
use crate::config::ms;
use crate::db::{equivalents, zones};
use crate::error::{ApiResult, Fault};
use crate::microversion::v2;
use crate::regions::Region;
use crate::regions::forward::Bearer;
use crate::selector::{Asker, Has, Kind};

/// What a field names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// A flavor of the top; it is made in the region if it is not there yet.
    Flavor,
    /// An image.
    Image,
    /// A network.
    Network,
    /// A zone of the top.
    Zone,
    /// A key pair of the caller's; it is made in the region if it is not there yet. To 2.53 no change has one.
    KeyPair,
}

/// A field of a body, as a JSON pointer (RFC 6901), and what it names.
pub type Field = (&'static str, Names);

/// Replaces what the fields name; true where anything changed. A zone of the top that is the region as a whole is no
/// zone there: `null`.
///
/// # Errors
/// 400 for a flavor or key pair that is not on top and for a zone of another region; 401 where the region does not accept
/// the caller's token when it is asked for an image or a network; 503 where the region does not take
/// the flavor or the key pair.
pub async fn body(call: &Call, region: &Arc<Region>, body: &mut Value, fields: &[Field]) -> ApiResult<bool> {
    let mut changed = false;
    for (pointer, names) in fields {
        let Some(named) = body.pointer(pointer).and_then(text) else { continue };
        if *names == Names::KeyPair && call.version < v2(54) {
            continue;
        }
        let local = match names {
            Names::Flavor => json!(flavor(call, region, &named).await?),
            Names::Image => json!(equivalent(call, region, Kind::Image, &named).await?),
            Names::Network => json!(equivalent(call, region, Kind::Network, &named).await?),
            Names::Zone => zone(call, region, &named).await?,
            Names::KeyPair => json!(key_pair(call, region, &named).await?),
        };
        // To 2.90 no zone is said by saying nothing at all (schemas/shelve.py, `unshelve_v277`).
        let unsaid = local.is_null() && call.version < v2(91);
        let pointer = if unsaid { pointer.rsplit_once('/').map_or(*pointer, |(parent, _)| parent) } else { pointer };
        if let Some(field) = body.pointer_mut(pointer).filter(|field| **field != local) {
            *field = local;
            changed = true;
        }
    }
    Ok(changed)
}

/// The zone that a body asks to pin its server to, by its name on top; `Some(None)` asks for none.
#[must_use]
pub fn zone_asked(body: &Value, fields: &[Field]) -> Option<Option<String>> {
    let (pointer, _) = fields.iter().find(|(_, names)| *names == Names::Zone)?;
    body.pointer(pointer).map(text)
}

/// Text, or a number as Nova takes one for a flavor.
pub(super) fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned).or_else(|| value.as_i64().map(|number| number.to_string()))
}

async fn flavor(call: &Call, region: &Arc<Region>, id: &str) -> ApiResult<String> {
    let flavor = prepare::flavor(call, id).await?;
    let local = ensure::flavor::ensure(&call.app, region, &flavor).await;
    local.map_err(|error| {
        Fault::unavailable(format!("Region {} does not take the flavor: {}", error.target, error.reason))
    })
}

async fn key_pair(call: &Call, region: &Arc<Region>, name: &str) -> ApiResult<String> {
    let key = prepare::key_pair(call, name).await?;
    let local = ensure::key_pair::ensure(&call.app, region, &key).await;
    local.map_err(|error| {
        Fault::unavailable(format!("Region {} does not take the key pair: {}", error.target, error.reason))
    })
}

/// What the region does not have under any id stays as it was named: the region says so in Nova's words.
async fn equivalent(call: &Call, region: &Arc<Region>, kind: Kind, id: &str) -> ApiResult<String> {
    let id = id.rsplit('/').next().unwrap_or_default().to_owned();
    let rows = equivalents::of(&call.app.db, kind.name(), std::slice::from_ref(&id)).await?;
    // Where it has no other name there, what the region has makes no difference.
    if !rows.iter().any(|row| row.region_id == region.id()) {
        return Ok(id);
    }
    let known = rows.into_iter().map(|row| ((kind, row.top_id, row.region_id), row.local_id));
    let asker = Asker {
        visibility: &call.app.visibility,
        project_id: &call.identity.project_id,
        bearer: Bearer {
            share: call.identity.share(),
            token: call.token()?,
            service_token: None,
            request_id: &call.trail.request_id,
        },
        by_admin: false,
        absence: None,
        equivalents: known.collect::<HashMap<_, _>>(),
        timeout: ms(call.app.config.region.lookup_patience_ms),
    };
    match asker.has(region, kind, &id).await {
        Has::Yes(local) => Ok(local),
        Has::No | Has::Unknown(_) => Ok(id),
        Has::Unauthorized(reason) => {
            Err(Fault::new(StatusCode::UNAUTHORIZED, format!("Region {} was asked for it: {reason}.", region.name())))
        }
    }
}

async fn zone(call: &Call, region: &Arc<Region>, name: &str) -> ApiResult<Value> {
    let zone = zones::all(&call.app.db).await?.into_iter().find(|zone| zone.top_name == name);
    match zone {
        Some(zone) if zone.region_id == region.id() => {
            Ok(if zone.local_name.is_empty() { Value::Null } else { json!(zone.local_name) })
        }
        Some(_) => Err(Fault::bad_request(format!(
            "The requested availability zone '{name}' is in another region than the server, which stays in {}.",
            region.name()
        ))),
        None => Err(Fault::bad_request("The requested availability zone is not available")),
    }
}
