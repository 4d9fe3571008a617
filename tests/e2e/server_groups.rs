//! Server groups over both real regions, whose own schedulers keep them apart and together.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::http::{Answer, Ask};
use crate::support::{ONE, Stage, TWO, eventually, lab};

/// Versions at which a group's document changes.
const VERSIONS: [&str; 5] = ["2.1", "2.13", "2.15", "2.64", "2.104"];

#[test]
fn groups_are_answered_as_a_region_does() {
    let stage = Stage::new();
    let (top, below) = (stage.top.url(), lab::url(ONE, "compute"));
    for version in VERSIONS {
        let several = ["2.1", "2.13", "2.15"].contains(&version);
        for policy in ["affinity", "anti-affinity", "soft-affinity", "soft-anti-affinity"] {
            let rules = if policy == "anti-affinity" { json!({ "max_server_per_host": "3" }) } else { json!({}) };
            let group = if several {
                json!({ "name": "e2e", "policies": [policy] })
            } else {
                json!({ "name": "e2e", "policy": policy, "rules": rules })
            };
            let looks = [&top, &below].map(|base| life(&stage, base, version, &json!({ "server_group": group })));
            assert_eq!(looks[0], looks[1], "{policy} at {version}");
        }
    }
}

/// Makes a group, lists, shows and deletes it; every answer, less what differs each time.
fn life(stage: &Stage, base: &str, version: &str, body: &Value) -> Vec<(u16, Value)> {
    let ask = |method, path: &str| {
        Ask::new(method, format!("{base}/os-server-groups{path}")).token(&stage.demo).version(version)
    };
    let made = ask("POST", "").json(body).send();
    let id = (made.status == 200).then(|| made.json()["server_group"]["id"].as_str().expect("an id").to_owned());
    let mut answers = vec![made];
    if let Some(id) = &id {
        answers.push(ask("GET", &format!("/{id}")).send());
        answers.push(ask("GET", "").send());
        answers.push(ask("DELETE", &format!("/{id}")).send());
        answers.push(ask("GET", &format!("/{id}")).send());
    }
    let look = |answer: &Answer| {
        let text = answer.text.replace(id.as_deref().unwrap_or("no id"), "ID");
        (answer.status, serde_json::from_str(&text).unwrap_or_default())
    };
    answers.iter().map(look).collect()
}

#[test]
fn policies_hold_over_regions_and_hosts() {
    let stage = Stage::new();
    for (policy, regions, hosts) in [("affinity", 1, 1), ("anti-affinity", 2, 4)] {
        let body = json!({ "server_group": { "name": "e2e", "policy": policy } });
        let group = stage.ask("POST", "/os-server-groups").version("2.64").json(&body).send().expect(200).json();
        let group = group["server_group"]["id"].as_str().expect("an id").to_owned();
        let network = json!([{ "uuid": lab::network(ONE, "lab-net") }]);
        let more = json!({ "min_count": 4, "flavorRef": "42" });
        let mut body = stage.boot_body(&format!("e2e-{policy}"), network, more);
        body["os:scheduler_hints"] = json!({ "group": group });
        stage.ask("POST", "/servers").version("2.96").json(&body).send().expect(202);
        let path = format!("/os-server-groups/{group}");
        let shown = stage.ask("GET", &path).version("2.64").send().expect(200).json();
        let members: Vec<String> = serde_json::from_value(shown["server_group"]["members"].clone()).expect("ids");
        assert_eq!(members.len(), 4, "{shown}");
        let mut found = BTreeSet::new();
        for id in &members {
            stage.wait_status(id, "ACTIVE", 90);
            let show = Ask::new("GET", format!("{}/servers/{id}", stage.top.url())).token(&stage.admin);
            let server = show.version("2.100").send().expect(200).json()["server"].clone();
            assert_eq!(server["server_groups"], json!([group]));
            assert_eq!(server["scheduler_hints"], json!({ "group": [group] }));
            found.insert((stage.region_of(id), server["OS-EXT-SRV-ATTR:host"].to_string()));
        }
        assert_eq!(found.iter().map(|(region, _)| region).collect::<BTreeSet<_>>().len(), regions, "{found:?}");
        assert_eq!(found.len(), hosts, "{found:?}");
        stage.ask("DELETE", &path).send().expect(204);
        for region in [ONE, TWO] {
            eventually(60, &format!("no group in {region}"), || {
                let list = stage.ask_region(region, "GET", "/os-server-groups").send().expect(200).json();
                if list["server_groups"] == json!([]) { Ok(()) } else { Err(list.to_string()) }
            });
        }
    }
}
