//! The one Keystone of all regions goes away and comes back.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::http::{Answer, Ask, token};
use crate::support::lab::Stopped;
use crate::support::{ONE, Stage, TWO, cli, eventually};

/// Less than waiting for Keystone takes (`keystone.timeout_ms`).
const SOON: Duration = Duration::from_secs(9);
/// Several rounds over each region (`sync.poll_period_ms`).
const A_WHILE: Duration = Duration::from_secs(12);

fn list(stage: &Stage, token: &str) -> Answer {
    let answer = Ask::new("GET", stage.top.url() + "/servers/detail").token(token).version("2.96").send();
    assert!(answer.took < SOON, "a list took {:?}: {}", answer.took, answer.text);
    answer
}

#[test]
fn without_keystone_known_users_go_on_and_nothing_is_lost() {
    let stage = Stage::new();
    let ids = [ONE, TWO].map(|region| {
        stage.boot(&format!("e2e-keystone-{region}"), json!("none"), json!({ "availability_zone": region }))
    });
    let has_all = |answer: &Answer| ids.iter().all(|id| answer.text.contains(id));
    let [known, unknown] = [token("demo"), token("demo")];
    list(&stage, &known).expect(200);

    let stopped = Stopped::new(&["keystone"]);
    let answer = list(&stage, &known).expect(200);
    assert!(has_all(&answer), "{}", answer.text);
    let began = Instant::now();
    while began.elapsed() < A_WHILE {
        let refused = list(&stage, &unknown).expect(503);
        let (name, message) = refused.fault();
        assert_eq!(name, "serviceUnavailable", "{message}");
        assert!(message.contains("identity service"), "{message}");
        assert!(refused.header("retry-after").parse().is_ok_and(|seconds: u64| seconds > 0), "no Retry-After");
        std::thread::sleep(Duration::from_millis(500));
    }

    stopped.start();
    eventually(60, "the token that was unknown passes", || {
        let answer = Ask::new("GET", stage.top.url() + "/servers").token(&unknown).try_send()?;
        if answer.status == 200 { Ok(()) } else { Err(answer.text) }
    });
    for id in &ids {
        stage.wait_status(id, "ACTIVE", 60);
    }
    let listed = cli::openstack("demo", crate::support::TOP, &["server", "list", "--name", "^e2e-keystone-"]);
    assert_eq!(listed.as_array().map(Vec::len), Some(2), "{listed}");
    // The sync goes on: a change below is seen.
    let stop = json!({ "os-stop": Value::Null });
    let path = format!("/servers/{}/action", ids[0]);
    stage.ask_region(ONE, "POST", &path).json(&stop).send().expect(202);
    stage.wait_status(&ids[0], "SHUTOFF", 60);
    assert!(!stage.top.log().contains("gone from its region"), "a row was closed");
}
