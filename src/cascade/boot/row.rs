//! The row of a server that a region has just accepted, before its first document.

use serde_json::{Map, Value, json};

use super::{hints, hostname};
use crate::db::clock::{self, SECOND};
use crate::db::flavors::Flavor;
use crate::db::intents::Intent;
use crate::db::servers::{Documented, ServerRow};
use crate::db::text::cut;
use crate::views::server::document::{Names, Told};

/// Characters of the columns of projects, users and reservations; Keystone's ids are no longer.
const OWNER_MAX: usize = 64;

/// Holds a row unsettled until its server can be seen in its region's lists.
const FIRST_HOLD_US: i64 = 2 * SECOND;

/// What a region's document tells of a server whose boot went through us. `intent` is gone where this was not the
/// first process to find it; the document alone then says what it can.
#[must_use]
pub fn from_document(told: &Told, intent: Option<&Intent>, region_id: &str, names: &Names) -> ServerRow {
    let asked_zone = intent.and_then(|intent| intent.asked_zone.clone());
    let flavor_id = intent.map(|intent| intent.flavor_id.as_str()).unwrap_or_default();
    let columns = told.clone().columns(names, (flavor_id, ""), asked_zone.as_deref());
    let now = clock::local_now();
    let own = |name: &str| {
        let mut text = told.text(name).unwrap_or_default().to_owned();
        cut(&mut text, OWNER_MAX);
        text
    };
    ServerRow {
        id: intent.and_then(|intent| intent.server_id.clone()).unwrap_or_else(|| told.local_id.clone()),
        region_id: Some(region_id.to_owned()),
        local_id: Some(told.local_id.clone()),
        intent_id: told.marker.clone(),
        project_id: own("tenant_id"),
        user_id: own("user_id"),
        asked_zone,
        reservation_id: intent.map_or_else(|| own("OS-EXT-SRV-ATTR:reservation_id"), |i| i.reservation_id.clone()),
        launch_index: intent.map_or_else(|| told.small("OS-EXT-SRV-ATTR:launch_index"), |intent| intent.launch_index),
        changed_at: now,
        seq: 0,
        missing_since: None,
        charged_instances: 1,
        charged_cores: told.flavor_size().map_or(0, |(cores, _)| cores),
        charged_ram_mb: told.flavor_size().map_or(0, |(_, ram_mb)| ram_mb),
        boot_request_id: intent.map(|intent| intent.boot_request_id.clone()).unwrap_or_default(),
        last_request_id: intent.map(|intent| intent.boot_request_id.clone()).unwrap_or_default(),
        group_id: intent.map_or_else(|| told.group(names), |intent| intent.group_id.clone()),
        loses_volumes: intent.is_some_and(|intent| intent.loses_volumes),
        // A list need not tell everything: a single show follows.
        told: Documented {
            settled: false,
            hold_until: now + FIRST_HOLD_US,
            documented: false,
            has_user_data: false,
            ..columns
        },
    }
}

/// A server the region has accepted and not yet told of: BUILD, with what the boot's body and the region's answer
/// (`security_groups`, `OS-DCF:diskConfig`) say.
#[must_use]
pub fn from_answer(
    answer: &Value,
    body: &Value,
    intent: &Intent,
    region_id: &str,
    flavor: &Flavor,
) -> Option<ServerRow> {
    let asked = |key: &str| body["server"].get(key).cloned();
    let now = clock::local_now();
    let created = clock::iso(now);
    let mut document = Map::new();
    let mut put = |key: &str, value: Value| document.insert(key.to_owned(), value);
    put("id", answer["id"].clone());
    put("name", json!(intent.name));
    put("status", json!("BUILD"));
    put("tenant_id", json!(intent.project_id));
    put("user_id", json!(intent.user_id));
    put("metadata", asked("metadata").unwrap_or_else(|| json!({})));
    put("hostId", json!(""));
    put("image", intent.image_id.as_ref().map_or_else(|| json!(""), |id| json!({ "id": id, "properties": {} })));
    put("flavor", embedded(flavor));
    put("created", json!(created));
    put("updated", json!(created));
    put("addresses", json!({}));
    put("accessIPv4", asked("accessIPv4").unwrap_or_else(|| json!("")));
    put("accessIPv6", asked("accessIPv6").unwrap_or_else(|| json!("")));
    put("OS-DCF:diskConfig", answer.get("OS-DCF:diskConfig").cloned().unwrap_or_else(|| json!("MANUAL")));
    put("progress", json!(0));
    put("OS-EXT-AZ:availability_zone", json!(""));
    put("config_drive", json!(""));
    put("key_name", asked("key_name").unwrap_or(Value::Null));
    put("security_groups", answer.get("security_groups").cloned().unwrap_or_else(|| json!([])));
    let hostname = || json!(hostname::of_name(&intent.name, answer["id"].as_str().unwrap_or_default()));
    put("OS-EXT-SRV-ATTR:hostname", asked("hostname").filter(|name| !name.is_null()).unwrap_or_else(hostname));
    // What Nova shows of a server that has no host yet.
    for key in ["OS-EXT-SRV-ATTR:instance_name", "OS-EXT-SRV-ATTR:kernel_id", "OS-EXT-SRV-ATTR:ramdisk_id"] {
        put(key, json!(""));
    }
    put("OS-EXT-STS:task_state", json!("scheduling"));
    put("OS-EXT-STS:vm_state", json!("building"));
    put("OS-EXT-STS:power_state", json!(0));
    put("os-extended-volumes:volumes_attached", json!([]));
    put("locked", json!(false));
    put("host_status", json!(""));
    put("description", asked("description").unwrap_or(Value::Null));
    put("tags", asked("tags").unwrap_or_else(|| json!([])));
    put("scheduler_hints", hints::kept(body));
    let mut told = Told::read(Value::Object(document))?;
    told.marker = Some(intent.id.clone());
    let mut names = Names::default();
    names.flavors.insert(flavor.name.clone(), (flavor.id.clone(), flavor.name.clone()));
    Some(from_document(&told, Some(intent), region_id, &names))
}

fn embedded(flavor: &Flavor) -> Value {
    json!({
        "vcpus": flavor.vcpus, "ram": flavor.ram_mb, "disk": flavor.disk_gb, "ephemeral": flavor.ephemeral_gb,
        "swap": flavor.swap_mb, "original_name": flavor.name, "extra_specs": flavor.specs(),
    })
}
