//! Owned data in a region before a boot needs it (D5): pushed on first use.

pub mod flavor;
pub mod key_pair;
pub mod key_pair_audit;
pub mod server_group;
pub mod server_group_audit;
