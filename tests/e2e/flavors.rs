//! A flavor that only one region has follows a boot into another.

use serde_json::{Value, json};

use crate::support::http::Ask;
use crate::support::{ONE, Stage, TWO, cli, eventually, lab};

/// A flavor of this test, in both regions removed at its end.
struct Own<'a> {
    stage: &'a Stage,
    id: String,
}

impl Own<'_> {
    fn url(&self, region: &str) -> String {
        format!("{}/flavors/{}", lab::url(region, "compute"), self.id)
    }
}

impl Drop for Own<'_> {
    fn drop(&mut self) {
        for region in [ONE, TWO] {
            let _ = Ask::new("DELETE", self.url(region)).token(&self.stage.admin).try_send();
        }
    }
}

#[test]
fn a_flavor_is_pushed_when_a_boot_needs_it() {
    let stage = Stage::new();
    let own = Own { stage: &stage, id: format!("e2e-{}", std::process::id()) };
    let contents = json!({ "id": own.id, "name": own.id, "vcpus": 3, "ram": 96, "disk": 2, "swap": 64,
        "OS-FLV-EXT-DATA:ephemeral": 1 });
    let flavors = format!("{}/flavors", lab::url(ONE, "compute"));
    Ask::new("POST", flavors).token(&stage.admin).json(&json!({ "flavor": contents })).send().expect(200);
    let specs = json!({ "extra_specs": { "hw:cpu_policy": "shared" } });
    let url = own.url(ONE) + "/os-extra_specs";
    Ask::new("POST", url).token(&stage.admin).json(&specs).send().expect(200);
    stage.top.cli(&["flavor", "import", ONE]);
    Ask::new("GET", own.url(TWO)).token(&stage.admin).send().expect(404);

    let id = stage.boot("e2e-flavor", json!("none"), json!({ "flavorRef": own.id, "availability_zone": TWO }));
    assert_eq!(stage.region_of(&id), TWO);
    let [one, two] = [ONE, TWO].map(|region| {
        let mut shown = cli::openstack("admin", region, &["flavor", "show", &own.id]);
        // The client's own count of who may use it.
        shown.as_object_mut().expect("a flavor").remove("access_project_ids");
        shown
    });
    assert_eq!(two["id"], Value::String(own.id.clone()));
    assert_eq!(one, two);
    assert_eq!(stage.show(&id)["flavor"]["original_name"], Value::String(own.id.clone()));
}

/// What is changed on top afterwards reaches the region, and so does that the flavor is deleted; its server keeps it.
#[test]
fn a_flavor_is_kept_equal_below() {
    let stage = Stage::new();
    let own = Own { stage: &stage, id: format!("e2e-kept-{}", std::process::id()) };
    let path = format!("/flavors/{}", own.id);
    let admin = |method, path: &str| Ask::new(method, stage.top.url() + path).token(&stage.admin).version("2.61");
    let change = |method, path: &str, body: Value| {
        admin(method, path).json(&body).send().expect(200);
    };
    change("POST", "/flavors", json!({ "flavor": { "id": own.id, "name": own.id, "vcpus": 1, "ram": 64, "disk": 1 } }));
    change("POST", &format!("{path}/os-extra_specs"), json!({ "extra_specs": { "hw:cpu_policy": "shared" } }));
    let id = stage.boot("e2e-kept", json!("none"), json!({ "flavorRef": own.id, "availability_zone": TWO }));
    let below = || Ask::new("GET", own.url(TWO)).token(&stage.admin).version("2.61").send();
    let specs = || below().expect(200).json()["flavor"]["extra_specs"].clone();
    assert_eq!(specs(), json!({ "hw:cpu_policy": "shared" }));

    change("PUT", &format!("{path}/os-extra_specs/hw:cpu_policy"), json!({ "hw:cpu_policy": "dedicated" }));
    eventually(20, "the new extra spec below", || match specs() {
        specs if specs == json!({ "hw:cpu_policy": "dedicated" }) => Ok(()),
        specs => Err(specs.to_string()),
    });
    admin("DELETE", &path).send().expect(202);
    eventually(20, "no flavor below", || if below().status == 404 { Ok(()) } else { Err("it is there".into()) });
    let old = stage.ask("GET", &format!("/servers/{id}")).version("2.46").send().expect(200).json();
    assert_eq!(old["server"]["flavor"]["id"], Value::String(own.id.clone()));
}

/// What a region has under the same id or name with other contents is left alone.
#[test]
fn a_flavor_of_the_same_id_is_told_apart() {
    let stage = Stage::new();
    // 42 is m1.nano in RegionOne and c1.huge in RegionTwo.
    let id = stage.boot("e2e-apart", json!("none"), json!({ "flavorRef": "42", "availability_zone": TWO }));
    let below = stage.ask_region(TWO, "GET", &format!("/servers/{id}")).version("2.96").send().expect(200).json();
    let flavor = &below["server"]["flavor"];
    assert_eq!((flavor["vcpus"].as_i64(), flavor["ram"].as_i64()), (Some(1), Some(128)), "{flavor}");
    assert_eq!(stage.show(&id)["flavor"]["original_name"], "m1.nano");
    let old = stage.ask("GET", &format!("/servers/{id}")).version("2.46").send().expect(200).json();
    assert_eq!(old["server"]["flavor"]["id"], "42");
    let untouched = cli::openstack("admin", TWO, &["flavor", "show", "42"]);
    assert_eq!(untouched["name"], "c1.huge");
}
