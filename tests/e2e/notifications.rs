//! Nova's notifications wake the top, and can do nothing else. The poll period is an hour here: whatever is seen of a
//! change below was seen because of them.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::broker::{self, Way};
use crate::support::{ONE, Stage, TWO, eventually, lab};

const CONNECTED: &str = "cascade_notifications_connected";
const WAKES: &str = "cascade_notification_wakes_total";
const WAKE_PAUSE: Duration = Duration::from_millis(200);

/// A top that hardly polls, and listens to these brokers.
fn listening(brokers: &[(&str, String)]) -> Stage {
    let entry = |(region, port): &(&str, String)| {
        let url = broker::url(region, port);
        let pause_ms = WAKE_PAUSE.as_millis();
        // The storm below is to be read, not dropped by the broker.
        let bounds = format!("wake_pause_ms = {pause_ms}\nqueue_length_max = 1000");
        format!("[[notifications]]\nregion = {region:?}\nurl = {url:?}\n{bounds}\n")
    };
    let brokers_toml: String = brokers.iter().map(entry).collect();
    let stage = Stage::with(&format!("[sync]\npoll_period_ms = 3600000\n{brokers_toml}"));
    for (region, _) in brokers {
        wait_connected(&stage, region, 1.0);
    }
    stage
}

fn broker_port() -> String {
    lab::fact("/rabbitmq/port")
}

fn of(metric: &str, region: &str) -> String {
    format!("{metric}{{region=\"{region}\"}}")
}

fn wait_connected(stage: &Stage, region: &str, wanted: f64) {
    eventually(30, &format!("{CONNECTED} of {region} is {wanted}"), || {
        let is = stage.top.metric(&of(CONNECTED, region));
        if (is - wanted).abs() < 0.5 { Ok(()) } else { Err(is.to_string()) }
    });
}

/// Renames a server in its region, and waits until the top's list shows it.
#[track_caller]
fn rename_below(stage: &Stage, region: &str, id: &str, name: &str) {
    let body = json!({ "server": { "name": name } });
    stage.ask_region(region, "PUT", &format!("/servers/{id}")).json(&body).send().expect(200);
    let since = Instant::now();
    eventually(30, &format!("{name} in the top's list"), || {
        let list = stage.ask("GET", "/servers").send().expect(200).text;
        if list.contains(&format!("\"{name}\"")) { Ok(()) } else { Err(list) }
    });
    println!("{region}: {name} on top {:?} after the region's answer", since.elapsed());
}

#[test]
fn changes_below_are_seen_without_polling() {
    let stage = listening(&[(ONE, broker_port()), (TWO, broker_port())]);
    for region in [ONE, TWO] {
        let id = stage.boot(&format!("e2e-told-{region}"), json!("none"), json!({ "availability_zone": region }));
        rename_below(&stage, region, &id, &format!("e2e-renamed-{region}"));
        stage.ask_region(region, "DELETE", &format!("/servers/{id}")).send().expect(204);
        eventually(30, "the server deleted below is gone on top", || {
            let shown = stage.ask("GET", &format!("/servers/{id}")).send();
            if shown.status == 404 { Ok(()) } else { Err(shown.text) }
        });
    }
}

#[test]
fn a_broken_connection_is_made_again_and_what_was_missed_is_seen() {
    let way = Way::new();
    let stage = listening(&[(ONE, way.port.to_string())]);
    let id = stage.boot("e2e-cut", json!("none"), json!({ "availability_zone": ONE }));
    rename_below(&stage, ONE, &id, "e2e-before");
    way.cut();
    // Most likely while nobody listens: the round on connecting finds it then.
    rename_below(&stage, ONE, &id, "e2e-between");
    wait_connected(&stage, ONE, 1.0);
    rename_below(&stage, ONE, &id, "e2e-after");
    let errors = stage.top.metric(&of("cascade_notification_errors_total", ONE));
    assert!(errors >= 1.0, "the cut was not noticed");
    let log = stage.top.log();
    assert!(log.contains("notifications: not connected") && !log.contains(&lab::fact("/rabbitmq/password")));
}

#[test]
fn forged_and_malformed_ones_cost_rounds_at_most() {
    let stage = listening(&[(ONE, broker_port())]);
    let id = stage.boot("e2e-forged", json!("none"), json!({ "availability_zone": ONE }));
    let (since, before) = (Instant::now(), stage.top.metric(&of(WAKES, ONE)));
    let meaning =
        |name: &str| stage.top.metric(&format!("cascade_notifications_total{{region=\"{ONE}\",meaning=\"{name}\"}}"));
    let seen = meaning("wakes");
    let kinds = [
        "{\"oslo.message\": \"no JSON\"}".to_owned(),
        broker::notification("instance.delete.end", &id),
        broker::notification("service.update", &id),
    ];
    let storm: Vec<String> = (0..300).map(|number| kinds[number % kinds.len()].clone()).collect();
    broker::publish(ONE, &storm);
    eventually(30, "all of them read", || {
        let found = ["malformed", "wakes", "other"].map(meaning);
        if found[0] >= 100.0 && found[1] - seen >= 100.0 { Ok(()) } else { Err(format!("{found:?}")) }
    });
    let wakes = stage.top.metric(&of(WAKES, ONE)) - before;
    let allowed = since.elapsed().as_secs_f64() / WAKE_PAUSE.as_secs_f64() + 2.0;
    println!("100 notifications that wake: {wakes} rounds were asked for");
    assert!(wakes >= 1.0 && wakes <= allowed, "{wakes} wakes, at most {allowed}");
    // A round later nothing has come of what they said.
    rename_below(&stage, ONE, &id, "e2e-alive");
    assert_eq!(stage.show(&id)["status"], "ACTIVE");
}
