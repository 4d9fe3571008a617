//! The columns that lists filter and sort by.

/// How a column's values are compared with a regular expression: as what text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    /// Microseconds, shown as `2026-11-24 08:00:00`.
    Time,
}

/// One of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) nullable: bool,
}

macro_rules! columns {
    ($($id:ident = $name:literal, $kind:ident $(, $null:ident)?;)*) => {
        $(
            #[doc = concat!("`servers.", $name, "`")]
            pub const $id: Column = Column { name: $name, kind: Kind::$kind, nullable: columns!(@ $($null)?) };
        )*
    };
    (@ null) => { true };
    (@) => { false };
}

columns! {
    ACCESS_IP_V4 = "access_ip_v4", Text, null;
    ACCESS_IP_V6 = "access_ip_v6", Text, null;
    AUTO_DISK_CONFIG = "auto_disk_config", Number, null;
    CHANGED_AT = "changed_at", Number;
    CONFIG_DRIVE = "config_drive", Text, null;
    CREATED_AT = "created_at", Time;
    DESCRIPTION = "description", Text, null;
    FLAVOR_ID = "flavor_id", Text;
    HOST = "host", Text, null;
    HOSTNAME = "hostname", Text, null;
    ID = "id", Text;
    IMAGE_ID = "image_id", Text, null;
    KERNEL_ID = "kernel_id", Text, null;
    KEY_NAME = "key_name", Text, null;
    LAUNCHED_AT = "launched_at", Time, null;
    LAUNCH_INDEX = "launch_index", Number;
    LOCKED = "locked", Number;
    NAME = "name", Text;
    NODE = "node", Text, null;
    POWER_STATE = "power_state", Number;
    PROGRESS = "progress", Number;
    PROJECT_ID = "project_id", Text;
    RAMDISK_ID = "ramdisk_id", Text, null;
    RESERVATION_ID = "reservation_id", Text;
    ROOT_DEVICE_NAME = "root_device_name", Text, null;
    TASK_STATE = "task_state", Text, null;
    TERMINATED_AT = "terminated_at", Time, null;
    UPDATED_AT = "updated_at", Time;
    USER_ID = "user_id", Text;
    VM_STATE = "vm_state", Text;
    ZONE = "zone", Text;
}

/// What no document of a region changes (`servers::Documented`).
pub(super) const FIXED: &[Column] = &[ID, LAUNCH_INDEX, PROJECT_ID, RESERVATION_ID, USER_ID];

impl Column {
    /// It holds text, rather than what can be shown as text.
    pub(super) fn is_text(self) -> bool {
        self.kind == Kind::Text
    }

    /// The SQL of its value as text.
    pub(super) fn as_text(self, embedded: bool) -> String {
        let name = self.name;
        match (self.kind, embedded) {
            (Kind::Text, _) => format!("s.{name}"),
            (Kind::Number, _) => format!("CAST(s.{name} AS CHAR)"),
            (Kind::Time, true) => format!("strftime('%Y-%m-%d %H:%M:%S', s.{name} / 1000000, 'unixepoch')"),
            (Kind::Time, false) => {
                format!("DATE_FORMAT(TIMESTAMPADD(SECOND, s.{name} DIV 1000000, '1970-01-01'), '%Y-%m-%d %H:%i:%s')")
            }
        }
    }
}
