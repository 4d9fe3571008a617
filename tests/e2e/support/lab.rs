//! The lab: its facts, and its own command.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;

static FACTS: LazyLock<Value> = LazyLock::new(|| {
    let file = dir().join("lab.json");
    let text = std::fs::read_to_string(&file);
    let text = text.unwrap_or_else(|e| panic!("{}: {e}; these tests need the lab: tools/lab up", file.display()));
    serde_json::from_str(&text).expect("lab.json is JSON")
});

pub fn repo() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn dir() -> PathBuf {
    std::env::var_os("LAB_DIR").map_or_else(|| repo().join(".lab"), PathBuf::from)
}

/// A fact by its path in lab.json, as `/regions/RegionOne/networks/lab-net`.
#[track_caller]
pub fn fact(path: &str) -> String {
    match FACTS.pointer(path) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => panic!("lab.json has no {path}"),
    }
}

pub fn network(region: &str, name: &str) -> String {
    fact(&format!("/regions/{region}/networks/{name}"))
}

pub fn image(name: &str) -> String {
    fact(&format!("/regions/RegionOne/images/{name}"))
}

/// A service's address in a region: `compute`, `network`, `image`.
pub fn url(region: &str, service: &str) -> String {
    fact(&format!("/regions/{region}/{service}_url"))
}

/// Cores of one compute of a region.
pub fn cores(region: &str) -> u32 {
    fact(&format!("/regions/{region}/host_capacity/vcpus")).parse().expect("a number")
}

/// `tools/lab` with these arguments.
#[track_caller]
pub fn run(arguments: &[&str]) {
    let done = Command::new(repo().join("tools/lab")).args(arguments).output().expect("tools/lab starts");
    assert!(done.status.success(), "tools/lab {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}

/// Services that are stopped until this is dropped.
pub struct Stopped(Vec<&'static str>);

impl Stopped {
    pub fn new(services: &[&'static str]) -> Self {
        let stopped = Self(services.to_vec());
        run(&[&["stop"], services].concat());
        stopped
    }

    /// As by a crash.
    pub fn killed(services: &[&'static str]) -> Self {
        let stopped = Self(services.to_vec());
        run(&[&["stop", "--kill"], services].concat());
        stopped
    }

    /// Starts them now.
    pub fn start(mut self) {
        run(&[&["start"], &self.0[..]].concat());
        self.0.clear();
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        if !self.0.is_empty() {
            let _ = Command::new(repo().join("tools/lab")).arg("start").args(&self.0).output();
        }
    }
}
