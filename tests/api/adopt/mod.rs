//! Servers that were booted directly in a region: adopted or reported, audited, and found again.

mod audit;
mod below;
mod flavors;
mod locate;
mod log;
mod region;
mod rounds;

use std::process::{Command, Stdio};
use std::sync::Arc;

use nova_cascade::config::{Config, Strangers};
use serde_json::Value;

use crate::support::{Database, World, ids, wait_until};

/// A service that adopts what it meets.
async fn adopting(database: &Arc<Database>) -> World {
    World::with(database, |config| config.sync.strangers = Strangers::Adopt).await
}

/// Waits until demo has these servers on top and no others.
async fn wait_listed(world: &World, expected: &[&String]) {
    let mut expected: Vec<String> = expected.iter().map(|id| (*id).clone()).collect();
    expected.sort();
    wait_until("the list of servers", async || {
        let mut listed = ids(&world.demo().get("/servers").await);
        listed.sort();
        listed == expected
    })
    .await;
}

/// What demo's project uses of a resource, with the sums held against their rows.
async fn used(world: &World, resource: &str) -> i64 {
    let drift = nova_cascade::db::quota::audit(&world.db, false).await.expect("an audit");
    assert!(drift.is_empty(), "{drift:?}");
    let project = world.cloud.keystone.project_id("demo");
    let answer = world.demo().get(&format!("/os-quota-sets/{project}/detail")).await;
    answer.json()["quota_set"][resource]["in_use"].as_i64().expect("a sum")
}

/// The server as demo sees it at a microversion.
async fn shown(world: &World, version: &str, id: &str) -> Value {
    world.user("demo", version).get(&format!("/servers/{id}")).await.json()["server"].clone()
}

/// How the program ended, and what it said.
struct Said {
    good: bool,
    out: String,
    err: String,
}

/// Runs the program itself over the cloud and database of a test.
async fn cascade(config: &Config, args: &[&str]) -> Said {
    use secrecy::ExposeSecret as _;
    let mut command = Command::new(env!("CARGO_BIN_EXE_nova-cascade"));
    command
        .args(args)
        .stdin(Stdio::null())
        .env_remove("CASCADE_CONFIG")
        .env("CASCADE__KEYSTONE__URL", &config.keystone.url)
        .env("CASCADE__KEYSTONE__PASSWORD", config.keystone.password.expose_secret())
        .env("CASCADE__DATABASE__URL", config.database.url.expose_secret())
        .env("CASCADE__SYNC__POLL_PERIOD_MS", config.sync.poll_period_ms.to_string())
        .env("CASCADE__SYNC__PAGE_SIZE", config.sync.page_size.to_string());
    let output = tokio::task::spawn_blocking(move || command.output()).await.expect("no panic").expect("the program");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Said { good: output.status.success(), out: text(&output.stdout), err: text(&output.stderr) }
}
