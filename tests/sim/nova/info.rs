//! Zones, services and limits.

use serde_json::{Value, json};

use super::super::clock::iso_micros;
use super::super::http::Resp;
use super::call::{Call, Handled};

/// `GET /os-availability-zone`
pub fn zones(call: &Call) -> Handled {
    let settings = call.nova.settings.lock().unwrap();
    let zones = settings.zones.iter().map(|name| zone(name, !settings.closed_zones.contains(name), Value::Null));
    Ok(listed(zones.collect()))
}

/// `GET /os-availability-zone/detail`: Nova's own services are in a zone too.
pub fn zones_in_detail(call: &Call) -> Handled {
    call.need("admin", "os_compute_api:os-availability-zone:detail")?;
    let up = json!({"available": true, "active": true, "updated_at": iso_micros(call.nova.now())});
    let settings = call.nova.settings.lock().unwrap();
    let host = |(_, name): (usize, &String)| (name.clone(), json!({ "nova-compute": up }));
    let own = json!({"controller": {"nova-conductor": up, "nova-scheduler": up}});
    let zones = settings.zones.iter().map(|name| {
        let closed = settings.closed_zones.contains(name);
        let hosts = settings.hosts.iter().enumerate().filter(|(place, _)| settings.zone_of(*place) == name).map(host);
        let hosts: serde_json::Map<String, Value> = hosts.collect();
        zone(name, !closed, if closed { Value::Null } else { json!(hosts) })
    });
    Ok(listed(std::iter::once(zone("internal", true, own)).chain(zones).collect()))
}

fn zone(name: &str, available: bool, hosts: Value) -> Value {
    json!({"zoneName": name, "zoneState": {"available": available}, "hosts": hosts})
}

/// Those available first, each by name.
fn listed(mut zones: Vec<Value>) -> Resp {
    zones.sort_by_key(|zone| (zone["zoneState"]["available"] != true, zone["zoneName"].to_string()));
    Resp::json(200, &json!({ "availabilityZoneInfo": zones }))
}

/// `GET /os-services`
pub fn services(call: &Call) -> Handled {
    call.need("admin", "os_compute_api:os-services:list")?;
    let now = iso_micros(call.nova.now());
    let settings = call.nova.settings.lock().unwrap();
    let control = ["nova-conductor", "nova-scheduler"].map(|binary| (binary, "controller", "internal"));
    let computes =
        settings.hosts.iter().enumerate().map(|(place, host)| ("nova-compute", host.as_str(), settings.zone_of(place)));
    let all = control.into_iter().chain(computes).zip(1_u128..);
    let wanted = |key: &str, value: &str| call.req.q(key).is_none_or(|asked| asked == value);
    let chosen = all.filter(|((binary, host, _), _)| wanted("binary", binary) && wanted("host", host));
    let service = |((binary, host, zone), number): ((&str, &str, &str), u128)| {
        let id = if call.minor >= 53 { json!(uuid::Uuid::from_u128(number).to_string()) } else { json!(number as u64) };
        let state = if settings.silent_hosts.iter().any(|silent| silent == host) { "down" } else { "up" };
        let mut shown = json!({
            "id": id, "binary": binary, "host": host, "zone": zone, "status": "enabled", "state": state,
            "updated_at": now, "disabled_reason": null,
        });
        if call.minor >= 11 {
            shown["forced_down"] = json!(false);
        }
        shown
    };
    let services: Vec<Value> = chosen.map(service).collect();
    Ok(Resp::json(200, &json!({ "services": services })))
}

/// `GET /limits`: the parts that quota needs.
pub fn limits(call: &Call) -> Handled {
    let asked = call.req.q("tenant_id").filter(|_| call.token.is_admin());
    let project = asked.unwrap_or_else(|| call.token.project_id());
    let limit = call.nova.settings.lock().unwrap().quota_instances;
    let limit = limit.and_then(|limit| i64::try_from(limit).ok()).unwrap_or(-1);
    let state = call.nova.state.lock().unwrap();
    let own: Vec<_> = state.iter().filter(|server| !server.deleted && server.project == project).collect();
    let mut absolute = json!({
        "maxTotalInstances": limit, "maxTotalCores": -1, "maxTotalRAMSize": -1, "maxTotalKeypairs": 100,
        "maxServerMeta": 128, "maxServerGroups": 10, "maxServerGroupMembers": 10, "totalServerGroupsUsed": 0,
        "totalInstancesUsed": own.len(),
        "totalCoresUsed": own.iter().map(|server| server.flavor.vcpus).sum::<u64>(),
        "totalRAMUsed": own.iter().map(|server| server.flavor.ram).sum::<u64>(),
    });
    if call.minor < 36 {
        for key in ["maxTotalFloatingIps", "totalFloatingIpsUsed", "maxSecurityGroups", "maxSecurityGroupRules"] {
            absolute[key] = json!(-1);
        }
        absolute["totalSecurityGroupsUsed"] = json!(0);
    }
    if call.minor < 39 {
        absolute["maxImageMeta"] = json!(128);
    }
    if call.minor < 57 {
        absolute["maxPersonality"] = json!(5);
        absolute["maxPersonalitySize"] = json!(10240);
    }
    Ok(Resp::json(200, &json!({"limits": {"rate": [], "absolute": absolute}})))
}
