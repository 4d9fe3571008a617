//! Policies over regions.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::json;

use super::{body_in, counts, group_of, hosts, made, members};
use crate::sim::{Fault, Kind, Pace, Service};
use crate::support::{Database, World, accepted, ids, on_each_database, refused, sorted, wait_until};

on_each_database!(
    affinity_keeps_a_group_on_one_host_of_one_region,
    first_boots_at_once_end_in_one_region,
    an_affinity_group_is_free_again_when_nothing_of_it_is_left,
    a_first_boot_goes_on_to_the_next_region,
    anti_affinity_spreads_over_regions_and_then_over_hosts,
    the_servers_of_one_request_spread_and_keep_together,
    the_first_of_one_request_has_its_host_before_the_others_are_asked_for,
    soft_policies_prefer,
    rules_reach_the_region,
);

async fn affinity_keeps_a_group_on_one_host_of_one_region(database: Arc<Database>) {
    let world = World::start(&database).await;
    let group = group_of(&world, "demo", "affinity").await;
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(accepted(&world.demo().post("/servers", body_in(&world, &group)).await));
    }
    let (one, two) = counts(&world);
    assert_eq!((one.max(two), one.min(two)), (4, 0));
    let region = if one > 0 { world.one() } else { world.two() };
    assert_eq!(hosts(region).iter().collect::<BTreeSet<_>>().len(), 1, "on one host: {:?}", hosts(region));
    assert_eq!(region.nova.groups().len(), 1);
    assert_eq!(members(&world, &group).await, sorted(ids));
    // The zone of the other region and the group cannot both be had.
    let mut body = body_in(&world, &group);
    body["server"]["availability_zone"] = json!(if one > 0 { "RegionTwo" } else { "RegionOne" });
    let message = refused(&world.demo().post("/servers", body).await, 400);
    assert!(message.starts_with("No valid host was found. "), "{message}");
    assert!(message.contains("the servers of the server group are in another region"), "{message}");
    world.wait_no_intents().await;
}

async fn first_boots_at_once_end_in_one_region(database: Arc<Database>) {
    let world = World::with(&database, |config| config.region.inflight_max = 16).await;
    for _ in 0..3 {
        let group = group_of(&world, "demo", "affinity").await;
        let before = counts(&world);
        let demo = world.demo();
        // Half of them say where, so that they disagree.
        let bodies = (0..6).map(|number| {
            let mut body = body_in(&world, &group);
            if number % 2 == 0 {
                body["server"]["availability_zone"] = json!(["RegionOne", "RegionTwo"][number / 2 % 2]);
            }
            body
        });
        let answers = futures_util::future::join_all(bodies.map(|body| demo.post("/servers", body))).await;
        // One whose zone lost against the others may stand in ERROR, as Nova's does.
        let failed = ids(&demo.get("/servers?status=ERROR").await).len();
        let made = answers.iter().filter(|answer| answer.status == 202).count() - failed;
        let after = counts(&world);
        let grown = (after.0 - before.0, after.1 - before.1);
        assert_eq!((grown.0.max(grown.1), grown.0.min(grown.1)), (made, 0), "{answers:?}");
        assert!(made >= 3, "those that say nothing all find a place: {answers:?}");
        let name = nova_cascade::cascade::ensure::server_group::regional_name(&group);
        let regional = world.cloud.regions().flat_map(|region| region.nova.groups());
        assert_eq!(regional.filter(|regional| regional.name == name).count(), 1);
        for id in members(&world, &group).await {
            assert_eq!(demo.delete(&format!("/servers/{id}")).await.status, 204);
            world.wait_gone(&id).await;
        }
    }
    world.wait_no_intents().await;
}

async fn an_affinity_group_is_free_again_when_nothing_of_it_is_left(database: Arc<Database>) {
    let world = World::start(&database).await;
    let group = group_of(&world, "demo", "affinity").await;
    for zone in ["RegionOne", "RegionTwo", "RegionOne"] {
        let mut body = body_in(&world, &group);
        body["server"]["availability_zone"] = json!(zone);
        let id = accepted(&world.demo().post("/servers", body).await);
        assert_eq!(world.demo().delete(&format!("/servers/{id}")).await.status, 204);
        world.wait_gone(&id).await;
        assert!(members(&world, &group).await.is_empty());
    }
    // One regional group in each is enough.
    assert!(world.cloud.regions().all(|region| region.nova.groups().len() == 1));
}

async fn a_first_boot_goes_on_to_the_next_region(database: Arc<Database>) {
    let world = World::start(&database).await;
    let group = group_of(&world, "demo", "affinity").await;
    let full = Fault::new(Kind::Answer(503, "closed for the day")).on(Service::Nova).method("POST");
    world.one().faults.push(full.path("/v2.1/servers"));
    let mut ids = Vec::new();
    for _ in 0..2 {
        ids.push(accepted(&world.demo().post("/servers", body_in(&world, &group)).await));
    }
    assert_eq!(counts(&world), (0, 2));
    // Where the group's region does not take it, no other does.
    world.one().faults.clear();
    world.two().faults.push(Fault::new(Kind::Answer(503, "closed too")).on(Service::Nova).method("POST"));
    let message = refused(&world.demo().post("/servers", body_in(&world, &group)).await, 503);
    assert!(message.contains("closed too"), "{message}");
    assert_eq!(counts(&world), (0, 2));
    assert_eq!(members(&world, &group).await, sorted(ids));
    world.wait_no_intents().await;
}

async fn anti_affinity_spreads_over_regions_and_then_over_hosts(database: Arc<Database>) {
    let world = World::start(&database).await;
    let group = group_of(&world, "demo", "anti-affinity").await;
    // Whatever else says where: other servers are in the first region alone.
    for _ in 0..3 {
        world.boot("RegionTwo", "other").await;
    }
    for number in 0..4 {
        accepted(&world.demo().post("/servers", body_in(&world, &group)).await);
        let grown = counts(&world);
        assert_eq!(grown.0 + grown.1 - 3, number + 1);
        assert!(grown.0.abs_diff(grown.1 - 3) <= 1, "{grown:?}");
    }
    assert_eq!(hosts(world.one()), ["regionone-host-1", "regionone-host-2"]);
    wait_until("four active members", async || {
        let active = world.demo().get("/servers?status=ACTIVE&name=web").await;
        ids(&active).len() == 4
    })
    .await;
    // Four hosts are taken; what the region then says is what Nova says.
    let fifth = accepted(&world.demo().post("/servers", body_in(&world, &group)).await);
    let failed = world.wait_status(&fifth, "ERROR").await;
    let message = failed["fault"]["message"].as_str().unwrap_or_default();
    assert!(message.ends_with("No valid host was found. There are not enough hosts available."), "{message}");
}

async fn the_servers_of_one_request_spread_and_keep_together(database: Arc<Database>) {
    let world = World::start(&database).await;
    world.one().nova.set_boot_pace(Pace::AtOnce);
    let several = |group: &str| {
        let mut body = body_in(&world, group);
        body["server"]["min_count"] = json!(4);
        body
    };
    let apart = group_of(&world, "demo", "anti-affinity").await;
    accepted(&world.demo().post("/servers", several(&apart)).await);
    assert_eq!(counts(&world), (2, 2));
    wait_until("all four on hosts of their own", async || {
        let active = world.demo().get("/servers?status=ACTIVE").await;
        ids(&active).len() == 4
    })
    .await;
    let together = group_of(&world, "demo", "affinity").await;
    accepted(&world.demo().post("/servers", several(&together)).await);
    let (one, two) = counts(&world);
    assert_eq!((one.max(two), one.min(two)), (6, 2));
    assert_eq!(members(&world, &together).await.len(), 4);
    world.wait_no_intents().await;
}

/// A region that schedules two of them at once starts them on two hosts.
async fn the_first_of_one_request_has_its_host_before_the_others_are_asked_for(database: Arc<Database>) {
    let world = World::start(&database).await;
    let nova = &world.one().nova;
    nova.set_boot_pace(Pace::ByHand);
    let group = group_of(&world, "demo", "affinity").await;
    let mut body = body_in(&world, &group);
    body["server"]["min_count"] = json!(4);
    body["server"]["availability_zone"] = json!("RegionOne");
    let demo = world.demo();
    let looks = async {
        wait_until("the first", async || nova.ids().len() == 1).await;
        world.rounds(world.one(), 3).await;
        let first = nova.ids();
        assert_eq!(first.len(), 1, "the others wait");
        nova.finish(&first[0]);
        wait_until("all", async || nova.ids().len() == 4).await;
        nova.ids().iter().for_each(|id| nova.finish(id));
    };
    let (answer, ()) = tokio::join!(demo.post("/servers", body), looks);
    accepted(&answer);
    assert_eq!(hosts(world.one()).iter().collect::<BTreeSet<_>>().len(), 1);
    world.wait_no_intents().await;
}

async fn soft_policies_prefer(database: Arc<Database>) {
    let world = World::start(&database).await;
    let together = group_of(&world, "demo", "soft-affinity").await;
    for _ in 0..3 {
        accepted(&world.demo().post("/servers", body_in(&world, &together)).await);
    }
    let (one, two) = counts(&world);
    assert_eq!((one.max(two), one.min(two)), (3, 0), "where the first is");
    // But only where it can be.
    let other = if one > 0 { "RegionTwo" } else { "RegionOne" };
    let mut body = body_in(&world, &together);
    body["server"]["availability_zone"] = json!(other);
    accepted(&world.demo().post("/servers", body).await);
    let apart = group_of(&world, "demo", "soft-anti-affinity").await;
    for _ in 0..6 {
        accepted(&world.demo().post("/servers", body_in(&world, &apart)).await);
    }
    let after = counts(&world);
    assert_eq!((after.0 - one, after.1 - two), if one > 0 { (3, 4) } else { (4, 3) });
}

async fn rules_reach_the_region(database: Arc<Database>) {
    let world = World::start(&database).await;
    let body = json!({"server_group": {
        "name": "two a host", "policy": "anti-affinity", "rules": {"max_server_per_host": 2},
    }});
    let group = made(&world.user("demo", "2.64").post("/os-server-groups", body).await);
    for _ in 0..4 {
        let mut body = body_in(&world, &group);
        body["server"]["availability_zone"] = json!("RegionOne");
        let id = accepted(&world.demo().post("/servers", body).await);
        world.wait_status(&id, "ACTIVE").await;
    }
    let regional = world.one().nova.groups().remove(0);
    assert_eq!(regional.rules.get("max_server_per_host"), Some(&json!(2)));
    assert_eq!(hosts(world.one()), ["regionone-host-1", "regionone-host-1", "regionone-host-2", "regionone-host-2"]);
    // A region that knows no rules is none for it.
    let soft = group_of(&world, "demo", "soft-anti-affinity").await;
    accepted(&world.demo().post("/servers", body_in(&world, &soft)).await);
}
