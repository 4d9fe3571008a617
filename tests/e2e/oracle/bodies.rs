//! Bodies that pass Nova's schemas, so that what comes next is asked: may they?

use nova_cascade::routes::Class;
use serde_json::{Value, json};

use super::NOWHERE;
use crate::support::lab;

/// The body of a route that is no action.
///
/// # Panics
/// Where none is known.
pub fn of_route(method: &str, path: &str, class: Class) -> Value {
    match (method, path) {
        ("GET" | "DELETE", _) => Value::Null,
        ("POST", "/os-fixed-ips/{id}/action") => json!({ "reserve": null }),
        ("POST", "/os-networks/{id}/action") => json!({ "disassociate": null }),
        _ if class == Class::Gone => json!({}),
        ("POST", "/servers" | "/os-volumes_boot") => json!({ "server": {
            "name": "e2e-never", "flavorRef": "1", "imageRef": lab::image("cirros"), "networks": "none" } }),
        ("PUT", "/servers/{server_id}" | "/os-volumes_boot/{server_id}") => {
            json!({ "server": { "name": "e2e-never" } })
        }
        ("POST" | "PUT", "/servers/{server_id}/metadata" | "/images/{image_id}/metadata") => {
            json!({ "metadata": { "k": "v" } })
        }
        ("PUT", "/servers/{server_id}/metadata/{key}") => json!({ "meta": { "a key": "v" } }),
        ("PUT", "/images/{image_id}/metadata/{key}") => json!({ "meta": { "none-such": "v" } }),
        ("POST", "/servers/{server_id}/migrations/{id}/action") => json!({ "force_complete": null }),
        ("POST", "/servers/{server_id}/os-interface") => json!({ "interfaceAttachment": { "net_id": NOWHERE } }),
        ("POST", "/servers/{server_id}/os-volume_attachments") => {
            json!({ "volumeAttachment": { "volumeId": NOWHERE } })
        }
        ("PUT", "/servers/{server_id}/os-volume_attachments/{volume_id}") => {
            json!({ "volumeAttachment": { "volumeId": NOWHERE, "delete_on_termination": true } })
        }
        ("POST", "/servers/{server_id}/remote-consoles") => {
            json!({ "remote_console": { "protocol": "vnc", "type": "novnc" } })
        }
        ("POST", "/os-server-external-events") => {
            json!({ "events": [{ "name": "network-changed", "server_uuid": NOWHERE }] })
        }
        ("POST", "/servers/{server_id}/shares") => json!({ "share": { "share_id": NOWHERE, "tag": "t" } }),
        ("PUT", "/servers/{server_id}/tags") => json!({ "tags": ["t"] }),
        ("PUT", "/servers/{server_id}/tags/{tag}") => Value::Null,
        ("POST", "/os-security-groups") => json!({ "security_group": { "name": "e2e-never", "description": "" } }),
        ("PUT", "/os-security-groups/{group_id}") => {
            json!({ "security_group": { "name": "default", "description": "e2e-never" } })
        }
        // Everyone may make key pairs of their own, so that this is refused for what it says.
        ("POST", "/os-keypairs") => json!({ "keypair": { "name": "e2e-never", "public_key": "none", "type": "ssh" } }),
        ("POST", "/flavors") => {
            json!({ "flavor": { "name": "e2e-never", "id": "e2e-never", "ram": 64, "vcpus": 1, "disk": 1 } })
        }
        ("PUT", "/flavors/{flavor_id}") => json!({ "flavor": { "description": "e2e-never" } }),
        ("POST", "/flavors/{flavor_id}/action") => json!({ "addTenantAccess": { "tenant": "e2e-never" } }),
        ("POST", "/flavors/{flavor_id}/os-extra_specs") => json!({ "extra_specs": { "e2e": "never" } }),
        ("PUT", "/flavors/{flavor_id}/os-extra_specs/{key}") => json!({ "a key": "never" }),
        ("PUT", "/os-quota-sets/{project_id}") => json!({ "quota_set": { "cores": 1 } }),
        ("PUT", "/os-quota-class-sets/{name}") => json!({ "quota_class_set": { "cores": 1 } }),
        ("POST", "/os-server-groups") => json!({ "server_group": { "name": "e2e-never", "policy": "affinity" } }),
        ("POST", "/os-security-group-rules") => json!({ "security_group_rule": {
            "parent_group_id": NOWHERE, "ip_protocol": "tcp", "from_port": 1, "to_port": 1, "cidr": "10.0.0.0/24" } }),
        _ => panic!("say here what {method} {path} is sent"),
    }
}

/// The body of an action, by its key.
///
/// # Panics
/// Where none is known.
pub fn of_action(name: &str) -> Value {
    let within = match name {
        "confirmResize" | "revertResize" | "os-start" | "os-stop" | "trigger_crash_dump" | "pause" | "unpause"
        | "suspend" | "resume" | "lock" | "unlock" | "unrescue" | "shelve" | "unshelve" | "shelveOffload"
        | "forceDelete" | "restore" | "migrate" | "injectNetworkInfo" | "resetNetwork" => Value::Null,
        "createImage" => json!({ "name": "e2e-never" }),
        "createBackup" => json!({ "name": "e2e-never", "backup_type": "daily", "rotation": 1 }),
        "reboot" => json!({ "type": "SOFT" }),
        "rebuild" => json!({ "imageRef": lab::image("cirros") }),
        "resize" => json!({ "flavorRef": "2" }),
        "changePassword" => json!({ "adminPass": "secret" }),
        "rescue" | "evacuate" | "os-getConsoleOutput" => json!({}),
        "addSecurityGroup" | "removeSecurityGroup" => json!({ "name": "default" }),
        "os-migrateLive" => json!({ "host": null, "block_migration": "auto" }),
        "os-resetState" => json!({ "state": "active" }),
        "addFixedIp" => json!({ "networkId": NOWHERE }),
        "removeFixedIp" | "addFloatingIp" | "removeFloatingIp" => json!({ "address": "10.0.0.9" }),
        "os-getVNCConsole" => json!({ "type": "novnc" }),
        "os-getSPICEConsole" => json!({ "type": "spice-html5" }),
        "os-getSerialConsole" => json!({ "type": "serial" }),
        "os-getRDPConsole" => json!({ "type": "rdp-html5" }),
        _ => panic!("say here what the action {name} is sent"),
    };
    json!({ name: within })
}
