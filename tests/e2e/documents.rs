//! Documents on top against those of the server's own region, field by field, at the microversions that clients use.
//! What may differ is named here, with what it must be instead.

use serde_json::{Value, json};

use crate::support::http::Ask;
use crate::support::{ONE, Stage, TWO, lab};

const VERSIONS: [&str; 5] = ["2.1", "2.42", "2.96", "2.100", "2.104"];

/// A server whose documents are compared.
struct Subject {
    region: &'static str,
    id: String,
    /// The zone asked for.
    zone: Option<&'static str>,
    /// The flavor's id on top, and in the region.
    flavor: (&'static str, String),
}

/// What the region's document must become on top.
fn rewritten(subject: &Subject, mut document: Value, on_top: &Value, top: &str) -> Value {
    let local = lab::url(subject.region, "compute");
    let (root, local_root) = (top.trim_end_matches("/v2.1"), local.trim_end_matches("/v2.1").to_owned());
    // Links: our address instead of the region's.
    let links = |links: &mut Value| {
        for link in links.as_array_mut().into_iter().flatten() {
            if let Some(href) = link["href"].as_str() {
                link["href"] = json!(href.replacen(&local_root, root, 1));
            }
        }
    };
    for pointer in ["/links", "/image/links", "/flavor/links"] {
        document.pointer_mut(pointer).map(links);
    }
    // The flavor: the top's id, where the document has one.
    if document["flavor"]["id"].is_string() {
        assert_eq!(document["flavor"]["id"], Value::String(subject.flavor.1.clone()));
        document["flavor"]["id"] = json!(subject.flavor.0);
        for link in document["flavor"]["links"].as_array_mut().into_iter().flatten() {
            let href = link["href"].as_str().unwrap_or_default();
            link["href"] = json!(
                href.replace(&format!("/flavors/{}", subject.flavor.1), &format!("/flavors/{}", subject.flavor.0))
            );
        }
    }
    // The zone: the top's name, or the one asked for.
    if let Some(zone) = document.get_mut("OS-EXT-AZ:availability_zone") {
        let name = format!("{}-{}", subject.region, zone.as_str().unwrap_or_default());
        *zone = json!(subject.zone.unwrap_or(&name));
    }
    if let Some(pinned) = document.get_mut("pinned_availability_zone") {
        *pinned = json!(subject.zone);
    }
    // The reservation: the top's own, one for all servers of a request.
    if let Some(reservation) = document.get_mut("OS-EXT-SRV-ATTR:reservation_id") {
        *reservation = on_top["OS-EXT-SRV-ATTR:reservation_id"].clone();
        assert!(reservation.as_str().is_some_and(|id| id.starts_with("r-") && id.len() == 10), "{reservation}");
    }
    // The hints: without the marker.
    if let Some(hints) = document.get_mut("scheduler_hints").and_then(Value::as_object_mut) {
        assert!(hints.remove("cascade_intent").is_some(), "the region does not have the boot's marker");
    }
    document
}

fn get(base: &str, path: &str, version: &str, token: &str) -> Value {
    let answer = Ask::new("GET", format!("{base}{path}")).version(version).token(token).send().expect(200);
    assert_eq!(answer.header("openstack-api-version"), format!("compute {version}"));
    assert_eq!(answer.header("x-openstack-nova-api-version"), version);
    answer.json()
}

fn of_list(list: &Value, id: &str) -> Value {
    let servers = list["servers"].as_array().expect("servers");
    servers.iter().find(|server| server["id"] == id).unwrap_or_else(|| panic!("{id} is not in {list}")).clone()
}

#[test]
fn documents_are_the_regions_own_but_for_what_is_named() {
    let stage = Stage::new();
    let network = json!([{ "uuid": lab::network(ONE, "lab-net") }]);
    let tiny_in = |region: &str| lab::fact(&format!("/regions/{region}/flavors/m1.tiny"));
    let more = |zone: Option<&str>| {
        let mut more =
            json!({ "metadata": { "a key": "Zoë \"2\" 漢" }, "user_data": "IyEvYmluL3NoCg==", "description": "d" });
        if let Some(zone) = zone {
            more["availability_zone"] = json!(zone);
        }
        more
    };
    let plain = stage.boot("e2e-doc-plain", network.clone(), more(None));
    let plain_region = stage.region_of(&plain);
    let mut subjects =
        vec![Subject { region: plain_region, id: plain, zone: None, flavor: ("1", tiny_in(plain_region)) }];
    for (name, zone, region) in [("e2e-doc-zone", "RegionOne-nova-a", ONE), ("e2e-doc-region", "RegionTwo", TWO)] {
        let id = stage.boot(name, network.clone(), more(Some(zone)));
        subjects.push(Subject { region, id, zone: Some(zone), flavor: ("1", tiny_in(region)) });
    }
    // Settled, so that nothing moves between the two reads.
    std::thread::sleep(std::time::Duration::from_secs(4));
    let top = stage.top.url();
    let mut different = Vec::new();
    for subject in &subjects {
        let local = lab::url(subject.region, "compute");
        for version in VERSIONS {
            for (user, token) in [("demo", &stage.demo), ("admin", &stage.admin)] {
                let show = format!("/servers/{}", subject.id);
                let list = |path: &str| {
                    let path = if user == "admin" { format!("{path}?all_tenants=1") } else { path.to_owned() };
                    (get(&local, &path, version, token), get(&top, &path, version, token))
                };
                let mut compare = |what: &str, below: Value, above: Value| {
                    let expected = rewritten(subject, below, &above, &top);
                    let keys = |document: &Value| document.as_object().cloned().unwrap_or_default();
                    let (expected, above) = (keys(&expected), keys(&above));
                    for name in expected.keys().chain(above.keys().filter(|key| !expected.contains_key(*key))) {
                        let (want, got) = (expected.get(name), above.get(name));
                        if want != got {
                            different.push(format!(
                                "{what} in {} at {version} for {user}: {name}: {got:?}, not {want:?}",
                                subject.region
                            ));
                        }
                    }
                };
                let below = get(&local, &show, version, token)["server"].take();
                let above = get(&top, &show, version, token)["server"].take();
                compare("show", below, above);
                for (what, path) in [("list", "/servers"), ("detail", "/servers/detail")] {
                    let (below, above) = list(path);
                    compare(what, of_list(&below, &subject.id), of_list(&above, &subject.id));
                }
            }
        }
    }
    assert!(different.is_empty(), "{} differences:\n{}", different.len(), different.join("\n"));
}
