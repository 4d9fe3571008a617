//! `[quota]`: limits of whoever has none of their own.

use serde::Deserialize;

use crate::db::quota::{UNLIMITED, resource as names};

section!(
    /// `[quota]`; -1 is no limit.
    Quota {
        /// Servers of a project.
        instances: i64 = 10,
        /// Cores of a project's servers.
        cores: i64 = 20,
        /// Memory of a project's servers.
        ram_mb: i64 = 51_200,
        /// Items of a server's metadata.
        metadata_items: i64 = 128,
        /// Files put into a server at boot (to 2.56).
        injected_files: i64 = 5,
        /// Bytes of one.
        injected_file_content_bytes: i64 = 10_240,
        /// Bytes of its path.
        injected_file_path_bytes: i64 = 255,
        /// Key pairs of a user.
        key_pairs: i64 = 100,
        /// Server groups of a project.
        server_groups: i64 = 10,
        /// Servers of a server group.
        server_group_members: i64 = 10,
    }
);

impl Quota {
    /// The limit of a resource by Nova's name of it (`db::quota::resource`).
    #[must_use]
    pub fn of(&self, resource: &str) -> i64 {
        match resource {
            names::INSTANCES => self.instances,
            names::CORES => self.cores,
            names::RAM => self.ram_mb,
            names::METADATA_ITEMS => self.metadata_items,
            names::INJECTED_FILES => self.injected_files,
            names::INJECTED_FILE_CONTENT_BYTES => self.injected_file_content_bytes,
            names::INJECTED_FILE_PATH_BYTES => self.injected_file_path_bytes,
            names::KEY_PAIRS => self.key_pairs,
            names::SERVER_GROUPS => self.server_groups,
            names::SERVER_GROUP_MEMBERS => self.server_group_members,
            _ => UNLIMITED,
        }
    }
}
