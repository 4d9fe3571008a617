//! A region's nova-api is killed in the middle of many boots, most of them of one name.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::http::Ask;
use crate::support::lab::Stopped;
use crate::support::servers::NAMES;
use crate::support::stage::UNLIMITED;
use crate::support::{ONE, Stage, TWO, eventually, lab};

/// Boots in `.ci/run`; 100 in the long run.
const BOOTS: usize = 20;

/// Requests under way at once.
const AT_ONCE: usize = 5;

/// What a request is told by: all have the same name.
fn mark(server: &Value) -> Option<String> {
    server["metadata"]["number"].as_str().map(str::to_owned)
}

/// Our servers in a list at this address: mark -> ids.
fn servers(url: &str, token: &str) -> Result<BTreeMap<String, BTreeSet<String>>, String> {
    let answer = Ask::new("GET", format!("{url}/servers/detail?name=%5E{NAMES}")).token(token).try_send()?;
    let mut marks: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let document: Value = serde_json::from_str(&answer.text).map_err(|_| answer.text.clone())?;
    for server in document["servers"].as_array().ok_or(answer.text.clone())? {
        let id = server["id"].as_str().unwrap_or_default().to_owned();
        marks.entry(mark(server).unwrap_or_default()).or_default().insert(id);
    }
    Ok(marks)
}

fn boots_with_an_api_killed(count: usize) {
    let stage = Stage::with(UNLIMITED);
    let mut killed = None;
    let boot = |number: usize| {
        let more = json!({ "metadata": { "number": number.to_string() } });
        let body = stage.boot_body("e2e-same", json!("none"), more);
        stage.ask("POST", "/servers").version("2.96").json(&body)
    };
    let mut answers: Vec<(usize, Option<String>)> = Vec::new();
    for (round, numbers) in (0..count).collect::<Vec<_>>().chunks(AT_ONCE).enumerate() {
        let asked: Vec<_> = numbers
            .iter()
            .map(|&number| {
                let ask = boot(number);
                (number, std::thread::spawn(move || ask.try_send()))
            })
            .collect();
        // In the middle of the second round, and back for the last ones.
        if round == 1 {
            std::thread::sleep(Duration::from_millis(150));
            killed = Some(Stopped::killed(&["RegionOne/nova-api"]));
        }
        for (number, asked) in asked {
            let answer = asked.join().expect("the client's thread").expect("an answer of the top");
            let id = (answer.status == 202).then(|| answer.json()["server"]["id"].as_str().expect("an id").to_owned());
            assert!(id.is_some() || answer.status == 503, "{}", answer.text);
            answers.push((number, id));
        }
        if round == 2
            && let Some(killed) = killed.take()
        {
            killed.start();
        }
    }
    let accepted = answers.iter().filter(|(_, id)| id.is_some()).count();
    println!("{accepted} of {count} boots were accepted");
    assert!(accepted >= count / 2, "most boots have another region to go to: {answers:?}");
    let above = eventually(90, "the same servers on top and below", || {
        let mut below = servers(&lab::url(ONE, "compute"), &stage.demo)?;
        for (mark, ids) in servers(&lab::url(TWO, "compute"), &stage.demo)? {
            below.entry(mark).or_default().extend(ids);
        }
        let above = servers(&stage.top.url(), &stage.demo)?;
        if above == below { Ok(above) } else { Err(format!("on top {above:?}, below {below:?}")) }
    });
    assert!(above.values().all(|ids| ids.len() == 1), "a boot made more than one server: {above:?}");
    for (number, id) in answers {
        let Some(id) = id else { continue };
        assert_eq!(
            above.get(&number.to_string()),
            Some(&BTreeSet::from([id.clone()])),
            "boot {number} was answered {id}"
        );
        stage.wait_status(&id, "ACTIVE", 90);
    }
}

#[test]
fn an_api_killed_among_boots_loses_nothing() {
    boots_with_an_api_killed(BOOTS);
}

#[test]
#[ignore = "the long run: tools/test --long"]
fn an_api_killed_among_a_hundred_boots_loses_nothing() {
    boots_with_an_api_killed(100);
}
