//! What a boot needs to know before it chooses a region: flavor, zone, and the intent to be written.

use uuid::Uuid;

use super::ask::Request;
use super::needs;
use super::order::Order;
use crate::api::Call;
use crate::db::flavors::{self, Flavor};
use crate::db::intents::{Intent, phase};
use crate::db::key_pairs::{self, KeyPair};
use crate::db::text::{ID_MAX, fits};
use crate::db::zones;
use crate::error::{ApiResult, Fault};

/// Nova's words where there is no key pair of the name (nova/api/openstack/compute/servers.py).
pub const NO_KEY_PAIR: &str = "Invalid key_name provided.";

/// The intent of one server's boot that is about to begin; its times are set when it is written. Of several servers
/// each has its number behind its name (nova/compute/api.py, `_populate_instance_names`).
pub fn intent(order: &Order, index: i32) -> Intent {
    let (call, request) = (&order.call, &order.request);
    let name = if request.most > 1 { format!("{}-{}", request.name, index + 1) } else { request.name.clone() };
    Intent {
        id: Uuid::new_v4().to_string(),
        project_id: call.identity.project_id.clone(),
        user_id: call.identity.user_id.clone(),
        region_id: None,
        phase: phase::PLANNED.into(),
        owner: call.app.process_id.clone(),
        name,
        flavor_id: request.flavor_id.clone(),
        image_id: request.image.clone().filter(|id| fits(id, ID_MAX)),
        asked_zone: request.zone.as_ref().map(|(zone, _)| zone.clone()).filter(|zone| !zone.is_empty()),
        launch_index: index,
        reservation_id: order.reservation_id.clone(),
        boot_request_id: call.trail.request_id.clone(),
        created_at: 0,
        updated_at: 0,
        group_id: order.hinted.group.as_ref().map(|group| group.id.clone()),
        charged_instances: 1,
        charged_cores: order.flavor.vcpus,
        charged_ram_mb: order.flavor.ram_mb,
        server_id: None,
        loses_volumes: needs::loses_volumes(&request.body["server"]),
    }
}

/// The flavor asked for, where the caller may use it.
///
/// # Errors
/// 400 in Nova's words.
pub async fn flavor(call: &Call, id: &str) -> ApiResult<Flavor> {
    let missing = || Fault::bad_request(format!("Flavor {id} could not be found."));
    let flavor = flavors::get(&call.app.db, id).await?.ok_or_else(missing)?;
    if flavor.is_public || call.identity.is_admin() {
        return Ok(flavor);
    }
    let projects = flavors::access(&call.app.db, id).await?;
    if projects.contains(&call.identity.project_id) { Ok(flavor) } else { Err(missing()) }
}

/// The caller's key pair of this name.
///
/// # Errors
/// 400 in Nova's words.
pub async fn key_pair(call: &Call, name: &str) -> ApiResult<KeyPair> {
    let key = key_pairs::get(&call.app.db, &call.identity.user_id, name).await?;
    key.ok_or_else(|| Fault::bad_request(NO_KEY_PAIR))
}

/// The region and local name of the zone asked for.
///
/// # Errors
/// 400 for a zone that is not there.
pub async fn zone(call: &Call, request: &Request) -> ApiResult<Option<(String, String)>> {
    let Some((name, _)) = request.zone.as_ref().filter(|(name, _)| !name.is_empty()) else { return Ok(None) };
    let zones = zones::all(&call.app.db).await?;
    let zone = zones.into_iter().find(|zone| zone.top_name == *name);
    let zone = zone.ok_or_else(|| Fault::bad_request("The requested availability zone is not available"))?;
    Ok(Some((zone.region_id, zone.local_name)))
}
