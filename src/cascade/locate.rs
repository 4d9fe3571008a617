//! Where a server is, for operators: what joins logs, meters and alarms of the top with those of its region.

use std::sync::Arc;

use http::Method;
use serde_json::{Value, json};

use crate::app::App;
use crate::config::ms;
use crate::db::clock::iso;
use crate::db::locate::{self, Facts};
use crate::db::mappings::Mapping;
use crate::db::ports::{self, Port};
use crate::db::{DbResult, intents};
use crate::microversion::MIN;
use crate::regions::nova::RegionApi;

/// Name of the action that Nova notes for a boot.
const CREATE: &str = "create";

/// All that is known of the server that has this id, on top or in a region; none where no row and no mapping has it.
///
/// # Errors
/// What the database says. A region that does not answer leaves out what it alone knows.
pub async fn locate(app: &Arc<App>, id: &str) -> DbResult<Option<Value>> {
    let Some(facts) = locate::server(&app.db, id).await? else { return Ok(None) };
    let placements = locate::placements(&app.db, &facts.id).await?;
    let ports = match (&facts.region_id, &facts.local_id) {
        (Some(region_id), Some(local_id)) => ports::of_server(&app.db, region_id, local_id).await?,
        _ => Vec::new(),
    };
    let intent = match &facts.intent_id {
        Some(id) => intents::get(&app.db, id).await?,
        None => None,
    };
    let open = intent.map(|intent| json!({ "phase": intent.phase, "region": name(app, intent.region_id.as_deref()) }));
    let region_boot = boot_below(app, &facts).await;
    Ok(Some(json!({
        "id": facts.id,
        "name": facts.name,
        "project_id": facts.project_id,
        "user_id": facts.user_id,
        "status": facts.status,
        "task_state": facts.task_state,
        "region": name(app, facts.region_id.as_deref()),
        "local_id": facts.local_id,
        "host": facts.host,
        "asked_zone": facts.asked_zone,
        "zone": facts.zone,
        "placements": placements.iter().map(|placement| placed(app, placement)).collect::<Vec<_>>(),
        "ports": ports.iter().map(port).collect::<Vec<_>>(),
        "boot": {
            "intent": facts.intent_id,
            "open": open,
            "request_id": known(&facts.boot_request_id),
            "region_request_id": region_boot,
            "reservation_id": facts.reservation_id,
            "launch_index": facts.launch_index,
        },
        "last_request_id": known(&facts.last_request_id),
        "row": {
            "settled": facts.settled,
            "documented": facts.documented,
            "deleting": facts.deleting,
            "deleted": facts.deleted,
            "awaits": facts.awaits,
            "hold_until": (facts.hold_until > 0).then(|| iso(facts.hold_until)),
            "missing_since": facts.missing_since.map(iso),
            "seq": facts.seq,
            "created_at": iso(facts.created_at),
            "updated_at": iso(facts.updated_at),
            "changed_at": iso(facts.changed_at),
        },
        "charged": {
            "instances": facts.charged_instances,
            "cores": facts.charged_cores,
            "ram_mb": facts.charged_ram_mb,
        },
    })))
}

/// A region's name.
fn name(app: &App, id: Option<&str>) -> Option<String> {
    let id = id?;
    Some(app.registry.get(id).map_or_else(|| id.to_owned(), |region| region.name().to_owned()))
}

fn known(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn placed(app: &App, placement: &Mapping) -> Value {
    json!({
        "region": name(app, Some(&placement.region_id)),
        "local_id": placement.local_id,
        "current": placement.current,
        "intent": placement.intent_id,
        "placed_at": iso(placement.created_at),
    })
}

fn port(port: &Port) -> Value {
    json!({
        "id": port.id,
        "network_id": port.network_id,
        "status": port.status,
        "mac_address": port.mac,
        "fixed_ips": serde_json::from_str::<Value>(&port.fixed_ips).unwrap_or_default(),
        "host": port.host,
        "revision": port.revision,
        "changed_at": iso(port.changed_at),
    })
}

/// The region's own request id of the boot, which it keeps with the server's actions.
async fn boot_below(app: &Arc<App>, facts: &Facts) -> Option<String> {
    let region = app.registry.get(facts.region_id.as_deref()?).filter(|region| !region.health.is_failing())?;
    let path = format!("/servers/{}/os-instance-actions", facts.local_id.as_deref()?);
    let api = RegionApi::new(app.service.clone(), region.clone(), ms(app.config.region.lookup_timeout_ms));
    let answer = api.compute(Method::GET, &path, MIN, None).await.ok()?.json(&region).ok()?;
    let actions = answer["instanceActions"].as_array()?;
    let boot = actions.iter().find(|action| action["action"] == CREATE)?;
    boot["request_id"].as_str().map(str::to_owned)
}
