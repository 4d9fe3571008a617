//! A read waits for what may change its own answer, and for nothing else.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::filters::FILTERS;
use crate::sim::{Fault, Kind, Pace, Service};
use crate::support::{Database, World, accepted, on_each_database, sorted, wait_until};

on_each_database!(nobody_waits_for_what_another_project_has_under_way, rounds_that_are_asked_for_keep_a_distance,);

const LIST: &str = "/v2.1/servers/detail";

/// Longer than the test: what waits for the region is found by that.
const FOR_EVER_MS: u64 = 3_600_000;

async fn nobody_waits_for_what_another_project_has_under_way(database: Arc<Database>) {
    let world = World::with(&database, |config| {
        config.sync.read_wait_ms = FOR_EVER_MS;
        config.sync.call_timeout_ms = FOR_EVER_MS;
    })
    .await;
    let own = [world.boot("RegionOne", "web").await, world.boot("RegionTwo", "db").await];
    world.two().nova.set_boot_pace(Pace::ByHand);
    let others = accepted(&world.user("alt", "2.1").post("/servers", world.body_in("RegionTwo", "alts")).await);
    let rows = async |settled: &str| {
        database.texts(&format!("SELECT id AS text FROM servers WHERE {settled} ORDER BY id")).await
    };
    // What stands beside a server (its ports) may unsettle it once more.
    world.rounds(world.two(), 5).await;
    wait_until("demo's are settled", async || rows("settled").await == sorted(own.clone())).await;
    world.two().faults.push(Fault::new(Kind::Hang).on(Service::Nova).path(LIST));
    world.rounds(world.two(), 1).await;

    let alt = world.user("alt", "2.1");
    let mut hidden = pin!(alt.get("/servers?name=nonesuch"));
    let marker = format!("/servers?marker={others}");
    let mut behind = pin!(alt.get(&marker));
    let reads = tokio::time::timeout(Duration::from_secs(120), every_read(&world, &own));
    tokio::select! {
        answer = &mut hidden => panic!("the project's own server may get this name: {answer:?}"),
        answer = &mut behind => panic!("the marker may move: {answer:?}"),
        done = reads => done.expect("somebody waits for another project's server"),
    }
    assert_eq!(rows("NOT settled").await, [others], "the region's round is held up to the end");
}

/// demo's lists and shows, and those of an admin that cannot meet the server under way.
async fn every_read(world: &World, own: &[String]) {
    let project = world.cloud.keystone.project_id("demo");
    let (demo, admin) = (world.user("demo", "2.104"), world.user("admin", "2.104"));
    let filters = FILTERS.iter().map(|(query, _)| query.replace('^', "%5E").replace('|', "%7C"));
    let more =
        ["status=ACTIVE", "status=BUILD", "changes-since=2020-01-01T00:00:00Z", "sort_key=display_name", "limit=1"];
    for query in filters.chain(more.map(str::to_owned)) {
        for user in [&demo, &admin] {
            assert_eq!(user.get(&format!("/servers?{query}")).await.status, 200, "{query}");
        }
    }
    for id in own {
        assert_eq!(demo.get(&format!("/servers/{id}")).await.status, 200);
        assert_eq!(demo.get(&format!("/servers/detail?marker={id}&name=.")).await.status, 200);
        assert_eq!(admin.get(&format!("/servers?all_tenants=1&name=.&uuid={id}")).await.status, 200);
    }
    assert_eq!(admin.get(&format!("/servers?all_tenants=1&name=.&project_id={project}")).await.status, 200);
}

async fn rounds_that_are_asked_for_keep_a_distance(database: Arc<Database>) {
    let spacing = Duration::from_millis(400);
    let world = World::with(&database, |config| {
        config.sync.round_spacing_ms = 400;
        (config.sync.poll_period_ms, config.sync.unsettled_period_ms) = (2_000, 2_000);
    })
    .await;
    let region_id = world.region_id("RegionOne");
    let began = Instant::now();
    for _ in 0..4 {
        assert!(world.top.app.sync.refresh([region_id.as_str()]).await);
    }
    assert!(began.elapsed() >= spacing * 3, "four rounds in {:?}", began.elapsed());
}
