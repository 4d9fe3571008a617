//! What is known costs no call: a boot in its first region is one request to one region.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::join_all;
use serde_json::json;

use super::forgetful;
use crate::sim::placement::Room;
use crate::sim::{Fault, Kind, Service, SimRegion};
use crate::support::{Database, World, accepted, on_each_database, wait_until};

on_each_database!(
    a_boot_that_is_known_is_one_call,
    what_a_region_does_not_have_is_remembered_and_refuses_nothing,
    many_boots_ask_once,
    what_was_booted_since_counts_as_taken,
    what_is_old_is_used_while_it_is_asked_for,
);

const CANDIDATES: &str = "GET /allocation_candidates";

/// What a region was asked by boots: all but what its sync asks on its own.
fn asked(region: &SimRegion) -> BTreeMap<String, u64> {
    const SYNC: [&str; 4] =
        ["GET /servers/detail", "GET /servers/{id}", "GET /v2.0/ports", "GET /os-availability-zone"];
    let records = [region.nova.record(), region.neutron.record(), region.glance.record(), region.placement.record()];
    let all = records.into_iter().flat_map(crate::sim::journal::Journal::counts);
    all.filter(|(route, _)| !SYNC.contains(&route.as_str())).collect()
}

async fn a_boot_that_is_known_is_one_call(database: Arc<Database>) {
    let world = World::with(&database, |config| {
        (config.boot.visibility_cache_s, config.boot.capacity_fresh_s) = (600, 600);
        // Nor what the sync does with what the top owns.
        (config.sync.owned_period_s, config.sync.facts_period_s) = (600, 600);
        config.sync.neighbours_period_ms = 600_000;
    })
    .await;
    let group = world.two().neutron.add_security_group("web", "demo");
    world.one().neutron.add_security_group("web", "demo");
    let mut body = world.body("web");
    body["server"]["security_groups"] = json!([{"name": "web"}]);
    for _ in 0..2 {
        accepted(&world.demo().post("/servers", body.clone()).await);
    }
    assert!(world.two().neutron.record().count("GET /v2.0/security-groups") > 0, "{group} was looked for");
    let before = [asked(world.one()), asked(world.two())];
    for number in 1..=6 {
        accepted(&world.demo().post("/servers", body.clone()).await);
        let sent: u64 = world.boots_sent();
        assert_eq!(sent, 2 + number);
    }
    let after = [asked(world.one()), asked(world.two())];
    for (before, after) in before.iter().zip(&after) {
        let more = after.iter().filter(|(route, count)| before.get(*route) != Some(count));
        assert_eq!(more.map(|(route, _)| route.as_str()).collect::<Vec<_>>(), ["POST /servers"]);
    }
}

async fn what_a_region_does_not_have_is_remembered_and_refuses_nothing(database: Arc<Database>) {
    const GROUPS: &str = "GET /v2.0/security-groups";
    let world = World::with(&database, |config| {
        (config.boot.visibility_cache_s, config.boot.absence_cache_s) = (600, 600);
    })
    .await;
    world.one().neutron.add_security_group("web", "demo");
    let body = |zone: &str| {
        let mut body = world.body_in(zone, "web");
        body["server"]["security_groups"] = json!([{"name": "web"}]);
        body
    };
    let anywhere = || {
        let mut body = body("RegionOne");
        body["server"].as_object_mut().expect("a server").remove("availability_zone");
        body
    };
    accepted(&world.demo().post("/servers", anywhere()).await);
    let asked = || world.two().neutron.record().count(GROUPS);
    let before = asked();
    assert!(before > 0, "the region was asked");
    for _ in 0..3 {
        accepted(&world.demo().post("/servers", anywhere()).await);
    }
    assert_eq!(asked(), before);
    assert_eq!(world.demo().post("/servers", body("RegionTwo")).await.status, 400);
    assert!(asked() > before, "what is remembered refuses nothing");
    world.two().neutron.add_security_group("web", "demo");
    accepted(&world.demo().post("/servers", body("RegionTwo")).await);
}

async fn many_boots_ask_once(database: Arc<Database>) {
    // The sync asks for services too.
    let world = World::with(&database, |config| config.sync.neighbours_period_ms = 600_000).await;
    let asked = |region: &SimRegion| region.nova.count("GET /os-services");
    let before = [asked(world.one()), asked(world.two())];
    let boots = (0..8).map(|number| {
        let (client, body) = (world.demo(), world.body(&format!("s{number}")));
        async move { accepted(&client.post("/servers", body).await) }
    });
    join_all(boots).await;
    for (region, before) in [world.one(), world.two()].into_iter().zip(before) {
        assert_eq!((region.placement.record().count(CANDIDATES), asked(region) - before), (1, 1));
    }
}

async fn what_was_booted_since_counts_as_taken(database: Arc<Database>) {
    let world = World::with(&database, |config| {
        (config.boot.capacity_fresh_s, config.boot.capacity_full_s) = (600, 0);
        config.boot.weighers = vec!["most_servers".into()];
    })
    .await;
    world.one().placement.set_room(Some(Room { vcpus: 2, ram_mb: 1 << 20, disk_gb: 1 << 20 }));
    for _ in 0..4 {
        accepted(&world.demo().post("/servers", world.body("web")).await);
    }
    assert_eq!((world.one().nova.ids().len(), world.two().nova.ids().len()), (2, 2));
    // The answer said two, two were booted: then it was asked again, and not before.
    assert!(world.one().placement.record().count(CANDIDATES) >= 2);
    assert_eq!(world.two().placement.record().count(CANDIDATES), 1);
}

async fn what_is_old_is_used_while_it_is_asked_for(database: Arc<Database>) {
    let world = World::with(&database, |config| {
        forgetful(config);
        config.boot.capacity_usable_s = 600;
        config.region.lookup_patience_ms = 60_000;
    })
    .await;
    accepted(&world.demo().post("/servers", world.body("web")).await);
    for region in world.cloud.regions() {
        region.faults.push(Fault::new(Kind::Hang).on(Service::Placement));
    }
    // Nothing would ever answer these; the boots do not wait for it.
    for number in 0..3 {
        accepted(&world.demo().post("/servers", world.body(&format!("s{number}"))).await);
    }
    wait_until("a question behind", async || world.one().placement.record().count(CANDIDATES) == 2).await;
    assert!(world.two().placement.record().count(CANDIDATES) <= 2);
}
