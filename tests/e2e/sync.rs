//! What happens below is seen on top, and the other way round.

use std::time::Instant;

use serde_json::json;

use crate::support::{ONE, Stage, TOP, TWO, cli, eventually};

#[test]
fn a_stop_and_a_delete_below_are_seen_on_top() {
    let stage = Stage::new();
    let [one, two] = [ONE, TWO].map(|region| {
        stage.post_boot(&format!("e2e-below-{region}"), json!("none"), json!({ "availability_zone": region }))
    });
    for (region, id) in [(ONE, &one), (TWO, &two)] {
        stage.wait_status(id, "ACTIVE", 90);
        cli::openstack_quiet("demo", region, &["server", "stop", id]);
        let since = Instant::now();
        stage.wait_status(id, "SHUTOFF", 10);
        println!("{region}: SHUTOFF on top {:?} after the client's return", since.elapsed());
    }
    cli::openstack_quiet("demo", TWO, &["server", "delete", "--wait", &two]);
    eventually(20, "the server deleted below is gone from the list", || {
        let list = stage.ask("GET", "/servers").send().expect(200);
        if list.text.contains(&two) { Err(list.text) } else { Ok(()) }
    });
    stage.ask("GET", &format!("/servers/{two}")).send().expect(404);
    stage.ask("GET", &format!("/servers/{one}")).send().expect(200);
}

#[test]
fn a_delete_on_top_deletes_below() {
    let stage = Stage::new();
    for (client, region) in [("openstack", ONE), ("nova", TWO)] {
        let id = stage.boot(&format!("e2e-delete-{region}"), json!("none"), json!({ "availability_zone": region }));
        stage.ask_region(region, "GET", &format!("/servers/{id}")).send().expect(200);
        match client {
            "openstack" => cli::openstack_quiet("demo", TOP, &["server", "delete", "--wait", &id]),
            _ => drop(cli::nova("demo", TOP, &["delete", &id])),
        }
        eventually(20, "the server is gone below and on top", || {
            let below = stage.ask_region(region, "GET", &format!("/servers/{id}")).send();
            let above = stage.ask("GET", &format!("/servers/{id}")).send();
            if (below.status, above.status) == (404, 404) {
                Ok(())
            } else {
                Err(format!("below {}, on top {}", below.status, above.status))
            }
        });
    }
}
