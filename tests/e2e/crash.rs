//! `kill -9` of the top, between boots and in the middle of them.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::http::Ask;
use crate::support::servers::NAMES;
use crate::support::{ONE, Stage, TOP, TWO, cli, eventually, lab};

#[test]
fn a_crash_between_two_boots_loses_nothing() {
    let mut stage = Stage::new();
    let create = |name: &str| {
        let fixed = ["server", "create", "--image", "cirros", "--flavor", "m1.tiny", "--network", "lab-net", "--wait"];
        let created = cli::openstack("demo", TOP, &[&fixed[..], &[name]].concat());
        assert_eq!(created["status"], "ACTIVE", "{created}");
        created["id"].as_str().expect("an id").to_owned()
    };
    let before = create("e2e-before");
    stage.top.kill();
    // Nobody is there to see this; the next rounds find it.
    cli::openstack_quiet("demo", stage.region_of(&before), &["server", "stop", &before]);
    stage.top.start();
    let after = create("e2e-after");
    let listed = cli::openstack("demo", TOP, &["server", "list", "--name", "^e2e-"]);
    assert_eq!(listed.as_array().map(Vec::len), Some(2), "{listed}");
    stage.wait_status(&before, "SHUTOFF", 10);
    stage.wait_status(&after, "ACTIVE", 10);
}

/// Names and ids of our servers in a list at this address.
fn names(url: &str, token: &str) -> Result<BTreeMap<String, Vec<String>>, String> {
    let answer = Ask::new("GET", format!("{url}/servers")).token(token).try_send()?;
    let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for server in answer.json()["servers"].as_array().ok_or(answer.text.clone())? {
        let text = |key: &str| server[key].as_str().unwrap_or_default().to_owned();
        if text("name").starts_with(NAMES) {
            names.entry(text("name")).or_default().push(text("id"));
        }
    }
    Ok(names)
}

/// Whenever the process dies, what a region made is on top after a start, once; and nothing else is.
#[test]
fn a_crash_in_a_boot_loses_nothing() {
    let mut stage = Stage::new();
    let mut cut = 0;
    for (round, after_ms) in [20, 100, 200, 300, 400, 500, 600, 700].into_iter().enumerate() {
        let region = [ONE, TWO][round % 2];
        let body =
            stage.boot_body(&format!("e2e-cut-{after_ms}"), json!("none"), json!({ "availability_zone": region }));
        let ask = stage.ask("POST", "/servers").version("2.96").json(&body);
        let client = std::thread::spawn(move || ask.try_send());
        std::thread::sleep(Duration::from_millis(after_ms));
        stage.top.kill();
        let answer = client.join().expect("the client's thread");
        cut += usize::from(answer.is_err());
        println!("killed after {after_ms} ms: {:?}", answer.map(|answer| answer.status));
        stage.top.start();
    }
    assert!(cut > 0, "no boot was cut: the test shows nothing");
    let same = |seconds| {
        eventually(seconds, "the same servers on top and below", || {
            let mut below = names(&lab::url(ONE, "compute"), &stage.demo)?;
            below.extend(names(&lab::url(TWO, "compute"), &stage.demo)?);
            let above = names(&stage.top.url(), &stage.demo)?;
            if above == below { Ok(above) } else { Err(format!("on top {above:?}, below {below:?}")) }
        })
    };
    same(60);
    std::thread::sleep(Duration::from_secs(5));
    let found = same(5);
    println!("{} of the boots made a server", found.len());
    assert!(found.values().all(|ids| ids.len() == 1), "a boot made more than one server: {found:?}");
    for id in found.values().flatten() {
        stage.wait_status(id, "ACTIVE", 60);
        let shown: Value = stage.show(id);
        assert!(!shown.to_string().contains("cascade_intent"), "{shown}");
    }
}
