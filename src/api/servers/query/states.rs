//! Which states a status stands for (nova/api/openstack/common.py, `_STATE_MAP`).

const REBUILDING: [(&str, &str); 3] =
    [("rebuilding", "REBUILD"), ("rebuild_block_device_mapping", "REBUILD"), ("rebuild_spawning", "REBUILD")];
const RESIZING: [(&str, &str); 4] = [
    ("resize_prep", "RESIZE"),
    ("resize_migrating", "RESIZE"),
    ("resize_migrated", "RESIZE"),
    ("resize_finish", "RESIZE"),
];
const REBOOTING: [(&str, &str); 7] = [
    ("rebooting", "REBOOT"),
    ("reboot_pending", "REBOOT"),
    ("reboot_started", "REBOOT"),
    ("rebooting_hard", "HARD_REBOOT"),
    ("reboot_pending_hard", "HARD_REBOOT"),
    ("reboot_started_hard", "HARD_REBOOT"),
    ("updating_password", "PASSWORD"),
];
const MIGRATING: [(&str, &str); 1] = [("migrating", "MIGRATING")];
const REVERTING: [(&str, &str); 1] = [("resize_reverting", "REVERT_RESIZE")];

/// vm state, its status without a task, and the statuses its tasks make.
type State = (&'static str, &'static str, &'static [&'static [(&'static str, &'static str)]]);

const STATES: [State; 12] = [
    ("active", "ACTIVE", &[&REBOOTING, &REBUILDING, &MIGRATING, &RESIZING]),
    ("building", "BUILD", &[]),
    ("stopped", "SHUTOFF", &[&RESIZING, &REBUILDING]),
    ("resized", "VERIFY_RESIZE", &[&REVERTING]),
    ("paused", "PAUSED", &[&MIGRATING]),
    ("suspended", "SUSPENDED", &[]),
    ("rescued", "RESCUE", &[]),
    ("error", "ERROR", &[&REBUILDING]),
    ("deleted", "DELETED", &[]),
    ("soft-delete", "SOFT_DELETED", &[]),
    ("shelved", "SHELVED", &[]),
    ("shelved_offloaded", "SHELVED_OFFLOADED", &[]),
];

/// vm states, and task states unless any will do.
#[derive(Debug, PartialEq, Eq)]
pub struct States {
    /// Any of these.
    pub vm: Vec<String>,
    /// Any of these; none: any.
    pub task: Option<Vec<String>>,
}

/// What a `status=` filter looks for; `None` where no state has any of these statuses. A status that a state has
/// without a task is looked for by the vm state alone, so ACTIVE finds a server that reboots, as in Nova.
pub fn of_statuses(statuses: &[&str]) -> Option<States> {
    let (mut vm, mut task, mut any_task) = (Vec::new(), Vec::new(), false);
    for wanted in statuses {
        for (vm_state, default, tasks) in &STATES {
            let mut found = false;
            if default.eq_ignore_ascii_case(wanted) {
                (found, any_task) = (true, true);
            }
            for (task_state, status) in tasks.iter().copied().flatten() {
                if status.eq_ignore_ascii_case(wanted) {
                    found = true;
                    task.push((*task_state).to_owned());
                }
            }
            if found {
                vm.push((*vm_state).to_owned());
            }
        }
    }
    (!vm.is_empty()).then_some(States { vm, task: (!any_task).then_some(task) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_stand_for_novas_states() {
        let states = |status| of_statuses(&[status]).map(|s| (s.vm.join(","), s.task.map(|t| t.len())));
        assert_eq!(states("ACTIVE"), Some(("active".into(), None)));
        assert_eq!(states("shutoff"), Some(("stopped".into(), None)));
        assert_eq!(states("RESIZE"), Some(("active,stopped".into(), Some(8))));
        assert_eq!(states("REBUILD"), Some(("active,stopped,error".into(), Some(9))));
        assert_eq!(states("NONSENSE"), None);
    }
}
