//! A region whose computes take nothing: full, stopped a moment ago, and stopped long enough for Nova to know.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::http::Ask;
use crate::support::lab::Stopped;
use crate::support::stage::UNLIMITED;
use crate::support::{ONE, Stage, TWO, eventually, lab, servers};

/// The computes of the region that the first boots go to.
const COMPUTES: [&str; 2] = ["RegionOne/nova-compute-1", "RegionOne/nova-compute-2"];

/// Name and id of the flavor that takes a whole compute.
const FILLER: &str = "e2e-filler";

/// Boots in `.ci/run`; 50 in the long run.
const BOOTS: usize = 12;

/// What a test waits for must come soon; a region that does not build one of `count` boots in this time counts as one that
/// never will. The lab builds about one in a second.
fn settings(count: usize) -> String {
    format!("[boot]\nbuild_deadline_s = {}\n[sync]\npoll_period_ms = 1000\n", (count * 5).max(60))
}

/// A thing of demo's in the region's Neutron, which none of another region is equivalent to.
struct Own {
    url: String,
    id: String,
    token: String,
}

impl Own {
    fn new(stage: &Stage, kind: &str, body: Value) -> Self {
        let url = format!("{}/v2.0/{kind}s", lab::url(ONE, "network"));
        let mut wrapped = json!({});
        wrapped[kind] = body;
        let made = Ask::new("POST", &url).token(&stage.demo).json(&wrapped).send().expect(201).json();
        let id = made[kind]["id"].as_str().expect("an id").to_owned();
        Self { url: format!("{url}/{id}"), id, token: stage.demo.clone() }
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        let removed = eventually_gone(&self.url, &self.token);
        if !std::thread::panicking() {
            assert!(removed, "{} stays", self.url);
        }
    }
}

/// Deletes for as long as something still hangs on it.
fn eventually_gone(url: &str, token: &str) -> bool {
    (0..40).any(|_| {
        let answer = Ask::new("DELETE", url).token(token).try_send();
        std::thread::sleep(Duration::from_millis(500));
        answer.is_ok_and(|answer| [204, 404].contains(&answer.status))
    })
}

/// The region's computes, with no core left.
struct Full<'a>(&'a Stage);

impl<'a> Full<'a> {
    fn new(stage: &'a Stage) -> Self {
        let flavor = json!({ "flavor": { "name": FILLER, "id": FILLER, "vcpus": lab::cores(ONE), "ram": 64, "disk": 0,
            "os-flavor-access:is_public": false } });
        let ask = |method, path: &str| Ask::new(method, lab::url(ONE, "compute") + path).token(&stage.admin);
        let made = ask("POST", "/flavors").json(&flavor).send();
        assert!([200, 409].contains(&made.status), "{}", made.text);
        for number in 1..=COMPUTES.len() {
            let server = json!({ "server": { "name": format!("e2e-filler-{number}"), "flavorRef": FILLER,
                "imageRef": lab::image("cirros"), "networks": "none" } });
            let made = ask("POST", "/servers").version("2.96").json(&server).send().expect(202).json();
            let path = format!("/servers/{}", made["server"]["id"].as_str().expect("an id"));
            eventually(60, "a compute is full", || {
                let status = ask("GET", &path).send().json()["server"]["status"].clone();
                if status == "ACTIVE" { Ok(()) } else { Err(status.to_string()) }
            });
        }
        Self(stage)
    }
}

impl Drop for Full<'_> {
    fn drop(&mut self) {
        let ask = |method, path: &str| Ask::new(method, lab::url(ONE, "compute") + path).token(&self.0.admin);
        let fillers = ask("GET", "/servers?name=%5Ee2e-filler").send().json();
        for server in fillers["servers"].as_array().into_iter().flatten() {
            eventually_gone(
                &(lab::url(ONE, "compute") + "/servers/" + server["id"].as_str().unwrap_or_default()),
                &self.0.admin,
            );
        }
        let _ = ask("DELETE", &format!("/flavors/{FILLER}")).try_send();
    }
}

/// Half without a network of its own, half with one that is mapped; all must run in the other region in the end.
fn all_go_to_the_other(stage: &Stage, name: &str, count: usize) {
    let mapped = json!([{ "uuid": lab::network(ONE, "lab-net") }]);
    let began = Instant::now();
    let ids: Vec<String> = (0..count)
        .map(|number| {
            let networks = if number % 2 == 0 { json!("none") } else { mapped.clone() };
            stage.post_boot(&format!("e2e-{name}-{number}"), networks, Value::Null)
        })
        .collect();
    println!("{name}: {count} accepted in {:?}", began.elapsed());
    let mut moved = 0;
    for id in &ids {
        stage.wait_status(id, "ACTIVE", 240);
        let zone = stage.show(id)["OS-EXT-AZ:availability_zone"].as_str().unwrap_or_default().to_owned();
        assert!(zone.starts_with(TWO), "{id} is in {zone}");
        moved += usize::from(stage.ask_region(TWO, "GET", &format!("/servers/{id}")).send().status != 200);
    }
    println!("{name}: all ACTIVE after {:?}, {moved} of them placed again", began.elapsed());
    // The other region has room for one such crowd at a time.
    for id in &ids {
        stage.ask("DELETE", &format!("/servers/{id}")).send().expect(204);
    }
    for id in &ids {
        eventually(180, "gone", || {
            let status = stage.ask("GET", &format!("/servers/{id}")).send().status;
            if status == 404 { Ok(()) } else { Err(status.to_string()) }
        });
    }
}

/// What is in the region alone ends in ERROR, with the region's reason.
fn what_is_pinned_ends_in_error(stage: &Stage, name: &str) {
    let network = Own::new(stage, "network", json!({ "name": format!("e2e-{name}") }));
    let subnet = json!({ "network_id": network.id, "ip_version": 4, "cidr": "10.199.0.0/24" });
    let subnet = Own::new(stage, "subnet", subnet);
    let port = Own::new(stage, "port", json!({ "network_id": lab::network(ONE, "lab-net") }));
    let ids = [
        stage.post_boot(&format!("e2e-{name}-network"), json!([{ "uuid": network.id }]), Value::Null),
        stage.post_boot(&format!("e2e-{name}-port"), json!([{ "port": port.id }]), Value::Null),
    ];
    for id in ids {
        stage.wait_status(&id, "ERROR", 240);
        let server = stage.show(&id);
        let message = server["fault"]["message"].as_str().unwrap_or_default();
        println!("{name}: {message}");
        assert!(message.contains("No valid host was found") && message.contains(ONE), "{server}");
        let name = server["name"].as_str().unwrap_or_default();
        let elsewhere = stage.ask_region(TWO, "GET", &format!("/servers?name={name}")).send().expect(200).json();
        assert_eq!(elsewhere["servers"], json!([]), "{server}");
        stage.ask("DELETE", &format!("/servers/{id}")).send().expect(204);
    }
    // Nobody's port is deleted with a server.
    let url = format!("{}/v2.0/ports/{}", lab::url(ONE, "network"), port.id);
    Ask::new("GET", url).token(&stage.demo).send().expect(200);
    drop((port, subnet, network));
}

fn in_a_region_that_takes_nothing(count: usize) {
    let stage = Stage::with(&(UNLIMITED.to_owned() + &settings(count)));
    let full = Full::new(&stage);
    all_go_to_the_other(&stage, "full", count);
    what_is_pinned_ends_in_error(&stage, "full");
    drop(full);
    let stopped = Stopped::new(&COMPUTES);
    all_go_to_the_other(&stage, "stopped", count);
    what_is_pinned_ends_in_error(&stage, "stopped");
    // Nova finds out after `service_down_time`.
    std::thread::sleep(Duration::from_secs(70));
    all_go_to_the_other(&stage, "known", count);
    what_is_pinned_ends_in_error(&stage, "known");
    stopped.start();
    // Its computes have much to delete now.
    let removed = servers::remove_all(&stage.admin, Duration::from_secs(180));
    assert!(removed.is_ok(), "servers are left: {removed:?}");
}

#[test]
fn boots_leave_a_region_that_takes_nothing() {
    in_a_region_that_takes_nothing(BOOTS);
}

#[test]
#[ignore = "the long run: tools/test --long"]
fn fifty_boots_leave_a_region_that_takes_nothing() {
    in_a_region_that_takes_nothing(50);
}
