//! What a boot needs of a region, read from its body and from our rows.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::ask::Request;
use super::hints::Hinted;
use crate::api::Call;
use crate::db::flavors::Flavor;
use crate::db::{Db, DbResult, equivalents, project_regions, servers};
use crate::error::ApiResult;
use crate::selector::{Ask, Kind, weighers};

/// The security group that every project has.
const DEFAULT: &str = "default";

/// Kinds with equivalents (D10); the others pin.
const MAPPED: [Kind; 3] = [Kind::Network, Kind::Image, Kind::SecurityGroup];

/// What a block device is made of, where that is in a region.
const SOURCES: [(&str, Kind); 3] = [("image", Kind::Image), ("volume", Kind::Volume), ("snapshot", Kind::Snapshot)];

/// The same in the older form (`nova/block_device.py`, `from_legacy`).
const LEGACY_SOURCES: [(&str, Kind); 2] = [("volume_id", Kind::Volume), ("snapshot_id", Kind::Snapshot)];

/// What the boot of one server needs.
///
/// # Errors
/// The database's.
pub async fn of(
    call: &Call,
    request: &Request,
    flavor: &Flavor,
    zone: Option<&(String, String)>,
    hinted: &Hinted,
) -> ApiResult<Ask> {
    let (db, project_id) = (&call.app.db, &call.identity.project_id);
    Ok(Ask {
        project_id: project_id.clone(),
        microversion: call.version,
        flavor: flavor.clone(),
        boots_from_volume: boots_from_volume(&request.body["server"]),
        named: named(request),
        zone: zone.cloned(),
        group: hinted.group_spread(),
        same_host: hinted.same_host_regions(),
        hinted: hinted.regions.clone(),
        rules: project_regions::of_project(db, project_id).await?,
        project_servers: if call.app.selector.weighs_by(weighers::PROJECT_AFFINITY) {
            servers::counts_of(db, project_id).await?.into_iter().collect()
        } else {
            BTreeMap::new()
        },
        ahead: BTreeMap::new(),
    })
}

/// What things are called in the regions that call them otherwise: (kind, what the user named, region id) -> id there.
///
/// # Errors
/// The database's.
pub async fn local_names(db: &Db, named: &[(Kind, String)]) -> DbResult<HashMap<(Kind, String, String), String>> {
    let mut known = HashMap::new();
    for kind in MAPPED {
        let ids: Vec<String> = named.iter().filter(|(of, _)| *of == kind).map(|(_, id)| id.clone()).collect();
        for row in equivalents::of(db, kind.name(), &ids).await? {
            known.insert((kind, row.top_id, row.region_id), row.local_id);
        }
    }
    Ok(known)
}

/// What a body names that a region must have, each once. Subnets are in no body; volume types are left to the region.
fn named(request: &Request) -> Vec<(Kind, String)> {
    let server = &request.body["server"];
    let of = |kind: Kind, ids: &[String]| ids.iter().map(|id| (kind, id.clone())).collect::<Vec<_>>();
    let image: Vec<String> = request.image.iter().cloned().collect();
    let mut all =
        [of(Kind::Network, &request.networks), of(Kind::Port, &request.ports), of(Kind::Image, &image)].concat();
    all.extend(items(server, "block_device_mapping_v2").filter_map(|device| {
        let (_, kind) = SOURCES.into_iter().find(|(source, _)| device.get("source_type") == Some(&json!(source)))?;
        Some((kind, device.get("uuid")?.as_str()?.to_owned()))
    }));
    all.extend(items(server, "block_device_mapping").flat_map(|device| {
        LEGACY_SOURCES.into_iter().filter_map(|(key, kind)| Some((kind, device.get(key)?.as_str()?.to_owned())))
    }));
    let groups = items(server, "security_groups").filter_map(|group| group.get("name")?.as_str());
    all.extend(groups.filter(|name| *name != DEFAULT).map(|name| (Kind::SecurityGroup, name.to_owned())));
    let mut seen = HashSet::new();
    all.retain(|one| !one.1.is_empty() && seen.insert(one.clone()));
    all
}

/// Whether the root disk is a volume: the device of boot index 0 is, or there is neither such a device nor an image
/// (nova/compute/utils.py, `is_volume_backed_instance`).
fn boots_from_volume(server: &Value) -> bool {
    let root = items(server, "block_device_mapping_v2").find(|device| {
        let index = device.get("boot_index");
        index == Some(&json!(0)) || index == Some(&json!("0"))
    });
    match root {
        Some(device) => match device.get("destination_type").and_then(Value::as_str) {
            Some(destination) => destination == "volume",
            // What a source becomes where the body does not say (`nova/block_device.py`, `from_api`).
            None => device.get("source_type").is_some_and(|source| source == "volume" || source == "snapshot"),
        },
        None => server["imageRef"].as_str().is_none_or(str::is_empty),
    }
}

/// Whether a delete of the server takes volumes along that were there before it. What its boot makes itself is nobody's
/// data before it is launched.
#[must_use]
pub fn loses_volumes(server: &Value) -> bool {
    let volumes = items(server, "block_device_mapping_v2")
        .filter(|device| device.get("source_type").is_some_and(|source| source == "volume"));
    let legacy = items(server, "block_device_mapping").filter(|device| device.contains_key("volume_id"));
    volumes.chain(legacy).any(|device| device.get("delete_on_termination").is_some_and(is_true))
}

/// As Nova reads it (oslo.utils, `strutils.bool_from_string`).
fn is_true(value: &Value) -> bool {
    const TRUE: [&str; 6] = ["1", "t", "true", "on", "y", "yes"];
    match value {
        Value::String(text) => TRUE.contains(&text.trim().to_lowercase().as_str()),
        value => *value == true || *value == 1,
    }
}

fn items<'a>(server: &'a Value, key: &str) -> impl Iterator<Item = &'a Map<String, Value>> {
    server[key].as_array().into_iter().flatten().filter_map(Value::as_object)
}

#[cfg(test)]
mod tests {
    use super::super::ask;
    use super::*;
    use crate::microversion::v2;

    fn read(server: &Value) -> Request {
        let mut whole = json!({"name": "a", "flavorRef": "1", "networks": []});
        whole.as_object_mut().expect("an object").extend(server.as_object().expect("an object").clone());
        ask::read(json!({ "server": whole }), v2(42), false).expect("a boot")
    }

    #[test]
    fn everything_named_is_found_once() {
        let [image, network, port, volume, snapshot] =
            [1, 2, 3, 4, 5].map(|digit| format!("0b5a0e1f-16a5-4a5a-bd32-0d9a7a1d000{digit}"));
        let request = read(&json!({
            "imageRef": image, "networks": [{"uuid": network}, {"uuid": network}, {"port": port}],
            "security_groups": [{"name": "default"}, {"name": "web"}],
            "block_device_mapping_v2": [{"source_type": "image", "uuid": image, "boot_index": 0},
                {"source_type": "image", "uuid": "j"}, {"source_type": "volume", "uuid": "v"},
                {"source_type": "snapshot", "uuid": "s"}, {"source_type": "blank"}],
            "block_device_mapping": [{"volume_id": volume}, {"snapshot_id": snapshot}],
        }));
        let expected = [
            (Kind::Network, network.as_str()),
            (Kind::Port, port.as_str()),
            (Kind::Image, image.as_str()),
            (Kind::Image, "j"),
            (Kind::Volume, "v"),
            (Kind::Snapshot, "s"),
            (Kind::Volume, volume.as_str()),
            (Kind::Snapshot, snapshot.as_str()),
            (Kind::SecurityGroup, "web"),
        ];
        assert_eq!(named(&request), expected.map(|(kind, id)| (kind, id.to_owned())));
    }

    #[test]
    fn volumes_of_before_are_lost_with_the_server_where_the_boot_says_so() {
        let v2 = |device: Value| loses_volumes(&json!({"block_device_mapping_v2": [{"source_type": "blank"}, device]}));
        assert!(v2(json!({"source_type": "volume", "uuid": "v", "delete_on_termination": true})));
        assert!(v2(json!({"source_type": "volume", "uuid": "v", "delete_on_termination": "True"})));
        assert!(!v2(json!({"source_type": "volume", "uuid": "v", "delete_on_termination": "no"})));
        assert!(!v2(json!({"source_type": "volume", "uuid": "v"})));
        assert!(!v2(json!({"source_type": "image", "uuid": "i", "delete_on_termination": true})));
        let legacy = |device: Value| loses_volumes(&json!({"block_device_mapping": [device]}));
        assert!(legacy(json!({"volume_id": "v", "delete_on_termination": "1"})));
        assert!(!legacy(json!({"snapshot_id": "s", "delete_on_termination": true})));
    }

    #[test]
    fn the_root_disk_is_a_volume_as_nova_has_it() {
        let root = |mut device: Value| {
            device["boot_index"] = json!(0);
            boots_from_volume(&json!({"imageRef": "", "block_device_mapping_v2": [device]}))
        };
        assert!(root(json!({"source_type": "volume", "uuid": "v"})));
        assert!(root(json!({"source_type": "image", "uuid": "i", "destination_type": "volume"})));
        assert!(!root(json!({"source_type": "image", "uuid": "i", "destination_type": "local"})));
        let beside = json!({"imageRef": "i", "block_device_mapping_v2": [{"source_type": "volume", "boot_index": 1}]});
        assert!(!boots_from_volume(&beside));
        assert!(boots_from_volume(&json!({"block_device_mapping": [{"volume_id": "v"}]})));
    }
}
