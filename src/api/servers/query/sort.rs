//! `sort_key` and `sort_dir` (`nova/api/openstack/compute/schemas/servers.py`, `VALID_SORT_KEYS*`; `servers.py`,
//! `remove_invalid_sort_keys`; nova/db/utils.py, `process_sort_params`).

use super::super::Call;
use crate::db::listing::columns::{self as column, Column};
use crate::db::listing::{Direction, Order};
use crate::error::{ApiResult, Fault};
use crate::microversion::v2;
use crate::query::{Query, invalid};

/// Keys, and what they sort by.
const KEYS: [(&str, Column); 30] = [
    ("access_ip_v4", column::ACCESS_IP_V4),
    ("access_ip_v6", column::ACCESS_IP_V6),
    ("auto_disk_config", column::AUTO_DISK_CONFIG),
    ("availability_zone", column::ZONE),
    ("config_drive", column::CONFIG_DRIVE),
    ("created_at", column::CREATED_AT),
    ("display_description", column::DESCRIPTION),
    ("display_name", column::NAME),
    ("host", column::HOST),
    ("hostname", column::HOSTNAME),
    ("image_ref", column::IMAGE_ID),
    ("instance_type_id", column::FLAVOR_ID),
    ("kernel_id", column::KERNEL_ID),
    ("key_name", column::KEY_NAME),
    ("launch_index", column::LAUNCH_INDEX),
    ("launched_at", column::LAUNCHED_AT),
    // Who locked it is not told by regions; whether it is locked is.
    ("locked_by", column::LOCKED),
    ("node", column::NODE),
    ("power_state", column::POWER_STATE),
    ("progress", column::PROGRESS),
    ("project_id", column::PROJECT_ID),
    ("ramdisk_id", column::RAMDISK_ID),
    ("root_device_name", column::ROOT_DEVICE_NAME),
    ("task_state", column::TASK_STATE),
    ("terminated_at", column::TERMINATED_AT),
    ("updated_at", column::UPDATED_AT),
    ("user_id", column::USER_ID),
    ("uuid", column::ID),
    ("vm_state", column::VM_STATE),
    ("locked", column::LOCKED),
];

/// Keys that are let pass without effect to 2.74, and are none after.
const IGNORED: [&str; 22] = [
    "architecture",
    "cell_name",
    "cleaned",
    "default_ephemeral_device",
    "default_swap_device",
    "deleted",
    "deleted_at",
    "disable_terminate",
    "ephemeral_gb",
    "ephemeral_key_uuid",
    "id",
    "key_data",
    "launched_on",
    "locked",
    "memory_mb",
    "os_type",
    "reservation_id",
    "root_gb",
    "shutdown_terminate",
    "user_data",
    "vcpus",
    "vm_mode",
];

/// First minor version at which `locked` is a key and not ignored.
const LOCKED_SINCE: u16 = 73;

/// Keys that admins only may sort by.
const ADMIN_ONLY: [&str; 2] = ["host", "node"];

/// Reads both.
///
/// # Errors
/// 400 for what is no key or direction, 403 for a key of admins'.
pub fn parse(call: &Call, query: &Query) -> ApiResult<Order> {
    let mut keys = query.all("sort_key");
    let mut directions: Vec<&str> = query.all("sort_dir").into_iter().map(str::trim).collect();
    for key in &keys {
        check(call, key)?;
    }
    keys = keys.into_iter().map(str::trim).collect();
    if keys.is_empty() {
        keys.push("created_at");
    }
    if directions.is_empty() {
        directions.push("desc");
    }
    let mut at = 0;
    while let Some(key) = keys.get(at) {
        if is_ignored(call, key) {
            keys.remove(at);
            if at < directions.len() {
                directions.remove(at);
            }
            continue;
        }
        if ADMIN_ONLY.contains(key) && !call.identity.is_admin() {
            return Err(Fault::forbidden(format!("Only administrators can sort servers by {key}")));
        }
        at += 1;
    }
    order(&keys, &directions)
}

fn check(call: &Call, key: &str) -> ApiResult<()> {
    let strict = call.version >= v2(75);
    let known = KEYS.iter().any(|(known, _)| *known == key && (key != "locked" || call.version >= v2(LOCKED_SINCE)));
    if known || (!strict && IGNORED.contains(&key)) {
        return Ok(());
    }
    let ignored = IGNORED.iter().filter(|_| !strict).copied();
    let names = KEYS.iter().map(|(known, _)| *known).filter(|known| *known != "locked" || strict).chain(ignored);
    let names: Vec<String> = names.map(|name| format!("'{name}'")).collect();
    Err(invalid("sort_key", key, &format!("'{key}' is not one of [{}]", names.join(", "))))
}

fn is_ignored(call: &Call, key: &str) -> bool {
    IGNORED.contains(&key) && !(key == "locked" && call.version >= v2(LOCKED_SINCE))
}

fn order(keys: &[&str], directions: &[&str]) -> ApiResult<Order> {
    let read = |text: &&str| match *text {
        "asc" => Ok(Direction::Ascending),
        "desc" => Ok(Direction::Descending),
        _ => Err(wrong("Unknown sort direction, must be 'desc' or 'asc'")),
    };
    let directions: Vec<Direction> = directions.iter().map(read).collect::<ApiResult<_>>()?;
    if directions.len() > keys.len() && !keys.is_empty() {
        return Err(wrong("Sort direction size exceeds sort key size"));
    }
    let first = directions.first().copied().unwrap_or(Direction::Descending);
    let sorted = keys.iter().enumerate().filter_map(|(at, key)| {
        let (_, column) = KEYS.iter().find(|(known, _)| known == key)?;
        Some((*column, directions.get(at).copied().unwrap_or(first)))
    });
    Ok(Order::new(sorted.collect()))
}

fn wrong(reason: &str) -> Fault {
    Fault::bad_request(format!("Invalid input received: {reason}"))
}
