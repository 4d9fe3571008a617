//! Quota over both real regions.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use crate::support::http::Ask;
use crate::support::{Stage, lab};

#[test]
fn of_boots_at_once_exactly_the_quota_is_accepted() {
    boots_at_once(40, 8);
}

#[test]
#[ignore = "takes minutes"]
fn soak_of_many_boots_at_once_exactly_the_quota_is_accepted() {
    boots_at_once(200, 20);
}

fn boots_at_once(boots: usize, quota: usize) {
    let stage = Stage::new();
    let project = lab::fact("/projects/demo");
    let limits = json!({ "quota_set": { "instances": quota, "cores": -1, "ram": -1 } });
    let set = format!("{}/os-quota-sets/{project}", stage.top.url());
    Ask::new("PUT", set).token(&stage.admin).json(&limits).send().expect(200);
    let (accepted, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for number in 0..boots {
            let (stage, accepted, refused) = (&stage, &accepted, &refused);
            scope.spawn(move || {
                let body = stage.boot_body(&format!("e2e-quota-{number}"), json!("none"), json!({}));
                let answer = stage.ask("POST", "/servers").version("2.96").json(&body).send();
                if answer.status == 202 {
                    accepted.fetch_add(1, Ordering::Relaxed);
                    return;
                }
                let (name, words) = answer.fault();
                assert_eq!((answer.status, name.as_str()), (403, "forbidden"), "{words}");
                let wanted = format!("Quota exceeded for instances: Requested 1, but already used {quota} of {quota}");
                assert!(words.starts_with(&wanted), "{words}");
                refused.fetch_add(1, Ordering::Relaxed);
            });
        }
    });
    assert_eq!((accepted.into_inner(), refused.into_inner()), (quota, boots - quota));
    let detail = stage.ask("GET", &format!("/os-quota-sets/{project}/detail")).send().expect(200).json();
    assert_eq!(detail["quota_set"]["instances"]["in_use"], quota);
    let listed = stage.ask("GET", "/servers?name=%5Ee2e-quota").send().expect(200).json();
    assert_eq!(listed["servers"].as_array().map(Vec::len), Some(quota));
    assert_eq!(stage.top.cli(&["quota", "audit"]).trim(), "all sums are right");
}
