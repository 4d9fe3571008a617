//! What the sync costs a region: as much as there are changes, not as there are servers.

use std::sync::Arc;
use std::time::{Duration, Instant};

use nova_cascade::config::Config;

use crate::sim::SimRegion;
use crate::support::{Database, World, on_each_database, wait_until};

on_each_database!(many_idle_servers_cost_no_more_than_few, a_burst_is_not_read_for_ever);

/// Every change below stays in its own second, long ago: idle servers.
fn idle(region: &SimRegion, ids: &[String]) {
    for (id, hours) in ids.iter().zip(1..) {
        region.nova.edit_quietly(id, |server| server.updated = server.updated.map(|at| at - 3_600 * hours));
    }
}

/// Requests to a route and bytes of their answers since the record was cleared.
fn cost(region: &SimRegion, route: &str) -> (u64, u64) {
    (region.nova.count(route), region.nova.record().bytes().get(route).copied().unwrap_or(0))
}

async fn many_idle_servers_cost_no_more_than_few(database: Arc<Database>) {
    let world = World::start(&database).await;
    for (region, count) in [(world.one(), 5), (world.two(), 80)] {
        let made = world.populate(region, count).await;
        idle(region, &made);
        // The newest of all, so that each round has something to ask from.
        world.boot(&region.name, "newest").await;
    }
    let settled = "SELECT id AS text FROM servers WHERE NOT settled";
    wait_until("settled", async || database.texts(settled).await.is_empty()).await;
    // The first sweep is behind them, and the next is far off.
    let swept = "SELECT region_id AS text FROM cursors WHERE swept_at > 0 AND sweep_began_at = 0";
    wait_until("sweeps", async || database.texts(swept).await.len() == 2).await;
    let mut costs = Vec::new();
    for region in [world.one(), world.two()] {
        region.nova.record().clear();
        world.rounds(region, 10).await;
        let (requests, bytes) = cost(region, "GET /servers/detail");
        assert_eq!(cost(region, "GET /servers/{id}").0, 0, "{}", region.name);
        costs.push(bytes / requests);
    }
    assert!(costs[1] <= costs[0] * 3 / 2, "bytes a round: {costs:?}");
}

async fn a_burst_is_not_read_for_ever(database: Arc<Database>) {
    let world = World::with(&database, |config| config.sync.overlap_s = 2).await;
    let made = world.populate(world.one(), 24).await;
    let newest = world.one().nova.inspect(&made[0], |server| server.updated).flatten().expect("a time");
    for (id, place) in made.iter().zip(0..) {
        world.one().nova.edit_quietly(id, |server| server.updated = Some(newest + place % 2));
    }
    let per_round = async || {
        world.one().nova.record().clear();
        world.rounds(world.one(), 3).await;
        let (requests, bytes) = cost(world.one(), "GET /servers/detail");
        bytes / requests
    };
    let first = per_round().await;
    wait_until("half of it", async || per_round().await < first * 2 / 3).await;
}

/// Prints requests and bytes a minute, with the settings as they come.
/// `cargo test --test api -- --ignored --nocapture sync::cost`
#[test]
#[ignore = "a measurement of two minutes"]
fn measured() {
    crate::support::run(crate::support::Backend::Sqlite, async |database| {
        let usual = |config: &mut Config| {
            let defaults = Config::default().sync;
            config.sync = nova_cascade::config::Sync { shows_per_round: 1_000, ..defaults };
        };
        let world = World::with(&database, usual).await;
        for (region, count) in [(world.one(), 100), (world.two(), 10_000)] {
            let made = populated(&world, region, count).await;
            idle(region, &made);
        }
        tokio::time::sleep(Duration::from_secs(30)).await;
        world.cloud.regions().for_each(|region| {
            region.nova.record().clear();
            region.neutron.record().clear();
        });
        let began = Instant::now();
        tokio::time::sleep(Duration::from_secs(60)).await;
        for region in world.cloud.regions() {
            println!("{} after {:?}", region.name, began.elapsed());
            for (service, record) in [("nova", region.nova.record()), ("neutron", region.neutron.record())] {
                let bytes = record.bytes();
                for (route, requests) in record.counts() {
                    println!(
                        "  {service:<8} {route:<40} {requests:>6} requests {:>10} bytes",
                        bytes.get(&route).unwrap_or(&0)
                    );
                }
            }
        }
    });
}

/// As `populate`, for so many that it takes its time.
async fn populated(world: &World, region: &SimRegion, count: usize) -> Vec<String> {
    let mut made = Vec::new();
    for part in (0..count).step_by(500) {
        made.extend(world.populate(region, 500.min(count - part)).await);
        println!("{}: {} servers", region.name, made.len());
    }
    made
}
