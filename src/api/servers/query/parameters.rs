//! What a server list may be asked (`nova/api/openstack/compute/schemas/servers.py`, `index_query*`; `servers.py`,
//! `_get_servers` and `_get_server_search_options`; nova/db/main/api.py, `instance_get_all_by_filters_sort`).

use crate::db::listing::Tags;
use crate::db::listing::columns::{self as column, Column};

/// What a value must look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Any text.
    Text,
    /// A regular expression that is not empty, even where it is compared as it is.
    Regex,
    /// ISO 8601.
    DateTime,
}

/// What becomes of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// The column has it.
    Is(Column),
    /// The column matches it.
    Matches(Column),
    /// A part of an address.
    Ip,
    /// Tags, with commas between.
    Tags(Tags),
    /// A boolean, strictly.
    Locked,
    /// Who locked it. A region tells only whether it is locked, so both who may have done it count.
    LockedBy,
    /// Read where it is used: pages, projects, states and times.
    Elsewhere,
    /// Nova lets it pass and does not use it.
    Unused,
    /// Names a table of Nova's database: 400.
    Table,
    /// Names a column of Nova's database that regions tell nothing of: 501, since ignoring it would show the wrong
    /// servers.
    Untold,
}

/// One parameter.
pub struct Parameter {
    /// As clients write it.
    pub name: &'static str,
    /// First minor version whose schema has it.
    pub since: u16,
    /// First minor version at which everyone may use it; none: those who pass `allow_all_filters`.
    pub everyone_since: Option<u16>,
    /// How it must look.
    pub format: Format,
    /// What it does.
    pub used: Use,
}

const fn parameter(name: &'static str, everyone_since: Option<u16>, format: Format, used: Use) -> Parameter {
    Parameter { name, since: 1, everyone_since, format, used }
}

/// Since the version from which everyone may use it.
const fn since(minor: u16, name: &'static str, format: Format, used: Use) -> Parameter {
    Parameter { since: minor, ..parameter(name, Some(minor), format, used) }
}

/// Not in the schema, which from 2.75 on lets nothing else pass.
const fn unlisted(name: &'static str) -> Parameter {
    parameter(name, None, Format::Text, Use::Untold)
}

use Format::{DateTime, Regex, Text};
use Use::{Elsewhere, Is, Matches, Table};

/// Every parameter of the schema, and what admins have always been able to say beside it.
pub static PARAMETERS: [Parameter; 71] = [
    // Pages
    parameter("limit", Some(1), Text, Elsewhere),
    parameter("marker", Some(1), Text, Elsewhere),
    parameter("sort_key", Some(1), Text, Elsewhere),
    parameter("sort_dir", Some(1), Text, Elsewhere),
    // Whose
    parameter("all_tenants", Some(1), Text, Elsewhere),
    parameter("project_id", None, Text, Elsewhere),
    parameter("tenant_id", None, Text, Elsewhere),
    // States
    parameter("status", Some(1), Text, Elsewhere),
    parameter("vm_state", Some(83), Text, Elsewhere),
    parameter("task_state", Some(83), Text, Elsewhere),
    parameter("deleted", None, Text, Elsewhere),
    parameter("soft_deleted", None, Text, Elsewhere),
    since(73, "locked", Text, Use::Locked),
    parameter("locked_by", None, Regex, Use::LockedBy),
    // Times
    parameter("changes-since", Some(1), DateTime, Elsewhere),
    since(66, "changes-before", DateTime, Elsewhere),
    parameter("created_at", Some(83), Regex, Matches(column::CREATED_AT)),
    parameter("launched_at", Some(83), Regex, Matches(column::LAUNCHED_AT)),
    parameter("terminated_at", Some(83), Regex, Matches(column::TERMINATED_AT)),
    // Tags
    since(26, "tags", Regex, Use::Tags(Tags::All)),
    since(26, "tags-any", Regex, Use::Tags(Tags::Any)),
    since(26, "not-tags", Regex, Use::Tags(Tags::NotAll)),
    since(26, "not-tags-any", Regex, Use::Tags(Tags::None)),
    // Columns
    parameter("name", Some(1), Regex, Matches(column::NAME)),
    parameter("display_name", None, Regex, Matches(column::NAME)),
    parameter("reservation_id", Some(1), Regex, Matches(column::RESERVATION_ID)),
    parameter("image", Some(1), Text, Is(column::IMAGE_ID)),
    parameter("image_ref", None, Text, Is(column::IMAGE_ID)),
    parameter("flavor", Some(1), Regex, Is(column::FLAVOR_ID)),
    parameter("ip", Some(1), Regex, Use::Ip),
    parameter("ip6", Some(5), Regex, Use::Ip),
    parameter("user_id", Some(83), Text, Is(column::USER_ID)),
    parameter("availability_zone", Some(83), Regex, Matches(column::ZONE)),
    parameter("config_drive", Some(83), Regex, Matches(column::CONFIG_DRIVE)),
    parameter("key_name", Some(83), Regex, Matches(column::KEY_NAME)),
    parameter("power_state", Some(83), Regex, Matches(column::POWER_STATE)),
    parameter("progress", Some(83), Regex, Matches(column::PROGRESS)),
    parameter("hostname", Some(90), Regex, Matches(column::HOSTNAME)),
    parameter("uuid", None, Text, Is(column::ID)),
    parameter("host", None, Text, Is(column::HOST)),
    parameter("node", None, Regex, Matches(column::NODE)),
    parameter("launch_index", None, Text, Matches(column::LAUNCH_INDEX)),
    parameter("kernel_id", None, Regex, Matches(column::KERNEL_ID)),
    parameter("ramdisk_id", None, Regex, Matches(column::RAMDISK_ID)),
    parameter("root_device_name", None, Regex, Matches(column::ROOT_DEVICE_NAME)),
    parameter("access_ip_v4", None, Regex, Matches(column::ACCESS_IP_V4)),
    parameter("access_ip_v6", None, Regex, Matches(column::ACCESS_IP_V6)),
    parameter("auto_disk_config", None, Regex, Matches(column::AUTO_DISK_CONFIG)),
    parameter("display_description", None, Regex, Matches(column::DESCRIPTION)),
    // The column is called otherwise in Nova, so this finds nothing to filter by there.
    parameter("description", None, Regex, Use::Unused),
    // Tables
    parameter("block_device_mapping", None, Text, Table),
    parameter("services", None, Text, Table),
    parameter("metadata", None, Text, Table),
    parameter("system_metadata", None, Text, Table),
    parameter("info_cache", None, Text, Table),
    parameter("security_groups", None, Text, Table),
    parameter("pci_devices", None, Text, Table),
    // To 2.74
    unlisted("architecture"),
    unlisted("cell_name"),
    unlisted("cleaned"),
    unlisted("ephemeral_gb"),
    unlisted("hidden"),
    unlisted("instance_type_id"),
    unlisted("key_data"),
    unlisted("launched_on"),
    unlisted("memory_mb"),
    unlisted("os_type"),
    unlisted("root_gb"),
    unlisted("user_data"),
    unlisted("vcpus"),
    unlisted("vm_mode"),
];

/// The row of a parameter.
#[must_use]
pub fn find(name: &str) -> Option<&'static Parameter> {
    PARAMETERS.iter().find(|parameter| parameter.name == name)
}
