//! The only SQL. One file an aggregate; every query is written once and compiled for each backend.
//!
//! Times are microseconds since the epoch by the database's clock ([`clock`]). Reads go through [`reading!`], changes
//! through [`writing!`], which retries a transaction that lost against another one. No caller holds a connection
//! across a call to a region: both macros end before they return.

#[macro_use]
mod access;
#[macro_use]
pub mod quota;
#[macro_use]
pub mod server_groups;
pub mod audit;
pub mod clock;
mod collation;
pub mod cursors;
pub mod equivalents;
mod error;
mod exclusive;
mod files;
pub mod flavors;
pub mod floating_ips;
pub mod host_states;
#[macro_use]
pub mod intents;
pub mod remnants;
#[macro_use]
pub mod removals;
#[macro_use]
pub mod top_actions;
#[macro_use]
pub mod servers;
#[macro_use]
pub mod placings;
pub mod key_pairs;
pub mod leases;
pub mod listing;
pub mod locate;
pub mod mappings;
mod migrate;
mod mysql;
mod pools;
pub mod ports;
pub mod project_regions;
pub mod regions;
pub mod schema;
pub mod seq;
pub mod set_aside;
pub mod strangers;
pub mod text;
pub mod top;
pub mod usage;
pub mod zones;

pub use error::{DbError, DbResult};
pub use migrate::migrate;
pub use pools::{Db, SqliteLock};
