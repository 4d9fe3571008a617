//! Quota: limits, what is in use, and the sums that follow the charges of rows (D6).
//!
//! Charged are servers, in the columns `charged_…` of their rows, and before they have rows the intents of their boots.
//! Every transaction that changes a charge moves the sums with [`charge!`]; one that must fit locks them first with
//! [`headroom!`], so that no two that run at once both find the last place free.

mod headroom;
#[macro_use]
mod transaction;
mod audit;
mod limits;
mod sets;

pub use audit::{Drift, audit};
pub use headroom::{Account, Headroom, Over};
pub use limits::{Limits, in_use, of, of_class};
pub use sets::{Unfit, forget_limits, set_class, set_limits};

/// Resources, as Nova calls them (`nova/quota.py`).
pub mod resource {
    /// Servers.
    pub const INSTANCES: &str = "instances";
    /// Their cores.
    pub const CORES: &str = "cores";
    /// Their memory in MiB.
    pub const RAM: &str = "ram";
    /// Items of a server's metadata.
    pub const METADATA_ITEMS: &str = "metadata_items";
    /// Files put into a server at boot.
    pub const INJECTED_FILES: &str = "injected_files";
    /// Bytes of one.
    pub const INJECTED_FILE_CONTENT_BYTES: &str = "injected_file_content_bytes";
    /// Bytes of its path.
    pub const INJECTED_FILE_PATH_BYTES: &str = "injected_file_path_bytes";
    /// Key pairs of a user.
    pub const KEY_PAIRS: &str = "key_pairs";
    /// Server groups of a project.
    pub const SERVER_GROUPS: &str = "server_groups";
    /// Servers in one.
    pub const SERVER_GROUP_MEMBERS: &str = "server_group_members";
    /// Nova's networks once counted them; shown to 2.35, enforced by nothing. So are the three behind it.
    pub const FIXED_IPS: &str = "fixed_ips";
    /// See [`FIXED_IPS`].
    pub const FLOATING_IPS: &str = "floating_ips";
    /// See [`FIXED_IPS`].
    pub const SECURITY_GROUPS: &str = "security_groups";
    /// See [`FIXED_IPS`].
    pub const SECURITY_GROUP_RULES: &str = "security_group_rules";
}

/// All that have limits.
pub const RESOURCES: [&str; 14] = [
    resource::INSTANCES,
    resource::CORES,
    resource::RAM,
    resource::METADATA_ITEMS,
    resource::INJECTED_FILES,
    resource::INJECTED_FILE_CONTENT_BYTES,
    resource::INJECTED_FILE_PATH_BYTES,
    resource::KEY_PAIRS,
    resource::SERVER_GROUPS,
    resource::SERVER_GROUP_MEMBERS,
    resource::FIXED_IPS,
    resource::FLOATING_IPS,
    resource::SECURITY_GROUPS,
    resource::SECURITY_GROUP_RULES,
];

/// No limit.
pub const UNLIMITED: i64 = -1;

/// What one server costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Charge {
    /// Servers: 1, or 0 of one that is deleted.
    pub instances: i32,
    /// Cores.
    pub cores: i32,
    /// MiB.
    pub ram_mb: i32,
}

impl Charge {
    /// Of a server of this size.
    #[must_use]
    pub fn of_server(cores: i32, ram_mb: i32) -> Self {
        Self { instances: 1, cores, ram_mb }
    }

    /// The larger of both in each.
    #[must_use]
    pub fn larger(self, other: Self) -> Self {
        Self {
            instances: self.instances.max(other.instances),
            cores: self.cores.max(other.cores),
            ram_mb: self.ram_mb.max(other.ram_mb),
        }
    }

    /// What it is more than another, by resource; less is below 0.
    #[must_use]
    pub fn beyond(self, other: Self) -> [(&'static str, i64); 3] {
        let (mine, others) = (self.resources(), other.resources());
        std::array::from_fn(|at| (mine[at].0, mine[at].1 - others[at].1))
    }

    /// By resource, in the order in which sums are locked.
    #[must_use]
    pub fn resources(self) -> [(&'static str, i64); 3] {
        [
            (resource::INSTANCES, self.instances.into()),
            (resource::CORES, self.cores.into()),
            (resource::RAM, self.ram_mb.into()),
        ]
    }
}
