//! Documents as clients see them, by microversion: tables of what appears from which version.

pub mod flavor;
pub mod key_pair;
pub mod links;
pub mod quota;
pub mod server;
pub mod server_group;
pub mod usage;
pub mod version;
pub mod zone;
