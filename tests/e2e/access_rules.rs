//! Access rules of application credentials: against keystonemiddleware as it runs in the lab, on cases made now, and with
//! a credential of the lab's Keystone.

use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use nova_cascade::identity::access_rules::{AccessRule, allow};

use serde_json::json;

use crate::support::http::Ask;
use crate::support::{Stage, lab};

#[test]
fn rules_made_now_match_as_in_keystonemiddleware() {
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time").as_micros().to_string();
    let script = lab::repo().join("tests/api/protocol/access_rules.py");
    let python = lab::dir().join("venv/bin/python");
    let done = Command::new(python).args(["-W", "ignore"]).arg(script).args([&seed, "20000"]).output();
    let done = done.expect("the lab's Python starts");
    assert!(done.status.success(), "seed {seed}: {}", String::from_utf8_lossy(&done.stderr));
    let mut compared = 0;
    for line in String::from_utf8(done.stdout).expect("text").lines() {
        let case = serde_json::from_str(line).expect("[pattern, path, matches, matches_escaped]");
        let (pattern, path, _, escaped): (String, String, Option<bool>, bool) = case;
        let rule = AccessRule { service: "compute".into(), method: "GET".into(), path: pattern };
        let ours = allow(std::slice::from_ref(&rule), "compute", "GET", &path);
        assert_eq!(ours, escaped, "seed {seed}: {} {path}", rule.path);
        compared += 1;
    }
    assert_eq!(compared, 20_000);
}

#[test]
fn a_credential_makes_the_requests_of_its_rules_alone() {
    let stage = Stage::new();
    let keystone = lab::fact("/keystone_url");
    let me =
        Ask::new("GET", format!("{keystone}/auth/tokens")).token(&stage.demo).header("x-subject-token", &stage.demo);
    let me = me.send().expect(200).json()["token"]["user"]["id"].as_str().expect("an id").to_owned();
    let credentials = format!("{keystone}/users/{me}/application_credentials");
    let rules = json!([
        {"service": "compute", "method": "GET", "path": "/v2.1/servers"},
        {"service": "compute", "method": "GET", "path": "/v2.1/**/os-extra_specs"},
    ]);
    let name = format!("e2e-{}", SystemTime::now().duration_since(UNIX_EPOCH).expect("a time").as_micros());
    let wanted = json!({"application_credential": {"name": name, "secret": "s", "access_rules": rules}});
    let made = Ask::new("POST", credentials.clone()).token(&stage.demo).json(&wanted).send().expect(201).json();
    let id = made["application_credential"]["id"].as_str().expect("an id");
    let by = json!({"auth": {"identity": {
        "methods": ["application_credential"], "application_credential": {"id": id, "secret": "s"},
    }}});
    let token =
        Ask::new("POST", format!("{keystone}/auth/tokens")).json(&by).send().expect(201).header("x-subject-token");
    let ask = |method, path: &str| Ask::new(method, stage.top.url() + path).token(&token).send().status;
    let answers = [
        ask("GET", "/servers"),
        ask("GET", "/flavors/1/os-extra_specs"),
        ask("GET", "/servers/detail"),
        ask("GET", "/servers/"),
        ask("GET", "/flavors/1"),
        ask("GET", "/flavors/1/os-extra_specs/x"),
        ask("POST", "/servers"),
    ];
    Ask::new("DELETE", format!("{credentials}/{id}")).token(&stage.demo).send().expect(204);
    assert_eq!(answers, [200, 200, 401, 401, 401, 401, 401]);
}
