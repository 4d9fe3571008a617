//! Bodies that are right, to be made wrong in one place; and what stands for a parameter of a path.

use nova_cascade::routes::{Class, Route};
use serde_json::{Value, json};

use crate::support::World;

const NOWHERE: &str = "0b5a0e1f-16a5-4a5a-bd32-0d9a7a1d0000";

/// What stands for a parameter where another one is wrong.
pub const PARAMETERS: [(&str, &str); 18] = [
    ("{alias}", "os-consoles"),
    ("{flavor_id}", "1"),
    ("{group_id}", NOWHERE),
    ("{rule_id}", NOWHERE),
    ("{image_id}", NOWHERE),
    ("{volume_id}", NOWHERE),
    ("{share_id}", NOWHERE),
    ("{port_id}", NOWHERE),
    ("{server_group_id}", NOWHERE),
    ("{request_id}", "req-0b5a0e1f-16a5-4a5a-bd32-0d9a7a1d0006"),
    ("{token}", NOWHERE),
    ("{key}", "k"),
    ("{keypair_name}", "k"),
    ("{tag}", "t"),
    ("{label}", "private"),
    ("{domain}", "example.org"),
    ("{id}", "1"),
    ("{name}", "other"),
];

/// The path of a template, of this server.
pub fn path(template: &str, world: &World, server: &str) -> String {
    let path = template.replace("{server_id}", server);
    let path = path.replace("{project_id}", &world.cloud.keystone.project_id("demo"));
    PARAMETERS.iter().fold(path, |path, (parameter, sample)| path.replace(parameter, sample))
}

/// The body of a route that has one and is no action.
pub fn of_route(route: &Route, world: &World) -> Option<Value> {
    let body = match (route.method.as_str(), route.path) {
        ("GET" | "DELETE", _) | ("PUT", "/servers/{server_id}/tags/{tag}") => return None,
        _ if route.class == Class::Gone => return None,
        (_, path) if path.starts_with("/os-volumes_boot") || path == "/servers/{server_id}/action" => return None,
        ("POST", "/servers") => boot(world),
        ("PUT", "/servers/{server_id}") => json!({"server": {"name": "n", "description": "d", "hostname": "h",
            "accessIPv4": "10.0.0.9", "accessIPv6": "fd00::9", "OS-DCF:diskConfig": "AUTO", "pinned_availability_zone": "RegionOne"}}),
        (_, "/servers/{server_id}/metadata" | "/images/{image_id}/metadata") => json!({"metadata": {"k": "v"}}),
        (_, "/servers/{server_id}/metadata/{key}" | "/images/{image_id}/metadata/{key}") => json!({"meta": {"k": "v"}}),
        (_, "/servers/{server_id}/migrations/{id}/action") => json!({"force_complete": null}),
        (_, "/servers/{server_id}/os-interface") => {
            json!({"interfaceAttachment": {"net_id": NOWHERE, "port_id": NOWHERE, "tag": "t", "fixed_ips": [{"ip_address": "10.0.0.9"}]}})
        }
        (
            _,
            "/servers/{server_id}/os-volume_attachments" | "/servers/{server_id}/os-volume_attachments/{volume_id}",
        ) => {
            json!({"volumeAttachment": {"volumeId": NOWHERE, "device": "/dev/vdb", "tag": "t"}})
        }
        (_, "/servers/{server_id}/remote-consoles") => json!({"remote_console": {"protocol": "vnc", "type": "novnc"}}),
        (_, "/os-server-external-events") => {
            json!({"events": [{"name": "network-changed", "server_uuid": NOWHERE, "tag": "t", "status": "completed"}]})
        }
        (_, "/servers/{server_id}/shares") => json!({"share": {"share_id": NOWHERE, "tag": "t"}}),
        (_, "/servers/{server_id}/tags") => json!({"tags": ["t"]}),
        (_, "/os-security-groups" | "/os-security-groups/{group_id}") => {
            json!({"security_group": {"name": "g", "description": "d"}})
        }
        (_, "/os-security-group-rules") => json!({"security_group_rule": {"parent_group_id": NOWHERE,
            "ip_protocol": "tcp", "from_port": 1, "to_port": 1, "cidr": "10.0.0.0/24", "group_id": NOWHERE}}),
        (_, "/os-keypairs") => {
            json!({"keypair": {"name": "k", "public_key": crate::key_pairs::import("k")["keypair"]["public_key"],
            "type": "ssh", "user_id": "someone"}})
        }
        (_, "/flavors") => json!({"flavor": {"name": "f", "id": "f", "ram": 64, "vcpus": 1, "disk": 1, "swap": 1,
            "OS-FLV-EXT-DATA:ephemeral": 1, "os-flavor-access:is_public": true, "description": "d"}}),
        (_, "/flavors/{flavor_id}") => json!({"flavor": {"description": "d"}}),
        (_, "/flavors/{flavor_id}/action") => json!({"addTenantAccess": {"tenant": "t"}}),
        (_, "/flavors/{flavor_id}/os-extra_specs") => json!({"extra_specs": {"hw:cpu_policy": "shared", "k": "v"}}),
        (_, "/flavors/{flavor_id}/os-extra_specs/{key}") => json!({"k": "v"}),
        (_, "/os-quota-sets/{project_id}") => json!({"quota_set": {"cores": 100, "key_pairs": 1_000, "force": true}}),
        (_, "/os-quota-class-sets/{name}") => json!({"quota_class_set": {"cores": 100}}),
        (_, "/os-server-groups") => {
            json!({"server_group": {"name": "g", "policy": "anti-affinity", "rules": {"max_server_per_host": 2}}})
        }
        (method, path) => panic!("say here what {method} {path} is sent"),
    };
    Some(body)
}

/// Everything that a boot can say.
fn boot(world: &World) -> Value {
    json!({
        "server": {
            "name": "n", "flavorRef": "1", "imageRef": world.image(), "networks": [{"uuid": world.network(), "tag": "t"}],
            "availability_zone": "RegionTwo", "key_name": "k", "security_groups": [{"name": "default"}],
            "metadata": {"k": "v"}, "description": "d", "hostname": "h", "tags": ["t"], "user_data": "eA==",
            "config_drive": true, "accessIPv4": "10.0.0.9", "min_count": 1, "max_count": 1, "adminPass": "secret",
            "OS-DCF:diskConfig": "AUTO", "return_reservation_id": false,
            "block_device_mapping_v2": [{"uuid": world.image(), "source_type": "image", "destination_type": "local",
                "boot_index": 0, "delete_on_termination": true}],
        },
        "os:scheduler_hints": {"same_host": NOWHERE, "different_host": [NOWHERE], "region": "RegionTwo", "query": "q"},
    })
}

/// The body of an action.
pub fn of_action(name: &str, world: &World) -> Value {
    let within = match name {
        "confirmResize" | "revertResize" | "os-start" | "os-stop" | "trigger_crash_dump" | "pause" | "unpause"
        | "suspend" | "resume" | "unlock" | "unrescue" | "shelve" | "shelveOffload" | "forceDelete" | "restore"
        | "migrate" | "injectNetworkInfo" | "resetNetwork" => Value::Null,
        "unshelve" => json!({"availability_zone": "RegionOne", "host": "h"}),
        "lock" => json!({"locked_reason": "r"}),
        "createImage" => json!({"name": "i", "metadata": {"k": "v"}}),
        "createBackup" => json!({"name": "b", "backup_type": "daily", "rotation": 1}),
        "reboot" => json!({"type": "SOFT"}),
        "rebuild" => json!({"imageRef": world.image(), "name": "n", "key_name": "k", "metadata": {"k": "v"}}),
        "resize" => json!({"flavorRef": "2"}),
        "changePassword" => json!({"adminPass": "secret"}),
        "rescue" => json!({"adminPass": "secret", "rescue_image_ref": world.image()}),
        "evacuate" => json!({"host": "h"}),
        "os-getConsoleOutput" => json!({"length": 10}),
        "addSecurityGroup" | "removeSecurityGroup" => json!({"name": "default"}),
        "os-migrateLive" => json!({"host": "h", "block_migration": "auto"}),
        "os-resetState" => json!({"state": "active"}),
        "addFixedIp" => json!({"networkId": NOWHERE}),
        "removeFixedIp" | "addFloatingIp" | "removeFloatingIp" => json!({"address": "10.0.0.9"}),
        "os-getVNCConsole" | "os-getSPICEConsole" | "os-getSerialConsole" | "os-getRDPConsole" => {
            json!({"type": "novnc"})
        }
        _ => panic!("say here what the action {name} is sent"),
    };
    json!({ name: within })
}
