//! End to end: the binary over the lab's two real OpenStack regions, with the real clients.
//!
//! Needs the lab (`tools/lab up`) and its top port. The tests run one at a time; each starts a top of its own with an
//! empty database and removes its servers. `cargo test --profile quick --test e2e`, or all of it: `tools/test`.

mod support;

mod access_rules;
mod api_killed;
mod boot;
mod crash;
mod faults;
mod flavors;
mod full_region;
mod keystone_down;
mod multi_create;
mod notifications;
mod oracle;
mod placement;
mod quota;
mod region_down;
mod server_groups;
mod soak;
mod storm;
mod sync;
mod whole_body;
