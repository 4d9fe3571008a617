//! Any mix of boots, deletes, resizes, failures and restarts, several at once: no project is ever above its limit, and
//! when all is quiet the sums are those of the rows.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::json;

use super::{set, sums_are_true};
use crate::sim::{Client, Fault, Kind, Service};
use crate::support::{Database, Top, World, ids, on_each_database, wait_until};

on_each_database!(no_mix_passes_the_limit, two_processes_share_one_quota);

const INSTANCES: i64 = 6;
const CORES: i64 = 8;

/// One client's requests, whatever they are answered; `seed` says which.
async fn requests(client: Client, body: serde_json::Value, seed: u64, count: usize) {
    let mut random = StdRng::seed_from_u64(seed);
    for number in 0..count {
        let listed = match client.send("GET", "/servers", None).await {
            Ok(answer) if answer.status == 200 => ids(&answer),
            _ => Vec::new(),
        };
        let one = listed.choose(&mut random).cloned();
        let action = |id: &str| format!("/servers/{id}/action");
        let (method, path, body) = match (random.random_range(0..10), one) {
            (0..=1, Some(id)) => ("DELETE", format!("/servers/{id}"), None),
            (2, Some(id)) => ("POST", action(&id), Some(json!({ "resize": { "flavorRef": "3" } }))),
            (3, Some(id)) => ("POST", action(&id), Some(json!({ "confirmResize": null }))),
            (4, Some(id)) => ("POST", action(&id), Some(json!({ "revertResize": null }))),
            (5, Some(id)) => ("POST", action(&id), Some(json!({ "resize": { "flavorRef": "1" } }))),
            (6, _) => {
                let mut several = body.clone();
                several["server"]["max_count"] = json!(3);
                ("POST", "/servers".to_owned(), Some(several))
            }
            _ => ("POST", "/servers".to_owned(), Some(body.clone())),
        };
        let _ = client.send(method, &path, body).await;
        if number % 3 == 0 {
            tokio::time::sleep(Duration::from_millis(random.random_range(0..20))).await;
        }
    }
}

/// Looks at what is charged until told to stop.
async fn never_above(world: &World, stop: &AtomicBool) {
    let sql = "SELECT CONCAT(resource, ' ', in_use) AS text FROM quota_usage WHERE user_id = ''";
    let sql = if world.database.is_mysql() {
        sql.to_owned()
    } else {
        sql.replace("CONCAT(resource, ' ', in_use)", "resource || ' ' || in_use")
    };
    while !stop.load(Ordering::Relaxed) {
        for line in world.database.texts(&sql).await {
            let (resource, in_use) = line.split_once(' ').expect("two words");
            let in_use: i64 = in_use.parse().expect("a number");
            let limit = if resource == "instances" { INSTANCES } else { CORES };
            assert!(in_use >= 0, "{line}");
            assert!(in_use <= limit || resource == "ram", "{line}");
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Servers of the project in both regions.
fn standing(world: &World) -> usize {
    let live = |region: &crate::sim::SimRegion| {
        let ids = region.nova.ids();
        ids.iter().filter(|id| region.nova.inspect(id, |server| !server.deleted) == Some(true)).count()
    };
    world.cloud.regions().map(live).sum()
}

async fn quiet(world: &World) {
    world.cloud.regions().for_each(|region| region.faults.clear());
    world.wait_no_intents().await;
    let unsettled = "SELECT id AS text FROM servers WHERE settled = 0 AND deleted = 0";
    wait_until("all settled", async || world.database.texts(unsettled).await.is_empty()).await;
    sums_are_true(world).await;
    let listed = ids(&world.user("admin", "2.1").get("/servers?all_tenants=1").await).len();
    assert_eq!(listed, standing(world));
    assert!(i64::try_from(listed).expect("few") <= INSTANCES, "{listed} servers stand");
}

/// The regions fail now and then, before and after they did what was asked.
fn troubles(world: &World) {
    for region in world.cloud.regions() {
        for (skip, kind) in [
            (2, Kind::CloseAfterEffect),
            (4, Kind::CloseBeforeEffect),
            (7, Kind::Answer(503, "busy")),
            (9, Kind::Answer(400, "no")),
            (12, Kind::CloseAfterEffect),
        ] {
            region.faults.push(Fault::new(kind).on(Service::Nova).method("POST").after(skip).times(1));
        }
    }
}

async fn start(database: &Arc<Database>) -> World {
    let world = World::start(database).await;
    assert_eq!(set(&world, "demo", json!({ "instances": INSTANCES, "cores": CORES })).await.status, 200);
    troubles(&world);
    world
}

async fn no_mix_passes_the_limit(database: Arc<Database>) {
    let mut world = start(&database).await;
    let stop = AtomicBool::new(false);
    for round in 0..3_u64 {
        let clients = (0..4_u64).map(|client| requests(world.demo(), world.body("web"), round * 10 + client, 12));
        let work = async {
            futures_util::future::join_all(clients).await;
            stop.store(true, Ordering::Relaxed);
        };
        tokio::join!(work, never_above(&world, &stop));
        stop.store(false, Ordering::Relaxed);
        // The process dies with boots under way, and another goes on.
        let last = tokio::spawn(requests(world.demo(), world.body("cut"), round, 4));
        tokio::time::sleep(Duration::from_millis(30)).await;
        let World { cloud, top, database, db } = world;
        top.kill();
        last.await.expect("an end");
        let top = Top::start(&cloud, &database, |_| {}).await;
        world = World { cloud, top, database, db };
    }
    quiet(&world).await;
}

/// On SQLite there is one process; it is asked through two listeners' worth of clients all the same.
async fn two_processes_share_one_quota(database: Arc<Database>) {
    let world = start(&database).await;
    let second = if database.is_mysql() { Some(Top::start(&world.cloud, &database, |_| {}).await) } else { None };
    let token = world.cloud.token("demo");
    let other = second.as_ref().map_or_else(|| world.demo(), |top| top.client().token(&token).version("2.1"));
    let stop = AtomicBool::new(false);
    let clients = (0..6_u64).map(|client| {
        let client_of = if client % 2 == 0 { world.demo() } else { other.clone() };
        requests(client_of, world.body("web"), 100 + client, 15)
    });
    let work = async {
        futures_util::future::join_all(clients).await;
        stop.store(true, Ordering::Relaxed);
    };
    tokio::join!(work, never_above(&world, &stop));
    quiet(&world).await;
    drop(second);
}
