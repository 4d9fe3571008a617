//! The status that users see, out of vm state and task state.

/// A vm state, its plain status, and the statuses that tasks give it.
type VmState = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

/// All of them.
const STATES: &[VmState] = &[
    (
        "active",
        "ACTIVE",
        &[
            ("rebooting", "REBOOT"),
            ("reboot_pending", "REBOOT"),
            ("reboot_started", "REBOOT"),
            ("rebooting_hard", "HARD_REBOOT"),
            ("reboot_pending_hard", "HARD_REBOOT"),
            ("reboot_started_hard", "HARD_REBOOT"),
            ("updating_password", "PASSWORD"),
            ("rebuilding", "REBUILD"),
            ("rebuild_block_device_mapping", "REBUILD"),
            ("rebuild_spawning", "REBUILD"),
            ("migrating", "MIGRATING"),
            ("resize_prep", "RESIZE"),
            ("resize_migrating", "RESIZE"),
            ("resize_migrated", "RESIZE"),
            ("resize_finish", "RESIZE"),
        ],
    ),
    ("building", "BUILD", &[]),
    (
        "stopped",
        "SHUTOFF",
        &[
            ("resize_prep", "RESIZE"),
            ("resize_migrating", "RESIZE"),
            ("resize_migrated", "RESIZE"),
            ("resize_finish", "RESIZE"),
            ("rebuilding", "REBUILD"),
            ("rebuild_block_device_mapping", "REBUILD"),
            ("rebuild_spawning", "REBUILD"),
        ],
    ),
    ("resized", "VERIFY_RESIZE", &[("resize_reverting", "REVERT_RESIZE")]),
    ("paused", "PAUSED", &[("migrating", "MIGRATING")]),
    ("suspended", "SUSPENDED", &[]),
    ("rescued", "RESCUE", &[]),
    ("error", "ERROR", &[("rebuilding", "REBUILD"), ("rebuild_spawning", "REBUILD")]),
    ("deleted", "DELETED", &[]),
    ("soft-delete", "SOFT_DELETED", &[]),
    ("shelved", "SHELVED", &[]),
    ("shelved_offloaded", "SHELVED_OFFLOADED", &[]),
];

/// `ACTIVE`, `BUILD`, …
pub fn of(vm_state: &str, task_state: Option<&str>) -> &'static str {
    let Some((_, plain, tasks)) = STATES.iter().find(|(vm, ..)| *vm == vm_state) else {
        return "UNKNOWN";
    };
    let by_task = task_state.and_then(|task| tasks.iter().find(|(name, _)| *name == task));
    by_task.map_or(plain, |(_, status)| status)
}

/// What a filter by status looks for.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    pub vm_states: Vec<&'static str>,
    /// None: any task, since one of the statuses is a plain one. So `ACTIVE` finds a rebooting server too.
    pub tasks: Option<Vec<&'static str>>,
}

/// The states behind some statuses; none if no status is known.
pub fn wanted<'a>(statuses: impl Iterator<Item = &'a str>) -> Option<Wanted> {
    let statuses: Vec<String> = statuses.map(str::to_uppercase).collect();
    let asked = |status: &str| statuses.iter().any(|s| s == status);
    let mut wanted = Wanted { vm_states: Vec::new(), tasks: Some(Vec::new()) };
    for (vm, plain, tasks) in STATES {
        let by_task: Vec<&str> = tasks.iter().filter(|(_, s)| asked(s)).map(|(task, _)| *task).collect();
        if asked(plain) || !by_task.is_empty() {
            wanted.vm_states.push(vm);
        }
        match &mut wanted.tasks {
            _ if asked(plain) => wanted.tasks = None,
            Some(all) => all.extend(by_task),
            None => {}
        }
    }
    (!wanted.vm_states.is_empty()).then_some(wanted)
}

/// The hypervisor's number for the power that goes with a vm state.
pub fn power(vm_state: &str) -> u8 {
    match vm_state {
        "active" | "resized" | "rescued" => 1,
        "paused" => 3,
        "stopped" | "suspended" | "shelved" => 4,
        _ => 0,
    }
}
