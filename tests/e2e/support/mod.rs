//! What every behaviour needs: the lab's facts, a top over it, the clients, HTTP, and patience.

pub mod broker;
pub mod cli;
pub mod http;
pub mod judge;
pub mod lab;
mod recorder;
pub mod servers;
pub mod stage;
mod top;

use std::time::{Duration, Instant};

pub use stage::Stage;

pub const ONE: &str = "RegionOne";
pub const TWO: &str = "RegionTwo";
pub const TOP: &str = "Cascade";

/// Asks until there is an answer.
///
/// # Panics
/// After `seconds`, with what was waited for and what was last seen instead.
#[track_caller]
pub fn eventually<T>(seconds: u64, what: &str, mut ask: impl FnMut() -> Result<T, String>) -> T {
    let deadline = Instant::now() + Duration::from_secs(seconds);
    loop {
        match ask() {
            Ok(found) => return found,
            Err(seen) if Instant::now() > deadline => panic!("{what}: not within {seconds} s; last seen: {seen}"),
            Err(_) => std::thread::sleep(Duration::from_millis(200)),
        }
    }
}
