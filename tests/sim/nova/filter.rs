//! The filters of server lists.

use super::super::clock::parse;
use super::super::pattern::finds;
use super::call::Call;
use super::fault::{NovaFault, fault, invalid};
use super::server::Server;
use super::status::{Wanted, wanted};

/// Filters that any tenant may use, with the microversion since which.
const FOR_ALL: &[(&str, u32)] = &[
    ("reservation_id", 1),
    ("name", 1),
    ("status", 1),
    ("image", 1),
    ("flavor", 1),
    ("changes-since", 1),
    ("all_tenants", 1),
    ("tags", 26),
    ("tags-any", 26),
    ("not-tags", 26),
    ("not-tags-any", 26),
    ("changes-before", 66),
    ("locked", 73),
    ("availability_zone", 83),
    ("key_name", 83),
    ("task_state", 83),
    ("vm_state", 83),
    ("power_state", 83),
    ("user_id", 83),
    ("hostname", 90),
];

/// Filters of the admin alone.
const FOR_ADMIN: &[&str] = &[
    "project_id",
    "tenant_id",
    "user_id",
    "host",
    "node",
    "hostname",
    "deleted",
    "soft_deleted",
    "uuid",
    "display_name",
    "vm_state",
    "task_state",
    "power_state",
    "key_name",
    "availability_zone",
    "launch_index",
];

/// Parameters that are no filters.
const OTHERS: &[&str] = &["limit", "marker", "sort_key", "sort_dir"];

/// Known to Nova's schema, not acted on here: a test that needs one of them has to find out.
const NOT_SIMULATED: &[&str] = &[
    "ip",
    "ip6",
    "access_ip_v4",
    "access_ip_v6",
    "config_drive",
    "created_at",
    "description",
    "image_ref",
    "kernel_id",
    "launched_at",
    "locked_by",
    "progress",
    "ramdisk_id",
    "root_device_name",
    "terminated_at",
    "auto_disk_config",
    "architecture",
    "cell_name",
    "default_ephemeral_device",
    "disable_terminate",
    "ephemeral_gb",
    "instance_type_id",
    "internal_id",
    "os_type",
    "root_gb",
    "shutdown_terminate",
    "user_data",
    "vcpus",
    "memory_mb",
];

type Test = Box<dyn Fn(&Server) -> bool>;

/// What a list is to hold.
pub struct Filter {
    /// Seconds that `updated` lies between, if the request says so.
    pub since: Option<i64>,
    pub before: Option<i64>,
    /// Whether anything but `all_tenants` narrows the list.
    pub narrowed: bool,
    /// Nothing can match: an unknown status at an old version.
    pub nothing: bool,
    tests: Vec<Test>,
}

impl Filter {
    /// Reads the query.
    pub fn of(call: &Call, detail: bool) -> Result<Self, NovaFault> {
        let mut filter = Self { since: None, before: None, narrowed: false, nothing: false, tests: Vec::new() };
        let given = allowed(call)?;
        filter.scope(call, &given, detail)?;
        filter.states(call)?;
        for (key, value) in &given {
            filter.narrowed |= key != "all_tenants";
            filter.add(call, key, value)?;
        }
        if filter.since.zip(filter.before).is_some_and(|(since, before)| since > before) {
            return Err(fault(400, "The value of changes-since must be less than or equal to changes-before."));
        }
        let by_changes = filter.since.is_some() || filter.before.is_some();
        let deleted = given.iter().rfind(|(key, _)| key == "deleted").map(|(_, value)| truth(value) == Some(true));
        if let Some(deleted) = deleted.or((!by_changes).then_some(false)) {
            let soft = given.iter().any(|(key, _)| key == "soft_deleted");
            let seen = move |server: &Server| deleted || soft || server.vm_state != "soft-delete";
            filter.tests.push(Box::new(move |server| server.deleted == deleted && seen(server)));
        }
        Ok(filter)
    }

    /// Whether a server is wanted.
    pub fn has(&self, server: &Server) -> bool {
        self.tests.iter().all(|test| test(server))
    }

    /// One project's servers, unless all are asked for and may be.
    fn scope(&mut self, call: &Call, given: &[(String, String)], detail: bool) -> Result<(), NovaFault> {
        let all = match given.iter().rfind(|(key, _)| key == "all_tenants") {
            None => false,
            Some((_, value)) if value.is_empty() => true,
            Some((_, value)) => truth(value).ok_or_else(|| fault(400, format!("Invalid value '{value}'")))?,
        };
        let kind = if detail { "detail" } else { "index" };
        if all {
            call.need("admin", &format!("os_compute_api:servers:{kind}:get_all_tenants"))?;
        }
        let last = |name: &str| given.iter().rfind(|(key, _)| key == name).map(|(_, value)| value.clone());
        let asked = if all { last("project_id").or_else(|| last("tenant_id")) } else { None };
        let project = if all { asked } else { Some(call.token.project_id().to_owned()) };
        if let Some(project) = project {
            self.tests.push(Box::new(move |server| server.project == project));
        }
        Ok(())
    }

    fn states(&mut self, call: &Call) -> Result<(), NovaFault> {
        if call.req.q("status").is_none() {
            return Ok(());
        }
        match wanted(call.req.q_all("status")) {
            None if call.minor >= 38 => Err(fault(400, "Invalid status value")),
            None => {
                self.nothing = true;
                Ok(())
            }
            Some(Wanted { vm_states, tasks }) => {
                if vm_states == ["deleted"] && !call.token.is_admin() {
                    return Err(fault(403, "Only administrators may list deleted instances"));
                }
                self.tests.push(Box::new(move |server| {
                    let by_task = |tasks: &Vec<&str>| server.task_state.as_deref().is_some_and(|t| tasks.contains(&t));
                    vm_states.contains(&server.vm_state.as_str()) && tasks.as_ref().is_none_or(by_task)
                }));
                Ok(())
            }
        }
    }

    fn add(&mut self, call: &Call, key: &str, value: &str) -> Result<(), NovaFault> {
        let text = value.to_owned();
        let list: Vec<String> = value.split(',').map(ToOwned::to_owned).collect();
        let test: Test = match key {
            "changes-since" | "changes-before" => return self.times(key, value),
            "name" | "display_name" => Box::new(move |s| finds(&text, &s.name)),
            "hostname" => Box::new(move |s| finds(&text, &s.hostname)),
            // The last one wins, as everywhere; several servers cannot be asked for at once.
            "uuid" if call.req.q("uuid") == Some(value) => Box::new(move |s| s.id == text),
            "user_id" => Box::new(move |s| s.user == text),
            "host" | "node" => Box::new(move |s| s.host.as_deref() == Some(text.as_str())),
            "reservation_id" => Box::new(move |s| s.reservation_id == text),
            "image" => Box::new(move |s| s.image.as_deref() == Some(text.as_str())),
            "flavor" => Box::new(move |s| s.flavor.id == text),
            "vm_state" => Box::new(move |s| s.vm_state == text),
            "task_state" => Box::new(move |s| s.task_state.as_deref().unwrap_or("None") == text),
            "power_state" => Box::new(move |s| s.power_state.to_string() == text),
            "key_name" => Box::new(move |s| s.key_name.as_deref() == Some(text.as_str())),
            "availability_zone" => Box::new(move |s| s.zone == text),
            "launch_index" => Box::new(move |s| s.launch_index.to_string() == text),
            "locked" => Box::new(move |s| truth(&text) == Some(s.locked)),
            "tags" => Box::new(move |s| list.iter().all(|tag| s.tags.contains(tag))),
            "tags-any" => Box::new(move |s| list.iter().any(|tag| s.tags.contains(tag))),
            "not-tags" => Box::new(move |s| !list.iter().all(|tag| s.tags.contains(tag))),
            "not-tags-any" => Box::new(move |s| !list.iter().any(|tag| s.tags.contains(tag))),
            _ => return Ok(()),
        };
        self.tests.push(test);
        Ok(())
    }

    fn times(&mut self, key: &str, value: &str) -> Result<(), NovaFault> {
        let Some(time) = parse(value) else {
            return Err(invalid(key, &value.into(), &format!("'{value}' is not a 'date-time'")));
        };
        if key == "changes-since" {
            self.since = Some(time);
        } else {
            self.before = Some(time);
        }
        Ok(())
    }
}

/// The filters that this caller may use at this version; the others are dropped, as Nova does.
fn allowed(call: &Call) -> Result<Vec<(String, String)>, NovaFault> {
    let mut kept = Vec::new();
    for (key, value) in &call.req.query {
        let name = key.as_str();
        let for_all = FOR_ALL.iter().find(|(known, _)| *known == name);
        let known = for_all.is_some() || FOR_ADMIN.contains(&name) || OTHERS.contains(&name);
        if !known && !NOT_SIMULATED.contains(&name) && call.minor >= 75 {
            let why = format!("Additional properties are not allowed ('{name}' was unexpected)");
            return Err(fault(400, why));
        }
        if NOT_SIMULATED.contains(&name) {
            return Err(fault(501, format!("The simulator does not know the filter {name}")));
        }
        let open = for_all.is_some_and(|(_, since)| call.minor >= *since);
        if open || (call.token.is_admin() && FOR_ADMIN.contains(&name)) {
            kept.push((key.clone(), value.clone()));
        }
    }
    Ok(kept)
}

/// What oslo takes for yes and no.
fn truth(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "1" | "t" | "true" | "on" | "y" | "yes" => Some(true),
        "0" | "f" | "false" | "off" | "n" | "no" => Some(false),
        _ => None,
    }
}
