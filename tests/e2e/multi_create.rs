//! Several servers of one request, with the real clients and over both regions.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::http::Ask;
use crate::support::{ONE, Stage, TOP, TWO, cli, eventually, lab};

#[test]
fn the_client_boots_three_at_once() {
    let stage = Stage::new();
    let image = ["--image", "cirros", "--flavor", "m1.nano", "--network", "lab-net"];
    let mut command = vec!["server", "create", "--min", "3", "--max", "3", "--wait"];
    command.extend(image);
    command.push("e2e-many");
    let first = cli::openstack("demo", TOP, &command);
    assert_eq!((&first["name"], &first["status"]), (&json!("e2e-many-1"), &json!("ACTIVE")));
    let servers = eventually(30, "all three active", || {
        let list = cli::openstack("demo", TOP, &["server", "list", "--name", "e2e-many"]);
        let rows = list.as_array().cloned().unwrap_or_default();
        let active = rows.iter().filter(|row| row["Status"] == "ACTIVE").count();
        if active == 3 { Ok(rows) } else { Err(format!("{list}")) }
    });
    let names: BTreeSet<&str> = servers.iter().filter_map(|row| row["Name"].as_str()).collect();
    assert_eq!(names, BTreeSet::from(["e2e-many-1", "e2e-many-2", "e2e-many-3"]));
    for row in &servers {
        stage.region_of(row["ID"].as_str().expect("an id"));
    }
}

/// A limit on the servers of project demo in one region, for as long as it lives.
struct Limit<'a>(&'a Stage, &'static str);

impl<'a> Limit<'a> {
    fn set(stage: &'a Stage, region: &'static str, instances: u32) -> Self {
        let body = json!({ "quota_set": { "instances": instances, "force": true } });
        Ask::new("PUT", url(region)).token(&stage.admin).json(&body).send().expect(200);
        Self(stage, region)
    }
}

impl Drop for Limit<'_> {
    fn drop(&mut self) {
        let _ = Ask::new("DELETE", url(self.1)).token(&self.0.admin).try_send();
    }
}

fn url(region: &str) -> String {
    format!("{}/os-quota-sets/{}", lab::url(region, "compute"), lab::fact("/projects/demo"))
}

/// A region's own limits are checked against what it has already built, so that of several boots at once too many may
/// pass: no limit but 0 is sure.
#[test]
fn what_one_region_refuses_lands_in_the_other() {
    let stage = Stage::new();
    let network = json!([{ "uuid": lab::network(ONE, "lab-net") }]);
    // With a server in the other, the region that has none left to give is the one to begin with.
    stage.boot("e2e-other", json!("none"), json!({ "availability_zone": TWO }));
    let limit = Limit::set(&stage, ONE, 0);
    let more = json!({ "min_count": 3, "max_count": "3", "return_reservation_id": true });
    let body = stage.boot_body("e2e-split", network.clone(), more);
    let answer = stage.ask("POST", "/servers").json(&body).send().expect(202).json();
    let reservation = answer["reservation_id"].as_str().expect("a reservation").to_owned();
    assert_eq!(answer, json!({ "reservation_id": reservation }));
    let listed = stage.ask("GET", &format!("/servers?reservation_id={reservation}")).send().expect(200).json();
    let ids: Vec<&str> = listed["servers"].as_array().into_iter().flatten().filter_map(|s| s["id"].as_str()).collect();
    let regions: Vec<&str> = ids.iter().map(|id| stage.region_of(id)).collect();
    assert_eq!(regions, [TWO; 3], "{listed}");
    for id in &ids {
        stage.wait_status(id, "ACTIVE", 60);
    }
    // As an admin sees them: one reservation, and each its place in it.
    let mut places: Vec<Value> = Vec::new();
    for id in &ids {
        let path = format!("{}/servers/{id}", stage.top.url());
        let show = Ask::new("GET", path).token(&stage.admin).version("2.3").send().expect(200);
        let server = show.json()["server"].clone();
        assert_eq!(server["OS-EXT-SRV-ATTR:reservation_id"], reservation);
        places.push(server["OS-EXT-SRV-ATTR:launch_index"].clone());
    }
    places.sort_by_key(Value::to_string);
    assert_eq!(places, [json!(0), json!(1), json!(2)]);
    // Nothing is left to take more: they stand in ERROR, and say why.
    let _limits = [limit, Limit::set(&stage, TWO, 0)];
    let body = stage.boot_body("e2e-none", network, json!({ "min_count": 1, "max_count": 2 }));
    let accepted = stage.ask("POST", "/servers").json(&body).send().expect(202).json();
    let failed = stage.show(accepted["server"]["id"].as_str().expect("an id"));
    let message = failed["fault"]["message"].as_str().unwrap_or_default();
    assert!(failed["status"] == "ERROR" && message.contains("Quota exceeded"), "{failed}");
    let listed = stage.ask("GET", "/servers?name=e2e-none&status=ERROR").send().expect(200).json();
    assert_eq!(listed["servers"].as_array().map(Vec::len), Some(2), "{listed}");
}
