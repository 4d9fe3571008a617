//! The real clients, as a user at a shell has them.

use std::collections::HashMap;
use std::process::Command;
use std::sync::{LazyLock, Mutex};

use serde_json::Value;

use super::lab;

type Environment = HashMap<String, String>;
static ENVIRONMENTS: LazyLock<Mutex<HashMap<String, Environment>>> = LazyLock::new(Mutex::default);

/// What `eval "$(tools/lab env --user …)"` leaves in the environment.
fn environment(user: &str) -> Environment {
    let mut known = ENVIRONMENTS.lock().expect("nobody panicked here");
    let make = || {
        let script = r#"eval "$("$0" env --user "$1")" && env -0"#;
        let output = Command::new("bash").args(["-c", script]).arg(lab::repo().join("tools/lab")).arg(user).output();
        let output = output.expect("bash starts");
        assert!(output.status.success(), "tools/lab env: {}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).expect("an environment in UTF-8");
        text.split('\0').filter_map(|line| line.split_once('=')).map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
    };
    known.entry(user.to_owned()).or_insert_with(make).clone()
}

/// A client's run that ended.
pub struct Ran {
    pub success: bool,
    pub stdout: String,
    pub stderr: String,
}

fn run(user: &str, region: Option<&str>, program: &str, arguments: &[&str]) -> Ran {
    let environment = environment(user);
    let path = format!("{}/bin/{program}", lab::fact("/venv"));
    let mut command = Command::new(path);
    command.args(arguments).env_clear().envs(environment);
    if let Some(region) = region {
        command.env("OS_REGION_NAME", region);
    }
    let output = command.output().unwrap_or_else(|e| panic!("{program}: {e}"));
    Ran {
        success: output.status.success(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// `openstack --os-region-name REGION …`, to its end, well or not.
pub fn try_openstack(user: &str, region: &str, arguments: &[&str]) -> Ran {
    run(user, None, "openstack", &[&["--os-region-name", region], arguments].concat())
}

/// `openstack --os-region-name REGION … -f json`, ending well.
#[track_caller]
pub fn openstack(user: &str, region: &str, arguments: &[&str]) -> Value {
    let ran = try_openstack(user, region, &[arguments, &["-f", "json"]].concat());
    assert!(ran.success, "openstack --os-region-name {region} {arguments:?} as {user}: {}{}", ran.stdout, ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("openstack {arguments:?}: {e} in: {}", ran.stdout))
}

/// The same for commands that print nothing.
#[track_caller]
pub fn openstack_quiet(user: &str, region: &str, arguments: &[&str]) {
    let ran = try_openstack(user, region, arguments);
    assert!(ran.success, "openstack --os-region-name {region} {arguments:?} as {user}: {}{}", ran.stdout, ran.stderr);
}

/// `OS_REGION_NAME=REGION nova …`, ending well; its text.
#[track_caller]
pub fn nova(user: &str, region: &str, arguments: &[&str]) -> String {
    let ran = run(user, Some(region), "nova", arguments);
    assert!(ran.success, "OS_REGION_NAME={region} nova {arguments:?} as {user}: {}{}", ran.stdout, ran.stderr);
    ran.stdout
}

/// The value in the row `property` of a two-column table, as the `nova` client prints them.
pub fn property(table: &str, property: &str) -> Option<String> {
    rows(table)
        .into_iter()
        .find(|row| row.first().is_some_and(|name| name == property))
        .and_then(|row| row.get(1).cloned())
}

/// The rows of such a table, its head first.
pub fn rows(table: &str) -> Vec<Vec<String>> {
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
    table.lines().filter(|line| line.starts_with('|')).map(cells).collect()
}
