//! Everything changes below while the top dies and regions stop answering: afterwards the top is what the regions are.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::lab::Stopped;
use crate::support::servers::NAMES;
use crate::support::stage::UNLIMITED;
use crate::support::{ONE, Stage, TWO, eventually, lab};

/// Servers and kills in `.ci/run`; a hundred and ten in the long run.
const SERVERS: usize = 20;
const KILLS: usize = 2;

/// A sweep finds what `updated` does not tell: here every 15 s.
const SETTINGS: &str = "[sync]\nsweep_period_s = 15\nsweep_page_pause_ms = 100\nmissing_confirm_s = 5\n";

/// What a view says in its own words: where it is, and how the boot was asked for; and what only a show has.
const OWN: [&str; 7] = [
    "links",
    "OS-EXT-AZ:availability_zone",
    "OS-EXT-SRV-ATTR:reservation_id",
    "OS-EXT-SRV-ATTR:launch_index",
    "pinned_availability_zone",
    "scheduler_hints",
    "server_groups",
];

/// A document without what a view says in its own words.
fn plain(mut server: Value) -> Value {
    if let Some(fields) = server.as_object_mut() {
        fields.retain(|key, _| !OWN.contains(&key.as_str()));
    }
    for part in ["/image", "/flavor"] {
        if let Some(part) = server.pointer_mut(part).and_then(Value::as_object_mut) {
            part.remove("links");
        }
    }
    for list in ["tags", "security_groups", "os-extended-volumes:volumes_attached"] {
        if let Some(items) = server.get_mut(list).and_then(Value::as_array_mut) {
            items.sort_by_key(ToString::to_string);
        }
    }
    server
}

/// Our servers in a region, each as its own show has it for an admin.
fn below(stage: &Stage, region: &str) -> BTreeMap<String, Value> {
    let list = stage.ask_region_as_admin(region, "GET", &format!("/servers?all_tenants=1&name=%5E{NAMES}"));
    let list = list.send().expect(200).json();
    let ids = list["servers"].as_array().expect("a list").iter().filter_map(|server| server["id"].as_str());
    ids.filter_map(|id| {
        let shown = stage.ask_region_as_admin(region, "GET", &format!("/servers/{id}")).version("2.96").send();
        (shown.status == 200).then(|| (id.to_owned(), plain(shown.json()["server"].clone())))
    })
    .collect()
}

/// The same on top.
fn above(stage: &Stage) -> BTreeMap<String, Value> {
    let list = stage.ask_as_admin("GET", &format!("/servers/detail?all_tenants=1&name=%5E{NAMES}"));
    let list = list.version("2.96").send().expect(200).json();
    let servers = list["servers"].as_array().expect("a list").clone();
    servers.into_iter().map(|server| (server["id"].as_str().expect("an id").to_owned(), plain(server))).collect()
}

/// One change, made in the region itself; which one depends on the number. A region that does not answer changes nothing.
fn change(stage: &Stage, region: &str, id: &str, number: usize) {
    let path = format!("/servers/{id}");
    let act = |body: Value| stage.ask_region(region, "POST", &format!("{path}/action")).json(&body).try_send();
    let port = || {
        let ports = stage.ask_region(region, "GET", &format!("{path}/os-interface")).try_send().ok()?;
        let ports: Value = serde_json::from_str(&ports.text).ok()?;
        ports["interfaceAttachments"][0]["port_id"].as_str().map(str::to_owned)
    };
    let _ = match number % 9 {
        0 => act(json!({ "os-stop": null })),
        1 => {
            let name = json!({ "server": { "name": format!("e2e-storm-renamed-{number}") } });
            stage.ask_region(region, "PUT", &path).json(&name).try_send()
        }
        2 => {
            let tags = json!({ "tags": [format!("tag-{number}")] });
            stage.ask_region(region, "PUT", &format!("{path}/tags")).version("2.26").json(&tags).try_send()
        }
        3 => {
            let metadata = json!({ "metadata": { "number": number.to_string() } });
            stage.ask_region(region, "POST", &format!("{path}/metadata")).json(&metadata).try_send()
        }
        4 => {
            let network = json!({ "interfaceAttachment": { "net_id": lab::network(region, "lab-net") } });
            stage.ask_region(region, "POST", &format!("{path}/os-interface")).json(&network).try_send()
        }
        5 => match port() {
            Some(port) => stage.ask_region(region, "DELETE", &format!("{path}/os-interface/{port}")).try_send(),
            None => act(json!({ "pause": null })),
        },
        6 => act(json!({ "reboot": { "type": "HARD" } })),
        7 => act(json!({ "lock": null })),
        _ => stage.ask_region(region, "DELETE", &path).try_send(),
    };
}

fn storm(servers: usize, kills: usize) {
    let mut stage = Stage::with(&format!("{UNLIMITED}{SETTINGS}"));
    let network = json!([{ "uuid": lab::network(ONE, "lab-net") }]);
    let ids: Vec<String> = (0..servers)
        .map(|number| {
            let networks = if number % 3 == 0 { json!("none") } else { network.clone() };
            stage.post_boot(&format!("e2e-storm-{number}"), networks, Value::Null)
        })
        .collect();
    let mut placed = Vec::new();
    for id in &ids {
        stage.wait_status(id, "ACTIVE", 180);
        placed.push((id.clone(), stage.region_of(id)));
    }
    let per_kill = servers.div_ceil(kills);
    for (number, (id, region)) in placed.iter().enumerate() {
        // Each region's API is stopped twice while its servers change.
        let stopped = match number {
            n if n == servers / 5 || n == servers / 2 => Some("RegionOne/nova-api"),
            n if n == servers / 3 || n == servers * 2 / 3 => Some("RegionTwo/nova-api"),
            _ => None,
        };
        let stopped = stopped.map(|service| Stopped::killed(&[service]));
        change(&stage, region, id, number);
        if number % per_kill == per_kill / 2 {
            stage.top.kill();
            change(&stage, region, id, number + 3);
            stage.top.start();
        }
        if let Some(stopped) = stopped {
            std::thread::sleep(Duration::from_secs(2));
            stopped.start();
        }
    }
    let began = std::time::Instant::now();
    let same = eventually(120, "the top is what the regions are", || {
        let mut below_all = below(&stage, ONE);
        below_all.extend(below(&stage, TWO));
        let above = above(&stage);
        if above == below_all {
            return Ok(above.len());
        }
        let differs = |id: &&String| above.get(*id) != below_all.get(*id);
        let ids: Vec<&String> = above.keys().chain(below_all.keys()).filter(differs).collect();
        let first = ids.first().map(|id| format!("on top {:?}\nbelow {:?}", above.get(*id), below_all.get(*id)));
        Err(format!("{} differ, first: {}", ids.len(), first.unwrap_or_default()))
    });
    println!("{same} of {servers} servers are left, the same on top and below after {:?}", began.elapsed());
    assert!(same < servers, "nothing was deleted: the test shows little");
}

#[test]
fn the_top_is_what_the_regions_are_after_a_storm() {
    storm(SERVERS, KILLS);
}

#[test]
#[ignore = "the long run: tools/test --long"]
fn the_top_is_what_the_regions_are_after_a_long_storm() {
    storm(100, 10);
}
