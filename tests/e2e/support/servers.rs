//! Removing what the tests made, in the regions themselves.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::http::Ask;
use super::{ONE, TWO, lab};

/// What the names of all servers of these tests begin with.
pub const NAMES: &str = "e2e-";

/// The ids in a region.
fn ids(region: &str, admin: &str) -> Vec<String> {
    let url = format!("{}/servers?all_tenants=1&name=%5E{NAMES}", lab::url(region, "compute"));
    let Ok(answer) = Ask::new("GET", url).token(admin).try_send() else { return Vec::new() };
    let document: Value = serde_json::from_str(&answer.text).unwrap_or_default();
    let servers = document["servers"].as_array().cloned().unwrap_or_default();
    servers.iter().filter_map(|server| server["id"].as_str().map(str::to_owned)).collect()
}

/// Deletes all of them and waits until they are gone, for as long as there are fewer of them within `patience`; else
/// those that are left.
pub fn remove_all(admin: &str, patience: Duration) -> Result<(), Vec<String>> {
    let (mut deadline, mut fewest) = (Instant::now() + patience, usize::MAX);
    loop {
        let mut left = Vec::new();
        for region in [ONE, TWO] {
            for id in ids(region, admin) {
                let url = format!("{}/servers/{id}", lab::url(region, "compute"));
                let _ = Ask::new("DELETE", url).token(admin).try_send();
                left.push(id);
            }
        }
        if left.is_empty() {
            return Ok(());
        }
        if left.len() < fewest {
            (deadline, fewest) = (Instant::now() + patience, left.len());
        } else if Instant::now() > deadline {
            return Err(left);
        }
        std::thread::sleep(Duration::from_millis(500));
    }
}
