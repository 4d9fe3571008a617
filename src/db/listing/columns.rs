//! The columns that lists filter and sort by.

/// How a column's values are compared with a regular expression: as what text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    /// Text that people write: case and accents do not count where it is compared, as in Nova's database.
    Folded,
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
    DESCRIPTION = "description", Folded, null;
    FLAVOR_ID = "flavor_id", Text;
    HOST = "host", Folded, null;
    HOSTNAME = "hostname", Folded, null;
    ID = "id", Text;
    IMAGE_ID = "image_id", Text, null;
    KERNEL_ID = "kernel_id", Text, null;
    KEY_NAME = "key_name", Folded, null;
    LAUNCHED_AT = "launched_at", Time, null;
    LAUNCH_INDEX = "launch_index", Number;
    LOCKED = "locked", Number;
    NAME = "name", Folded;
    NODE = "node", Folded, null;
    POWER_STATE = "power_state", Number;
    PROGRESS = "progress", Number;
    PROJECT_ID = "project_id", Text;
    RAMDISK_ID = "ramdisk_id", Text, null;
    RESERVATION_ID = "reservation_id", Text;
    ROOT_DEVICE_NAME = "root_device_name", Folded, null;
    TASK_STATE = "task_state", Text, null;
    TERMINATED_AT = "terminated_at", Time, null;
    UPDATED_AT = "updated_at", Time;
    USER_ID = "user_id", Text;
    VM_STATE = "vm_state", Text;
    ZONE = "zone", Folded;
}

/// What no document of a region changes (`servers::Documented`).
pub(super) const FIXED: &[Column] = &[ID, LAUNCH_INDEX, PROJECT_ID, RESERVATION_ID, USER_ID];

impl Column {
    /// It holds text, rather than what can be shown as text.
    pub(super) fn is_text(self) -> bool {
        matches!(self.kind, Kind::Text | Kind::Folded)
    }

    /// Case and accents do not count.
    pub(super) fn is_folded(self) -> bool {
        self.kind == Kind::Folded
    }

    /// The SQL of what lists are sorted by.
    pub(super) fn sorted(self, embedded: bool) -> String {
        let collation = match (self.is_folded(), embedded) {
            (false, _) => "",
            (true, true) => " COLLATE nova",
            (true, false) => " COLLATE utf8mb4_general_ci",
        };
        format!("s.{}{collation}", self.name)
    }

    /// The SQL of its value as text.
    pub(super) fn as_text(self, embedded: bool) -> String {
        let name = self.name;
        match (self.kind, embedded) {
            (Kind::Text | Kind::Folded, _) => format!("s.{name}"),
            (Kind::Number, _) => format!("CAST(s.{name} AS CHAR)"),
            (Kind::Time, true) => format!("strftime('%Y-%m-%d %H:%M:%S', s.{name} / 1000000, 'unixepoch')"),
            (Kind::Time, false) => {
                format!("DATE_FORMAT(TIMESTAMPADD(SECOND, s.{name} DIV 1000000, '1970-01-01'), '%Y-%m-%d %H:%i:%s')")
            }
        }
    }
}
