//! Many regions in one process: figures, and that those that hang take nothing from the others.
//!
//! `cargo test --profile quick --test api -- --ignored --nocapture sync::scale`; `CASCADE_SCALE=regions,servers` sets
//! another size.

use std::time::{Duration, Instant};

use nova_cascade::config::Config;
use serde_json::json;

use crate::sim::{Fault, Kind, SimCloud};
use crate::support::{Backend, World, run};

#[test]
#[ignore = "a measurement of minutes"]
fn a_hundred_regions() {
    let size = std::env::var("CASCADE_SCALE").unwrap_or_else(|_| "100,1000".into());
    let (regions, servers) = size.split_once(',').expect("regions,servers");
    let (regions, servers): (usize, usize) = (regions.parse().expect("a number"), servers.parse().expect("a number"));
    run(Backend::Sqlite, async move |database| {
        // The first is the one whose network and image the world names.
        let others = (1..regions).map(|number| format!("Region{number:03}"));
        let names: Vec<String> = std::iter::once("RegionOne".to_owned()).chain(others).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let usual = || Config::default().sync;
        // Rows are made from lists; single shows of all of them would only take time.
        let loading = |config: &mut Config| config.sync = nova_cascade::config::Sync { shows_per_round: 1, ..usual() };
        let mut world = World::over(SimCloud::start(&names).await, &database, loading).await;
        for region in world.cloud.regions() {
            for number in 0..servers {
                region.nova.add_server_with("demo", &format!("s-{number}"), |server| {
                    server.hints.insert("cascade_intent".into(), json!([uuid::Uuid::new_v4().to_string()]));
                    server.updated = server.updated.map(|at| at - 60 - i64::try_from(number).unwrap_or(0));
                });
            }
        }
        println!("{regions} regions of {servers} servers are simulated");
        let began = Instant::now();
        let rows = async || database.texts("SELECT CAST(COUNT(*) AS TEXT) AS text FROM servers").await.remove(0);
        while rows().await != (regions * servers).to_string() {
            tokio::time::sleep(Duration::from_secs(5)).await;
            println!("{:>5.0?} rows {}", began.elapsed(), rows().await);
        }
        database.execute("UPDATE servers SET settled = TRUE, documented = TRUE").await;
        world.restart(|config| config.sync = usual()).await;
        tokio::time::sleep(Duration::from_secs(30)).await;
        lag(&world, "all answer").await;
        for region in world.cloud.regions().take(regions / 10) {
            region.faults.push(Fault::new(Kind::Hang));
        }
        lag(&world, "a tenth hangs").await;
    });
}

/// Changes 1 % of the servers of each region that answers in a minute, and prints how long the top took to tell.
async fn lag(world: &World, what: &str) {
    let hung = if what == "all answer" { 0 } else { world.cloud.regions().count() / 10 };
    let regions: Vec<_> = world.cloud.regions().skip(hung).collect();
    let ids: Vec<Vec<String>> = regions.iter().map(|region| region.nova.ids()).collect();
    let changes = (regions.len() * ids[0].len() / 100).max(1);
    let pause = Duration::from_secs(60) / u32::try_from(changes).unwrap_or(1);
    let (cpu, began) = (cpu_s(), Instant::now());
    let mut waiting: Vec<(String, String, Instant)> = Vec::new();
    let mut lags = Vec::new();
    let mut looked = Instant::now();
    for number in 0..changes {
        let (region, ids) = (regions[number % regions.len()], &ids[number % regions.len()]);
        let id = ids[(number / regions.len()) % ids.len()].clone();
        let name = format!("{what}-{number}");
        region.nova.rename(&id, &name);
        waiting.push((id, name, Instant::now()));
        tokio::time::sleep(pause).await;
        if looked.elapsed() > Duration::from_millis(500) {
            told(world, &mut waiting, &mut lags).await;
            looked = Instant::now();
        }
    }
    while !waiting.is_empty() && began.elapsed() < Duration::from_secs(180) {
        told(world, &mut waiting, &mut lags).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    lags.sort();
    let at = |share: usize| lags.get((lags.len() * share / 100).min(lags.len().saturating_sub(1))).copied();
    println!(
        "{what}: {} changes in {:.0?}, lag median {:?} p90 {:?} p99 {:?}, not seen {}; CPU {:.1} s (with the simulated \
         regions'), memory {} MiB (with theirs)",
        lags.len(),
        began.elapsed(),
        at(50),
        at(90),
        at(99),
        waiting.len(),
        cpu_s() - cpu,
        memory_mib(),
    );
    assert!(waiting.is_empty(), "changes that were never seen: {}", waiting.len());
}

async fn told(world: &World, waiting: &mut Vec<(String, String, Instant)>, lags: &mut Vec<Duration>) {
    let ids: Vec<String> = waiting.iter().map(|(id, ..)| format!("'{id}'")).collect();
    if ids.is_empty() {
        return;
    }
    let sql = format!("SELECT name AS text FROM servers WHERE id IN ({})", ids.join(","));
    let names = world.database.texts(&sql).await;
    waiting.retain(|(_, name, since)| {
        let seen = names.contains(name);
        if seen {
            lags.push(since.elapsed());
        }
        !seen
    });
}

fn cpu_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |place: usize| fields.get(place).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

fn memory_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1_024
}
