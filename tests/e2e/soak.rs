//! For as long as it takes: boots and deletes, with the top killed in between. Only in `tools/test --long`.

use serde_json::json;

use crate::support::{ONE, Stage, eventually, lab};

const ROUNDS: usize = 50;

#[test]
#[ignore = "takes a quarter of an hour"]
fn soak_boots_and_deletes_with_the_top_killed_in_between() {
    let mut stage = Stage::new();
    let network = json!([{ "uuid": lab::network(ONE, "lab-net") }]);
    for round in 1..=ROUNDS {
        let id = stage.boot(&format!("e2e-soak-{round}"), network.clone(), json!({}));
        if round % 5 == 0 {
            stage.top.kill();
            stage.top.start();
        }
        stage.ask("DELETE", &format!("/servers/{id}")).send().expect(204);
        if round % 5 == 3 {
            stage.top.kill();
            stage.top.start();
        }
        eventually(60, "the server is gone on top", || {
            let answer = stage.ask("GET", &format!("/servers/{id}")).send();
            if answer.status == 404 { Ok(()) } else { Err(answer.text) }
        });
        println!("round {round} of {ROUNDS} is done");
    }
    let listed = stage.ask("GET", "/servers?name=%5Ee2e-").send().expect(200).json();
    assert_eq!(listed["servers"], json!([]));
}
