//! A simulated cloud for tests of faults and scale: one Keystone, and for each region a Nova, Neutron,
//! Glance and Placement, each on a loopback port of its own.
//!
//! Everything runs inside the test process and keeps its state in memory, so that a test can look into a
//! region, change it behind the proxy's back, and break it in ways that a real region will not do on demand.
//!
//! ```ignore
//! let cloud = SimCloud::start(&["RegionOne", "RegionTwo"]).await;
//! let region = cloud.region("RegionOne");
//! region.faults.push(Fault::new(Kind::CloseAfterEffect).on(Service::Nova).method("POST").times(1));
//! let token = cloud.token("demo");
//! ```
//!
//! A test binary includes it with `#[path = "../sim/mod.rs"] mod sim;`. The tests in `selftest.rs` have a binary of
//! their own, `main.rs`.
//!
//! Handlers are plain functions over state behind a lock: nothing waits inside them. What takes time or goes
//! wrong is decided around them, in [`serve`].
#![allow(dead_code, unused_imports, reason = "included by several test binaries, none of which uses all of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "test code: a wrong call of it is to fail loudly")]

pub mod cinder;
pub mod client;
pub mod clock;
pub mod cloud;
pub mod faults;
pub mod glance;
pub mod http;
pub mod journal;
pub mod keystone;
pub mod listener;
pub mod neutron;
pub mod nova;
pub mod pattern;
pub mod placement;
pub mod serve;

pub use self::client::{Answer, Client};
pub use self::cloud::{SimCloud, SimRegion};
pub use self::faults::{Coding, Fault, Faults, Kind, Service};
pub use self::journal::Seen;
pub use self::keystone::{Scope, TokenSpec};
pub use self::nova::{BootOutcome, Pace};
