//! `POST /servers`.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::super::http::Resp;
use super::boot::{BootOutcome, Pending};
use super::call::{Call, Handled};
use super::fault::{NovaFault, fault, invalid};
use super::flavor::Flavor;
use super::nics;
use super::server::Server;
use super::server_groups;
use super::view::{Doc, links};

/// A create that reached the region, as it came.
#[derive(Clone, Debug)]
pub struct Created {
    pub body: Value,
    pub headers: http::HeaderMap,
    /// The servers made; none if it was refused.
    pub ids: Vec<String>,
}

/// Keys of `server` that a body may have, with the microversions between which.
const KEYS: &[(&str, u32, u32)] = &[
    ("name", 1, 999),
    ("flavorRef", 1, 999),
    ("imageRef", 1, 999),
    ("networks", 1, 999),
    ("key_name", 1, 999),
    ("availability_zone", 1, 999),
    ("metadata", 1, 999),
    ("user_data", 1, 999),
    ("config_drive", 1, 999),
    ("security_groups", 1, 999),
    ("min_count", 1, 999),
    ("max_count", 1, 999),
    ("adminPass", 1, 999),
    ("return_reservation_id", 1, 999),
    ("accessIPv4", 1, 999),
    ("accessIPv6", 1, 999),
    ("personality", 1, 56),
    ("OS-DCF:diskConfig", 1, 999),
    ("block_device_mapping", 1, 999),
    ("block_device_mapping_v2", 1, 999),
    ("description", 19, 999),
    ("tags", 52, 999),
    ("trusted_image_certificates", 63, 999),
    ("host", 74, 999),
    ("hypervisor_hostname", 74, 999),
    ("hostname", 90, 999),
];

/// `POST /servers`
pub fn create(call: &Call) -> Handled {
    let result = accept(call);
    let ids = result.as_ref().map(|servers| servers.iter().map(|server| server.id.clone()).collect());
    call.nova.created.lock().unwrap().push(Created {
        body: call.body.clone(),
        headers: call.req.headers.clone(),
        ids: ids.unwrap_or_default(),
    });
    let servers = result?;
    let wanted = &call.body["server"];
    let first = &servers[0];
    let shown = if wanted["return_reservation_id"] == json!(true) {
        json!({"reservation_id": first.reservation_id})
    } else {
        let groups = wanted.get("security_groups").cloned().unwrap_or_else(|| json!([{"name": "default"}]));
        json!({"server": {
            "id": first.id,
            "links": links(&call.look(Doc::Show), "servers", &first.id),
            "OS-DCF:diskConfig": first.disk_config,
            "security_groups": groups,
            "adminPass": wanted["adminPass"].as_str().unwrap_or("s3cr3tS1mP4ss"),
        }})
    };
    let location = format!("{}/v2.1{}/servers/{}", call.req.base, call.project, first.id);
    let is_reservation = shown.get("reservation_id").is_some();
    boot(call, servers);
    let resp = Resp::json(202, &shown);
    Ok(if is_reservation { resp } else { resp.with("location", &location) })
}

/// Checks a body and makes its servers, which are not yet in the region.
fn accept(call: &Call) -> Result<Vec<Server>, NovaFault> {
    call.need("member", "os_compute_api:servers:create")?;
    let wanted = schema(call)?;
    let count = counts(wanted)?;
    let zone = zone(call, wanted)?;
    let flavor = flavor(call, wanted)?;
    let image = image(call, wanted)?;
    key_pair(call, wanted)?;
    quota(call, count)?;
    let hints = hints(&call.body);
    let group = server_groups::wanted(call, &hints)?;
    let ports = nics::wanted(call.nova, &call.token, wanted.get("networks"))?;
    let name = wanted["name"].as_str().unwrap_or_default().trim();
    let mut servers = Vec::with_capacity(count);
    for index in 0..count {
        let name = if count > 1 { format!("{name}-{}", index + 1) } else { name.to_owned() };
        let mut server =
            Server::new(&name, call.token.project_id(), &call.token.user.id, Arc::clone(&flavor), call.nova.now());
        server.image.clone_from(&image);
        server.pinned_zone.clone_from(&zone);
        server.zone = zone.clone().unwrap_or_default();
        server.launch_index = index;
        call.request_id.clone_into(&mut server.request_id);
        server.hints.clone_from(&hints);
        server.group.clone_from(&group);
        fill(&mut server, wanted, call);
        servers.push(server);
    }
    let reservation = servers[0].reservation_id.clone();
    for server in &mut servers {
        server.reservation_id.clone_from(&reservation);
        call.nova.neutron.attach(&server.id, &call.token, &ports);
    }
    Ok(servers)
}

fn boot(call: &Call, servers: Vec<Server>) {
    for mut server in servers {
        let (outcome, pace) = {
            let mut settings = call.nova.settings.lock().unwrap();
            (settings.outcomes.pop_front(), settings.boots)
        };
        let flavor = &server.flavor;
        let by_room = || match call.nova.placement.take(flavor.vcpus, flavor.ram, flavor.disk) {
            true => BootOutcome::Active,
            false => BootOutcome::NoValidHost,
        };
        server.pending = Some(Pending::Boot(outcome.unwrap_or_else(by_room)));
        let id = call.nova.state.lock().unwrap().insert(server);
        call.nova.schedule(&id, pace);
    }
}

fn schema<'a>(call: &'a Call) -> Result<&'a Map<String, Value>, NovaFault> {
    let Some(wanted) = call.body["server"].as_object() else {
        return Err(invalid("body", &call.body, "'server' is a required property"));
    };
    let document = &call.body["server"];
    let known = |key: &String| KEYS.iter().any(|(k, from, to)| k == key && (*from..=*to).contains(&call.minor));
    if let Some(key) = wanted.keys().find(|key| !known(key)) {
        let why = format!("Additional properties are not allowed ('{key}' was unexpected)");
        return Err(invalid("server", document, &why));
    }
    let networks = if call.minor >= 37 { Some("networks") } else { None };
    for key in ["name", "flavorRef"].into_iter().chain(networks) {
        if !wanted.contains_key(key) {
            return Err(invalid("server", document, &format!("'{key}' is a required property")));
        }
    }
    let name = wanted["name"].as_str().unwrap_or_default();
    if name.trim().is_empty() || name.chars().count() > 255 {
        return Err(invalid("name", &wanted["name"], "Name must be 1 to 255 characters long."));
    }
    Ok(wanted)
}

fn counts(wanted: &Map<String, Value>) -> Result<usize, NovaFault> {
    let number = |key: &str| match wanted.get(key)? {
        Value::String(text) => text.parse().ok(),
        value => value.as_u64().and_then(|n| usize::try_from(n).ok()),
    };
    let least: usize = number("min_count").unwrap_or(1);
    let most = number("max_count").unwrap_or(least);
    if least > most {
        return Err(fault(400, "min_count must be <= max_count"));
    }
    Ok(most.max(1))
}

fn zone(call: &Call, wanted: &Map<String, Value>) -> Result<Option<String>, NovaFault> {
    let Some(asked) = wanted.get("availability_zone").and_then(Value::as_str) else { return Ok(None) };
    // The admin's `zone:host:node`.
    let (zone, host) = asked.split_once(':').map_or((asked, None), |(zone, host)| (zone, Some(host)));
    if host.is_some() {
        call.need("admin", "os_compute_api:servers:create:forced_host")?;
    }
    if !zone.is_empty() && !call.nova.settings.lock().unwrap().zones.iter().any(|known| known == zone) {
        return Err(fault(400, "The requested availability zone is not available"));
    }
    Ok((!zone.is_empty()).then(|| zone.to_owned()))
}

/// The flavor of a `flavorRef`, which may be a URL.
pub fn flavor(call: &Call, wanted: &Map<String, Value>) -> Result<Arc<Flavor>, NovaFault> {
    let asked = match &wanted["flavorRef"] {
        Value::String(text) => text.rsplit('/').next().unwrap_or_default().to_owned(),
        other => other.to_string(),
    };
    let found = call.nova.flavor(&asked);
    let usable = found.filter(|f| !f.disabled && (call.token.is_admin() || f.usable_by(call.token.project_id())));
    usable.ok_or_else(|| fault(400, format!("Flavor {asked} could not be found.")))
}

fn image(call: &Call, wanted: &Map<String, Value>) -> Result<Option<String>, NovaFault> {
    let asked = wanted.get("imageRef").and_then(Value::as_str).filter(|id| !id.is_empty());
    let Some(asked) = asked else {
        let volumes = ["block_device_mapping", "block_device_mapping_v2"].iter().any(|key| wanted.contains_key(*key));
        return if volumes { Ok(None) } else { Err(fault(400, "Invalid imageRef provided.")) };
    };
    let id = asked.rsplit('/').next().unwrap_or_default();
    if uuid::Uuid::parse_str(id).is_err() {
        return Err(fault(400, "Invalid imageRef provided."));
    }
    if !call.nova.glance.has(id, &call.token) {
        return Err(fault(400, "Can not find requested image"));
    }
    Ok(Some(id.to_owned()))
}

fn key_pair(call: &Call, wanted: &Map<String, Value>) -> Result<(), NovaFault> {
    wanted.get("key_name").and_then(Value::as_str).map_or(Ok(()), |name| known_key_pair(call, name))
}

/// A key pair that the caller has.
pub fn known_key_pair(call: &Call, name: &str) -> Result<(), NovaFault> {
    let pairs = call.nova.keypairs.lock().unwrap();
    let known = pairs.iter().any(|pair| pair.user == call.token.user.id && pair.name == name);
    if known { Ok(()) } else { Err(fault(400, "Invalid key_name provided.")) }
}

fn quota(call: &Call, count: usize) -> Result<(), NovaFault> {
    let Some(limit) = call.nova.settings.lock().unwrap().quota_instances else { return Ok(()) };
    let project = call.token.project_id();
    let state = call.nova.state.lock().unwrap();
    let used = state.iter().filter(|server| !server.deleted && server.project == project).count();
    if used + count <= limit {
        return Ok(());
    }
    let message =
        format!("Quota exceeded for instances: Requested {count}, but already used {used} of {limit} instances");
    Err(fault(403, message))
}

fn fill(server: &mut Server, wanted: &Map<String, Value>, call: &Call) {
    let text = |key: &str| wanted.get(key).and_then(Value::as_str).map(ToOwned::to_owned);
    server.description = if call.minor >= 19 { text("description") } else { Some(server.name.clone()) };
    server.key_name = text("key_name");
    server.user_data = text("user_data");
    server.access_ip_v4 = text("accessIPv4").unwrap_or_default();
    server.access_ip_v6 = text("accessIPv6").unwrap_or_default();
    server.disk_config = text("OS-DCF:diskConfig").unwrap_or_else(|| "MANUAL".into());
    server.hostname = text("hostname").unwrap_or_else(|| server.hostname.clone());
    server.config_drive = match wanted.get("config_drive") {
        Some(Value::Bool(true)) => "True".into(),
        Some(Value::String(flag)) if flag.eq_ignore_ascii_case("true") => "True".into(),
        _ => String::new(),
    };
    if let Some(metadata) = wanted.get("metadata").and_then(Value::as_object) {
        server.metadata.clone_from(metadata);
    }
    let list = |key: &str| wanted.get(key).and_then(Value::as_array).into_iter().flatten();
    server.tags = list("tags").filter_map(Value::as_str).map(ToOwned::to_owned).collect();
    let groups: Vec<String> =
        list("security_groups").filter_map(|g| g["name"].as_str()).map(ToOwned::to_owned).collect();
    if !groups.is_empty() {
        server.security_groups = groups;
    }
    let volumes = list("block_device_mapping_v2").filter(|mapping| mapping["source_type"] == "volume");
    server.volumes = volumes.filter_map(|mapping| mapping["uuid"].as_str()).map(ToOwned::to_owned).collect();
}

/// Scheduler hints as Nova stores them: every value a list.
fn hints(body: &Value) -> Map<String, Value> {
    let given = body.get("os:scheduler_hints").or_else(|| body.get("OS-SCH-HNT:scheduler_hints"));
    let pairs = given.and_then(Value::as_object).into_iter().flatten();
    let listed = |value: &Value| if value.is_array() { value.clone() } else { json!([value]) };
    pairs.map(|(key, value)| (key.clone(), listed(value))).collect()
}
