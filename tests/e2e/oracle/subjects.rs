//! The servers that are looked at: in both regions and in several states.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::http::Ask;
use crate::support::{ONE, Stage, TWO, eventually, lab};

/// A server of the demo project.
pub struct Subject {
    pub region: &'static str,
    pub id: String,
    /// The zone asked for.
    pub zone: Option<&'static str>,
    /// One for all servers of a request, of which each has another in its region.
    pub reservation: String,
    /// Every route is asked about it; of the others only what shows the server itself.
    pub thorough: bool,
    pub deleted: bool,
}

impl Subject {
    pub fn new(stage: &Stage, id: String, zone: Option<&'static str>) -> Self {
        let shown = show(&stage.top.url(), &id, &stage.admin);
        let reservation = shown["OS-EXT-SRV-ATTR:reservation_id"].as_str().unwrap_or_default().to_owned();
        assert!(reservation.starts_with("r-") && reservation.len() == 10, "{reservation}");
        Self { region: stage.region_of(&id), id, zone, reservation, thorough: false, deleted: false }
    }

    /// As the region shows it to an admin at the newest microversion.
    pub fn below(&self, stage: &Stage) -> Value {
        show(&lab::url(self.region, "compute"), &self.id, &stage.admin)
    }
}

fn show(url: &str, id: &str, token: &str) -> Value {
    let answer = Ask::new("GET", format!("{url}/servers/{id}")).token(token).version("2.104").send();
    answer.expect(200).json()["server"].take()
}

/// What is done to a server once it is there: the action's body, and the status it leads to.
type Then = Option<(fn() -> Value, &'static str)>;

/// Makes them, and waits until the top shows the end of it all.
pub fn make(stage: &Stage) -> Vec<Subject> {
    let network = || json!([{ "uuid": lab::network(ONE, "lab-net"), "tag": "nic" }]);
    let rich = || {
        json!({ "metadata": { "a key": "Zoë \"2\" 漢" }, "user_data": "IyEvYmluL3NoCg==", "description": "d",
                "tags": ["red", "blue"], "config_drive": true })
    };
    let plans: [(&str, Option<&str>, Value, Value, Then); 5] = [
        ("e2e-active", Some("RegionOne-nova-a"), network(), rich(), None),
        ("e2e-stopped", Some(TWO), network(), rich(), Some((|| json!({ "os-stop": null }), "SHUTOFF"))),
        ("e2e-plain", None, network(), json!({}), None),
        (
            "e2e-error",
            Some(ONE),
            json!("none"),
            json!({}),
            Some((|| json!({ "os-resetState": { "state": "error" } }), "ERROR")),
        ),
        (
            "e2e-locked",
            None,
            json!("none"),
            json!({}),
            Some((|| json!({ "lock": { "locked_reason": "why not" } }), "ACTIVE")),
        ),
    ];
    let booted: Vec<_> = plans
        .into_iter()
        .map(|(name, zone, networks, mut more, then)| {
            if let Some(zone) = zone {
                more["availability_zone"] = json!(zone);
            }
            let id = stage.post_boot(name, networks, more);
            // In another second than the next, so that lists have them in one order.
            std::thread::sleep(Duration::from_secs(1));
            (id, zone, then)
        })
        .collect();
    for (id, _, _) in &booted {
        stage.wait_status(id, "ACTIVE", 90);
    }
    let mut subjects = Vec::new();
    for (id, zone, then) in booted {
        if let Some((body, status)) = then {
            let url = format!("{}/servers/{id}/action", stage.top.url());
            Ask::new("POST", url).token(&stage.admin).version("2.96").json(&body()).send().expect(202);
            stage.wait_status(&id, status, 60);
        }
        let thorough = subjects.len() < 2;
        subjects.push(Subject { thorough, ..Subject::new(stage, id, zone) });
    }
    subjects.push(deleted(stage));
    for subject in subjects.iter().filter(|subject| !subject.deleted) {
        settled(stage, subject);
    }
    subjects
}

fn deleted(stage: &Stage) -> Subject {
    let id = stage.boot("e2e-deleted", json!("none"), json!({ "availability_zone": ONE }));
    let subject = Subject::new(stage, id.clone(), Some(ONE));
    stage.ask("DELETE", &format!("/servers/{id}")).send().expect(204);
    for base in [stage.top.url(), lab::url(ONE, "compute")] {
        let url = format!("{base}/servers/{id}");
        eventually(60, &format!("{url} is gone"), || {
            let answer = Ask::new("GET", &url).token(&stage.admin).send();
            if answer.status == 404 { Ok(()) } else { Err(answer.text) }
        });
    }
    Subject { deleted: true, ..subject }
}

/// The top has seen the last change in the region, so that nothing moves between two reads.
fn settled(stage: &Stage, subject: &Subject) {
    eventually(30, &format!("{} as new on top as below", subject.id), || {
        let (above, below) = (show(&stage.top.url(), &subject.id, &stage.admin), subject.below(stage));
        let still = |document: &Value| (document["updated"].clone(), document["OS-EXT-STS:task_state"].clone());
        let same = still(&above) == still(&below) && below["OS-EXT-STS:task_state"].is_null();
        if same { Ok(()) } else { Err(format!("{:?}, below {:?}", still(&above), still(&below))) }
    });
}
