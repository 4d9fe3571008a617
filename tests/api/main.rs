//! The service in this process, over simulated regions and through real sockets, on each database.
//!
//! Laid out as the URL tree, a file a verb. Every test runs twice: `…::sqlite::…` and `…::mysql::…`. The latter need
//! `CASCADE_TEST_MYSQL_URL`, a server on which databases may be made; `cargo test --test api -- sqlite` does without.

#![allow(clippy::cloned_ref_to_slice_refs, reason = "a list of one thing is said as one")]

#[path = "../sim/mod.rs"]
mod sim;
mod support;

mod adopt;
mod availability_zones;
mod bench;
mod boot;
mod cli_help;
mod extensions;
mod flavors;
mod key_pairs;
mod policies;
mod protocol;
mod quota;
mod routes;
mod schema;
mod scopes;
mod selector;
mod server_groups;
mod servers;
mod sync;
mod tenant_usage;
mod text;
mod tls;
mod versions;
