//! Text that is too long, empty, of characters that few expect, or no text at all, wherever something from outside can
//! be said: an answer of the client's making, and nothing lost. The cases are made from the route table, so that a new
//! route cannot be forgotten.

mod bodies;
mod headers;
mod ingest;
mod paths;
mod queries;
mod samples;

use futures_util::StreamExt;
use serde_json::Value;

use crate::sim::Client;
use crate::support::World;

/// Text as it stands in a URL: longer than a column, very long, NUL, four bytes a character, half a character, a space.
const ENCODED: [&str; 6] = ["LONG", "VERY LONG", "%00", "%F0%9F%98%80", "%ff", "%20"];

/// Lengths of the first two.
const LONG: usize = 300;
const VERY_LONG: usize = 9_000;

/// As [`ENCODED`], with the long ones written out.
fn encoded() -> Vec<String> {
    let written = |text: &&str| match *text {
        "LONG" => "x".repeat(LONG),
        "VERY LONG" => "x".repeat(VERY_LONG),
        other => other.to_owned(),
    };
    ENCODED.iter().map(written).collect()
}

/// One request.
#[derive(Clone, Debug)]
struct Case {
    method: &'static str,
    path: String,
    body: Option<Value>,
    version: String,
}

/// Sends all of them, some at once; those that are answered with what is no fault of the client's.
async fn failures(world: &World, user: &str, cases: Vec<Case>) -> Vec<String> {
    assert!(cases.len() > 20, "few cases were made");
    let token = world.cloud.token(user);
    let client = world.top.client().token(&token);
    futures_util::stream::iter(cases)
        .map(|case| send(&client, case))
        .buffer_unordered(8)
        .filter_map(std::future::ready)
        .collect()
        .await
}

async fn send(client: &Client, case: Case) -> Option<String> {
    let answer = client.clone().version(&case.version).send(case.method, &case.path, case.body.clone()).await;
    let short = |text: String| text.chars().take(200).collect::<String>();
    let what = format!("{} {} {}", case.method, short(case.path), short(case.body.unwrap_or_default().to_string()));
    match answer {
        // What no region tells of is 501.
        Ok(answer) if answer.status < 500 || answer.status == 501 => None,
        Ok(answer) => {
            Some(format!("{what} -> {} {}", answer.status, short(String::from_utf8_lossy(&answer.body).into())))
        }
        Err(error) => Some(format!("{what} -> {error}")),
    }
}

/// The server is still there, and another can be booted.
async fn nothing_is_lost(world: &World, server: &str) {
    assert_eq!(world.show(server).await["id"], server);
    world.boot("RegionTwo", "after").await;
    world.wait_no_intents().await;
}
