//! The query of a server list: a table of what Nova knows, from when, for whom, and what is served here
//! (nova/api/openstack/compute/schemas/servers.py `index_query*`, servers.py `_get_servers`).

use super::states;
use crate::api::Call;
use crate::db::listing::Filter;
use crate::error::{ApiResult, Fault};
use crate::identity::policy::{Rule, SERVERS_ALL_FILTERS};
use crate::microversion::v2;
use crate::query::{boolean, invalid, not_boolean};

/// What becomes of a parameter.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Served {
    /// Understood.
    Here,
    /// Nova has it, this service does not yet: 501, since ignoring it would show the wrong servers.
    NotYet,
    /// Names a table of Nova's database: 400 for those whose parameters are not dropped first.
    Internal,
}

struct Parameter {
    name: &'static str,
    /// First minor version whose schema has it.
    since: u16,
    /// First minor version at which everyone may use it; none: those who pass `allow_all_filters`.
    everyone_since: Option<u16>,
    served: Served,
}

const fn parameter(name: &'static str, since: u16, everyone_since: Option<u16>, served: Served) -> Parameter {
    Parameter { name, since, everyone_since, served }
}

use Served::{Here, Internal, NotYet};

const PARAMETERS: [Parameter; 54] = [
    parameter("limit", 1, Some(1), Here),
    parameter("marker", 1, Some(1), Here),
    parameter("all_tenants", 1, Some(1), Here),
    parameter("name", 1, Some(1), Here),
    parameter("status", 1, Some(1), Here),
    parameter("deleted", 1, None, Here),
    parameter("project_id", 1, None, Here),
    parameter("tenant_id", 1, None, Here),
    parameter("sort_key", 1, Some(1), NotYet),
    parameter("sort_dir", 1, Some(1), NotYet),
    parameter("reservation_id", 1, Some(1), NotYet),
    parameter("image", 1, Some(1), NotYet),
    parameter("flavor", 1, Some(1), NotYet),
    parameter("ip", 1, Some(1), NotYet),
    parameter("changes-since", 1, Some(1), NotYet),
    parameter("ip6", 1, Some(5), NotYet),
    parameter("tags", 26, Some(26), NotYet),
    parameter("tags-any", 26, Some(26), NotYet),
    parameter("not-tags", 26, Some(26), NotYet),
    parameter("not-tags-any", 26, Some(26), NotYet),
    parameter("changes-before", 66, Some(66), NotYet),
    parameter("locked", 73, Some(73), NotYet),
    parameter("availability_zone", 1, Some(83), NotYet),
    parameter("config_drive", 1, Some(83), NotYet),
    parameter("key_name", 1, Some(83), NotYet),
    parameter("created_at", 1, Some(83), NotYet),
    parameter("launched_at", 1, Some(83), NotYet),
    parameter("terminated_at", 1, Some(83), NotYet),
    parameter("power_state", 1, Some(83), NotYet),
    parameter("task_state", 1, Some(83), NotYet),
    parameter("vm_state", 1, Some(83), NotYet),
    parameter("progress", 1, Some(83), NotYet),
    parameter("user_id", 1, Some(83), NotYet),
    parameter("hostname", 1, Some(90), NotYet),
    parameter("launch_index", 1, None, NotYet),
    parameter("image_ref", 1, None, NotYet),
    parameter("kernel_id", 1, None, NotYet),
    parameter("ramdisk_id", 1, None, NotYet),
    parameter("host", 1, None, NotYet),
    parameter("node", 1, None, NotYet),
    parameter("display_name", 1, None, NotYet),
    parameter("description", 1, None, NotYet),
    parameter("display_description", 1, None, NotYet),
    parameter("locked_by", 1, None, NotYet),
    parameter("uuid", 1, None, NotYet),
    parameter("root_device_name", 1, None, NotYet),
    parameter("access_ip_v4", 1, None, NotYet),
    parameter("access_ip_v6", 1, None, NotYet),
    parameter("auto_disk_config", 1, None, NotYet),
    parameter("soft_deleted", 1, None, NotYet),
    parameter("block_device_mapping", 1, None, Internal),
    parameter("services", 1, None, Internal),
    parameter("metadata", 1, None, Internal),
    parameter("system_metadata", 1, None, Internal),
];

/// Further names of tables, refused as those above.
const INTERNAL: [&str; 3] = ["info_cache", "security_groups", "pci_devices"];

/// A parsed list request.
#[derive(Debug)]
pub struct Ask {
    /// Which servers; none at all where the query can match nothing.
    pub filter: Option<Filter>,
    /// Items of the page.
    pub limit: usize,
    /// The server the page comes after.
    pub marker: Option<String>,
    /// Servers of all projects.
    pub all_tenants: bool,
}

/// Reads the query string; `all_tenants_rule` is asked where it spans projects.
///
/// # Errors
/// Nova's 400 and 403, and 501 for what is not served yet.
pub fn parse(call: &Call, all_tenants_rule: Rule) -> ApiResult<Ask> {
    let query = call.query();
    let known = |key: &str| {
        let row = PARAMETERS.iter().find(|row| row.name == key);
        row.is_some_and(|row| call.version >= v2(row.since)) || INTERNAL.contains(&key) || key.starts_with('_')
    };
    query.refuse_unknown(call.version, 75, known)?;
    let every_filter = SERVERS_ALL_FILTERS.allows(&call.identity, &call.identity.project_id);
    let get = |key: &str| query.get(key).filter(|_| may_use(key, call, every_filter));
    refuse_unserved(&query, call, every_filter)?;
    let (limit, marker) = query.page(call.app.config.api.items_per_page_max)?;
    let all_tenants = match get("all_tenants") {
        None => false,
        Some("") => true,
        Some(text) => boolean(text).ok_or_else(|| Fault::bad_request(not_boolean(text)))?,
    };
    if all_tenants {
        all_tenants_rule.require(&call.identity, &call.identity.project_id)?;
    }
    let named = get("tenant_id").or_else(|| get("project_id")).filter(|_| all_tenants).map(str::to_owned);
    let project_id = named.or_else(|| (!all_tenants).then(|| call.identity.project_id.clone()));
    let name = get("name").map(str::to_owned);
    if let Some(pattern) = &name
        && regex::Regex::new(pattern).is_err()
    {
        return Err(invalid("name", pattern, &format!("'{pattern}' is not a 'regex'")));
    }
    let mut filter = Filter {
        project_id,
        deleted: Some(get("deleted").is_some_and(|text| boolean(text).unwrap_or(false))),
        name,
        ..Filter::default()
    };
    let statuses = query.all("status");
    let matches = statuses.is_empty() || apply_status(&mut filter, &statuses, call)?;
    Ok(Ask { filter: matches.then_some(filter), limit, marker: marker.map(str::to_owned), all_tenants })
}

/// Parameters that a caller may not use are dropped without a word, as in Nova.
fn may_use(key: &str, call: &Call, every_filter: bool) -> bool {
    let row = PARAMETERS.iter().find(|row| row.name == key && call.version >= v2(row.since));
    row.is_some_and(|row| every_filter || row.everyone_since.is_some_and(|minor| call.version >= v2(minor)))
}

fn refuse_unserved(query: &crate::query::Query, call: &Call, every_filter: bool) -> ApiResult<()> {
    for (key, _) in query.pairs() {
        let row = PARAMETERS.iter().find(|row| row.name == key && call.version >= v2(row.since));
        let internal = row.is_some_and(|row| row.served == Internal) || INTERNAL.contains(&key) || key.starts_with('_');
        if internal && every_filter {
            return Err(Fault::bad_request(format!("Invalid filter field: {key}.")));
        }
        if row.is_some_and(|row| row.served == NotYet) && may_use(key, call, every_filter) {
            return Err(Fault::not_implemented(format!(
                "The query parameter '{key}' is not served by this service yet."
            )));
        }
    }
    Ok(())
}

/// Narrows to the states of the statuses; false where none is a status.
fn apply_status(filter: &mut Filter, statuses: &[&str], call: &Call) -> ApiResult<bool> {
    let Some(found) = states::of_statuses(statuses) else {
        return if call.version >= v2(38) { Err(Fault::bad_request("Invalid status value")) } else { Ok(false) };
    };
    if found.vm == ["deleted"] {
        if !call.identity.is_admin() {
            return Err(Fault::forbidden("Only administrators may list deleted instances"));
        }
        filter.deleted = Some(true);
    }
    filter.vm_states = Some(found.vm);
    filter.task_states = found.task;
    Ok(true)
}
