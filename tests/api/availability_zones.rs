//! `/os-availability-zone`: regions and their zones, short from the rows, in detail from the regions.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use nova_cascade::db::{regions, zones};
use serde_json::{Value, json};

use crate::sim::{Answer, Client, Fault, Kind, Service, SimCloud};
use crate::support::{Database, World, accepted, on_each_database, refused, wait_until};

on_each_database!(
    each_region_and_each_of_its_zones_is_one,
    zones_are_as_their_regions_last_told,
    a_name_is_given_once,
    two_regions_may_want_a_name_at_once,
    the_detail_has_hosts_and_their_services,
    a_region_that_does_not_tell_is_named,
    documents_of_servers_have_the_tops_names,
);

/// Names with whether each is available, in their order.
#[track_caller]
fn listed(answer: &Answer) -> Vec<(String, bool)> {
    assert_eq!(answer.status, 200, "{answer:?}");
    let document = answer.json();
    let zones = document["availabilityZoneInfo"].as_array().expect("a list");
    let zone = |zone: &Value| {
        assert_eq!(zone.as_object().map(serde_json::Map::len), Some(3), "{zone}");
        (
            zone["zoneName"].as_str().expect("a name").to_owned(),
            zone["zoneState"]["available"].as_bool().expect("either"),
        )
    };
    zones.iter().map(zone).collect()
}

/// As [`listed`] has it, from those available and those that are not.
fn zones_of(available: &[&str], not: &[&str]) -> Vec<(String, bool)> {
    let all = available.iter().map(|name| (name, true)).chain(not.iter().map(|name| (name, false)));
    all.map(|(name, is)| ((*name).to_owned(), is)).collect()
}

fn hosts(answer: &Answer, zone: &str) -> Value {
    let document = answer.json();
    let zones = document["availabilityZoneInfo"].as_array().expect("a list");
    zones.iter().find(|found| found["zoneName"] == zone).expect(zone)["hosts"].clone()
}

/// Two zones in `RegionTwo`; zones are read every second.
async fn start(database: &Arc<Database>) -> World {
    let cloud = SimCloud::start(&["RegionOne", "RegionTwo"]).await;
    cloud.region("RegionTwo").nova.set_zones(&["nova", "rack-2"]);
    World::over(cloud, database, |config| {
        config.sync.facts_period_s = 1;
        config.region.call_timeout_ms = 1_000;
    })
    .await
}

/// Waits until the short list is this.
async fn wait_listed(world: &World, available: &[&str], not: &[&str]) {
    let expected = zones_of(available, not);
    wait_until(&format!("{expected:?}"), async || listed(&world.demo().get("/os-availability-zone").await) == expected)
        .await;
}

async fn each_region_and_each_of_its_zones_is_one(database: Arc<Database>) {
    let world = start(&database).await;
    let all = ["RegionOne", "RegionOne-nova", "RegionTwo", "RegionTwo-nova", "RegionTwo-rack-2"];
    let compat = Client::new(format!("{}/v2", world.top.url));
    for (user, client) in [
        ("reader", world.user("reader", "2.1")),
        ("alt", world.user("alt", "2.104")),
        ("admin", world.user("admin", "2.101")),
        ("demo", compat.token(&world.cloud.token("demo"))),
    ] {
        let answer = client.get("/os-availability-zone").await;
        assert_eq!(listed(&answer), zones_of(&all, &[]), "{user}");
        for zone in all {
            assert_eq!(hosts(&answer, zone), Value::Null);
        }
    }
    for path in ["/os-availability-zone?a=1", "/os-availability-zone/detail?a=1"] {
        let message = refused(&world.user("admin", "2.102").get(path).await, 400);
        assert_eq!(message, "Additional properties are not allowed ('a' was unexpected)");
        assert_eq!(world.user("admin", "2.101").get(path).await.status, 200);
    }
}

async fn zones_are_as_their_regions_last_told(database: Arc<Database>) {
    let world = start(&database).await;
    let one = ["RegionOne", "RegionOne-nova"];
    let two = &world.two().nova;
    two.close_zones(&["rack-2"]);
    wait_listed(&world, &[&one[..], &["RegionTwo", "RegionTwo-nova"]].concat(), &["RegionTwo-rack-2"]).await;
    two.close_zones(&["rack-2", "nova"]);
    wait_listed(&world, &one, &["RegionTwo", "RegionTwo-nova", "RegionTwo-rack-2"]).await;
    two.close_zones(&[]);
    two.set_zones(&["nova"]);
    wait_listed(&world, &[&one[..], &["RegionTwo", "RegionTwo-nova"]].concat(), &[]).await;
    // It was there before, and so gets no other name.
    two.set_zones(&["rack-2", "nova"]);
    let all = [&one[..], &["RegionTwo", "RegionTwo-nova", "RegionTwo-rack-2"]].concat();
    wait_listed(&world, &all, &[]).await;
    // An answer that is none takes nothing away.
    let garbage = Fault::new(Kind::Garbage(200, "{}")).on(Service::Nova).path("/v2.1/os-availability-zone");
    world.two().faults.push(garbage.times(2));
    let asked = two.count("GET /os-availability-zone");
    wait_until("a whole look after it", async || two.count("GET /os-availability-zone") > asked + 2).await;
    wait_listed(&world, &all, &[]).await;
    // A region that takes no boots has no zone to boot in.
    regions::set_state(&world.db, &world.region_id("RegionOne"), "draining").await.expect("a state");
    world.top.app.load_regions().await.expect("regions");
    wait_listed(&world, &["RegionTwo", "RegionTwo-nova", "RegionTwo-rack-2"], &one).await;
    world.two().down().await;
    wait_listed(&world, &[], &all).await;
    world.two().up();
    wait_listed(&world, &["RegionTwo", "RegionTwo-nova", "RegionTwo-rack-2"], &one).await;
}

async fn a_name_is_given_once(database: Arc<Database>) {
    let cloud = SimCloud::start(&["RegionOne", "RegionTwo", "RegionOne-nova"]).await;
    let world = World::over(cloud, &database, |config| config.sync.facts_period_s = 1).await;
    let names = async || {
        let zones = zones::all(&world.db).await.expect("zones");
        zones.into_iter().map(|zone| (zone.region_id, zone.local_name, zone.top_name)).collect::<BTreeSet<_>>()
    };
    let expected =
        ["RegionOne", "RegionOne-nova", "RegionOne-nova-2", "RegionOne-nova-nova", "RegionTwo", "RegionTwo-nova"];
    let expected = BTreeSet::from(expected.map(str::to_owned));
    let given = names().await;
    let top: BTreeSet<String> = given.iter().map(|(.., name)| name.clone()).collect();
    assert_eq!(top, expected, "the second to come gets a number");
    let asked = world.one().nova.count("GET /os-availability-zone");
    wait_until("another look", async || world.one().nova.count("GET /os-availability-zone") > asked + 1).await;
    assert_eq!(names().await, given);
}

async fn the_detail_has_hosts_and_their_services(database: Arc<Database>) {
    let world = start(&database).await;
    for user in ["reader", "demo", "alt"] {
        let message = refused(&world.user(user, "2.1").get("/os-availability-zone/detail").await, 403);
        assert_eq!(message, "Policy doesn't allow os_compute_api:os-availability-zone:detail to be performed.");
    }
    let asked: u64 = world.cloud.regions().map(|region| region.nova.count("GET /os-availability-zone/detail")).sum();
    assert_eq!(asked, 0, "a refusal reached a region");
    world.two().nova.close_zones(&["rack-2"]);
    for version in ["2.1", "2.104"] {
        let answer = world.user("admin", version).get("/os-availability-zone/detail").await;
        let available =
            ["RegionOne", "RegionOne-internal", "RegionOne-nova", "RegionTwo", "RegionTwo-internal", "RegionTwo-nova"];
        assert_eq!(listed(&answer), zones_of(&available, &["RegionTwo-rack-2"]));
        assert_eq!(answer.header("x-cascade-missing"), None);
        let service = &hosts(&answer, "RegionTwo-nova")["regiontwo-host-1"]["nova-compute"];
        assert_eq!((&service["available"], &service["active"]), (&json!(true), &json!(true)));
        assert!(service["updated_at"].is_string(), "{service}");
        assert_eq!(hosts(&answer, "RegionTwo"), hosts(&answer, "RegionTwo-nova"), "less Nova's own services");
        assert_eq!(hosts(&answer, "RegionTwo-rack-2"), Value::Null);
        assert!(hosts(&answer, "RegionOne-internal")["controller"]["nova-scheduler"].is_object());
        assert_eq!(hosts(&answer, "RegionOne").as_object().map(serde_json::Map::len), Some(2));
    }
}

async fn a_region_that_does_not_tell_is_named(database: Arc<Database>) {
    let world = start(&database).await;
    let one = ["RegionOne", "RegionOne-internal", "RegionOne-nova"];
    let two = ["RegionTwo", "RegionTwo-nova", "RegionTwo-rack-2"];
    let admin = world.user("admin", "2.1");
    for kind in [
        Kind::Hang,
        Kind::Answer(500, "broken"),
        Kind::Answer(403, "not here"),
        Kind::Garbage(200, "<html>"),
        Kind::Garbage(200, "{}"),
        Kind::Cut,
        Kind::CloseBeforeEffect,
    ] {
        world.two().faults.push(Fault::new(kind.clone()).on(Service::Nova).path("/v2.1/os-availability-zone/detail"));
        let answer = tokio::time::timeout(Duration::from_secs(10), admin.get("/os-availability-zone/detail")).await;
        let answer = answer.expect("an answer in time");
        assert_eq!(listed(&answer), zones_of(&one, &two), "{kind:?}");
        assert_eq!(answer.header("x-cascade-missing"), Some("RegionTwo"), "{kind:?}");
        assert_eq!(hosts(&answer, "RegionTwo"), Value::Null);
        assert_eq!(hosts(&answer, "RegionOne").as_object().map(serde_json::Map::len), Some(2));
        world.two().faults.clear();
        wait_until("the region is up again", async || {
            let answer = admin.get("/os-availability-zone/detail").await;
            answer.header("x-cascade-missing").is_none()
        })
        .await;
    }
    world.one().down().await;
    world.two().down().await;
    let answer = admin.get("/os-availability-zone/detail").await;
    assert_eq!(listed(&answer), zones_of(&[], &[&["RegionOne", "RegionOne-nova"], &two[..]].concat()));
    assert_eq!(answer.headers.get_all("x-cascade-missing").iter().count(), 2);
}

async fn documents_of_servers_have_the_tops_names(database: Arc<Database>) {
    let world = start(&database).await;
    let admin = world.user("admin", "2.96");
    for (asked, shown, pinned) in [
        ("RegionTwo", "RegionTwo", json!("RegionTwo")),
        ("RegionTwo-nova", "RegionTwo-nova", json!("RegionTwo-nova")),
        ("RegionTwo-nova:regiontwo-host-1", "RegionTwo-nova", json!("RegionTwo-nova")),
        ("RegionTwo-nova:regiontwo-host-1:regiontwo-host-1", "RegionTwo-nova", json!("RegionTwo-nova")),
        ("RegionTwo:regiontwo-host-1", "RegionTwo", json!("RegionTwo")),
        ("RegionTwo-nova::regiontwo-host-1", "RegionTwo-nova", json!("RegionTwo-nova")),
    ] {
        let id = accepted(&admin.post("/servers", world.body_in(asked, asked)).await);
        let sent = world.two().nova.created_bodies().pop().expect("a boot")["server"]["availability_zone"].clone();
        let local = asked.replacen("RegionTwo-nova", "nova", 1).replacen("RegionTwo", "", 1);
        assert_eq!(sent.as_str().unwrap_or_default(), local, "{asked}");
        world.wait_status(&id, "ACTIVE").await;
        for path in [format!("/servers/{id}"), format!("/servers/detail?name=^{asked}$")] {
            let document = admin.get(&path).await.json();
            let server = document.get("server").unwrap_or(&document["servers"][0]);
            assert_eq!(server["OS-EXT-AZ:availability_zone"], shown, "{asked}");
            assert_eq!(server["pinned_availability_zone"], pinned, "{asked}");
        }
    }
}

/// Regions that come at once and want the same name, in the database alone.
async fn two_regions_may_want_a_name_at_once(database: Arc<Database>) {
    let world = World::start(&database).await;
    for round in 0..20 {
        let name = format!("east-{round}");
        let told = BTreeMap::from([(format!("rack-{round}"), true)]);
        let longer = format!("{name}-rack-{round}");
        let none = BTreeMap::new();
        let (ids, db) = ([format!("a{round}"), format!("b{round}")], &world.db);
        let (first, second) =
            tokio::join!(zones::store(db, &ids[0], &name, &told), zones::store(db, &ids[1], &longer, &none));
        first.expect("stored");
        second.expect("stored");
        let zones = zones::all(db).await.expect("zones");
        let own: BTreeSet<&str> =
            zones.iter().filter(|zone| ids.contains(&zone.region_id)).map(|zone| zone.top_name.as_str()).collect();
        assert_eq!(own, BTreeSet::from([name.as_str(), &longer, &format!("{longer}-2")]));
    }
}
