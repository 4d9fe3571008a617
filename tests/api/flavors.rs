//! `/flavors`: the top's own, and how they come into a region.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use nova_cascade::db::flavors::{self, Flavor};
use serde_json::{Value, json};

use crate::sim::{Answer, Fault, Kind, Service, SimCloud, nova};
use crate::support::{Database, World, accepted, flavor, on_each_database, refused, wait_until};

on_each_database!(
    documents_are_novas,
    lists_are_filtered,
    lists_are_paged_and_sorted,
    private_flavors_are_for_their_projects,
    a_flavor_is_pushed_on_first_use,
    what_a_region_has_otherwise_is_not_touched,
    a_flavor_that_cannot_be_pushed_sends_the_boot_elsewhere,
    a_flavor_that_a_region_lost_is_pushed_again,
    a_region_before_extra_specs_in_flavors_gets_them_too,
    a_private_flavor_that_is_there_gets_the_tops_access,
);

/// Extra specs, swap, ephemeral disk, a description, and access for demo alone.
fn special() -> Flavor {
    Flavor {
        vcpus: 8,
        ram_mb: 16_384,
        disk_gb: 80,
        ephemeral_gb: 10,
        swap_mb: 512,
        is_public: false,
        description: Some("for the few".into()),
        extra_specs: json!({"hw:cpu_policy": "dedicated", "x:y": "z"}).to_string(),
        ..flavor("42", "g1.special")
    }
}

async fn add_special(world: &World) {
    let demo = world.cloud.keystone.project_id("demo");
    flavors::import(&world.db, &special(), &[demo]).await.expect("a flavor");
}

/// The same one in a simulated region.
fn simulated(world: &World) -> nova::Flavor {
    let mut same = nova::Flavor::new("42", "g1.special", 8, 16_384, 80);
    (same.ephemeral, same.swap, same.is_public) = (10, 512, false);
    same.description = Some("for the few".into());
    same.extra_specs =
        BTreeMap::from([("hw:cpu_policy", "dedicated"), ("x:y", "z")].map(|(k, v)| (k.into(), v.into())));
    same.projects = BTreeSet::from([world.cloud.keystone.project_id("demo")]);
    same
}

async fn documents_are_novas(database: Arc<Database>) {
    let world = World::start(&database).await;
    add_special(&world).await;
    world.one().nova.put_flavor(simulated(&world));
    let base = world.one().url(Service::Nova).replace("/v2.1", "");
    for version in ["2.1", "2.54", "2.55", "2.61", "2.74", "2.75", "2.102", "2.104"] {
        for user in ["reader", "demo", "alt", "admin"] {
            for path in ["/flavors", "/flavors/detail", "/flavors/1", "/flavors/42", "/flavors?is_public=None"] {
                let below = world.below(world.one(), user, version).get(path).await;
                let on_top = world.user(user, version).get(path).await;
                assert_eq!(on_top.status, below.status, "{path} as {user} at {version}");
                let text = below.json().to_string().replace(&base, &world.top.url);
                let expected: Value = serde_json::from_str(&text).unwrap();
                assert_eq!(on_top.json(), expected, "{path} as {user} at {version}");
            }
        }
    }
}

#[track_caller]
fn ids(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["flavors"].as_array().unwrap().iter().map(|f| f["id"].as_str().unwrap().to_owned()).collect()
}

async fn lists_are_filtered(database: Arc<Database>) {
    let world = World::start(&database).await;
    add_special(&world).await;
    let hidden = Flavor { disabled: true, ..flavor("5", "hidden") };
    flavors::import(&world.db, &hidden, &[]).await.unwrap();
    let listed = async |user: &str, version: &str, query: &str| {
        ids(&world.user(user, version).get(&format!("/flavors{query}")).await).join(" ")
    };
    assert_eq!(listed("alt", "2.1", "").await, "1 2 3");
    assert_eq!(listed("demo", "2.1", "").await, "1 2 3 42");
    assert_eq!(listed("alt", "2.1", "?minRam=2048").await, "2 3");
    assert_eq!(listed("alt", "2.1", "?minRam=2048&minDisk=40").await, "3");
    assert_eq!(listed("admin", "2.1", "").await, "1 2 3 5");
    assert_eq!(listed("admin", "2.1", "?is_public=False").await, "42");
    assert_eq!(listed("admin", "2.1", "?is_public=None").await, "1 2 3 42 5");
    assert_eq!(listed("alt", "2.1", "?is_public=None").await, "1 2 3", "not theirs to ask");
    assert_eq!(listed("alt", "2.74", "?frob=1").await, "1 2 3");
    for (user, query, message) in [
        ("alt", "minRam=x", "Invalid minRam filter [x]"),
        ("alt", "minDisk=x", "Invalid minDisk filter [x]"),
        ("admin", "is_public=x", "Invalid is_public filter [x]"),
    ] {
        assert_eq!(refused(&world.user(user, "2.1").get(&format!("/flavors?{query}")).await, 400), message);
    }
    let message = refused(&world.user("alt", "2.75").get("/flavors/detail?frob=1").await, 400);
    assert_eq!(message, "Additional properties are not allowed ('frob' was unexpected)");
}

async fn lists_are_paged_and_sorted(database: Arc<Database>) {
    let world = World::with(&database, |config| config.api.items_per_page_max = 2).await;
    let demo = world.demo();
    let first = demo.get("/flavors/detail?limit=7").await;
    assert_eq!(ids(&first), ["1", "2"]);
    let link = first.json()["flavors_links"][0]["href"].as_str().expect("a link").to_owned();
    assert_eq!(link, format!("{}/v2.1/flavors/detail?limit=7&marker=2", world.top.url));
    let second = demo.get("/flavors/detail?limit=7&marker=2").await;
    assert_eq!(ids(&second), ["3"]);
    assert!(second.json().get("flavors_links").is_none());
    let none = demo.get("/flavors?limit=0").await;
    assert!(ids(&none).is_empty() && none.json().get("flavors_links").is_none());
    assert_eq!(ids(&demo.get("/flavors?sort_key=memory_mb&sort_dir=desc").await), ["3", "2"]);
    assert_eq!(ids(&demo.get("/flavors?sort_key=name").await), ["3", "2"]);
    assert_eq!(refused(&demo.get("/flavors?marker=77").await, 400), "marker [77] not found");
    refused(&demo.get("/flavors?limit=-1").await, 400);
    refused(&demo.get("/flavors?sort_key=colour").await, 400);
    refused(&demo.get("/flavors?sort_dir=up").await, 400);
}

async fn private_flavors_are_for_their_projects(database: Arc<Database>) {
    let world = World::start(&database).await;
    add_special(&world).await;
    let mut body = world.body("web");
    body["server"]["flavorRef"] = json!("42");
    let message = refused(&world.user("alt", "2.1").post("/servers", body.clone()).await, 400);
    assert_eq!(message, "Flavor 42 could not be found.");
    assert_eq!(refused(&world.user("alt", "2.1").get("/flavors/42").await, 404), message);
    assert_eq!(world.user("admin", "2.1").get("/flavors/42").await.status, 200);
    assert_eq!(world.boots_sent(), 0);
    accepted(&world.demo().post("/servers", body).await);
}

async fn a_flavor_is_pushed_on_first_use(database: Arc<Database>) {
    let world = World::start(&database).await;
    add_special(&world).await;
    let boots = (0..4).map(async |number| {
        let mut body = world.body_in("RegionTwo", &format!("s{number}"));
        body["server"]["flavorRef"] = json!("42");
        accepted(&world.demo().post("/servers", body).await)
    });
    let made = futures_util::future::join_all(boots).await;
    let there = world.two().nova.flavor("42").expect("the flavor");
    assert_eq!(*there, simulated(&world));
    assert_eq!(world.two().nova.count("POST /flavors"), 1, "once for all boots");
    assert!(world.one().nova.flavor("42").is_none(), "only where it is used");
    for id in made {
        world.wait_status(&id, "ACTIVE").await;
        assert_eq!(world.two().nova.inspect(&id, |server| server.flavor.id.clone()).as_deref(), Some("42"));
        let shown = world.user("demo", "2.47").get(&format!("/servers/{id}")).await.json();
        assert_eq!(shown["server"]["flavor"]["original_name"], "g1.special");
        assert_eq!(shown["server"]["flavor"]["extra_specs"], json!({"hw:cpu_policy": "dedicated", "x:y": "z"}));
    }
}

async fn what_a_region_has_otherwise_is_not_touched(database: Arc<Database>) {
    let world = World::start(&database).await;
    add_special(&world).await;
    let by_id = nova::Flavor::new("42", "something.else", 1, 128, 1);
    let by_name = nova::Flavor::new("77", "g1.special", 2, 256, 2);
    for (zone, region, other) in [("RegionOne", world.one(), by_id), ("RegionTwo", world.two(), by_name)] {
        region.nova.put_flavor(other.clone());
        let mut body = world.body_in(zone, "web");
        body["server"]["flavorRef"] = json!("42");
        let id = accepted(&world.demo().post("/servers", body.clone()).await);
        accepted(&world.demo().post("/servers", body).await);
        assert_eq!(*region.nova.flavor(&other.id).expect("still there"), other, "{zone}");
        assert_eq!(region.nova.flavors().len(), 5, "{zone}: one more for both boots");
        let (local_id, local_name) =
            region.nova.inspect(&id, |server| (server.flavor.id.clone(), server.flavor.name.clone())).unwrap();
        assert!(local_id != other.id && local_name != other.name, "{local_id} {local_name}");
        let ours = region.nova.flavor(&local_id).expect("ours");
        let named = nova::Flavor { id: local_id, name: local_name, ..simulated(&world) };
        assert_eq!(*ours, named, "the same in all but its names");
        let active = world.wait_status(&id, "ACTIVE").await;
        assert_eq!(active["flavor"]["id"], "42");
        for user in ["demo", "admin"] {
            let shown = world.user(user, "2.47").get(&format!("/servers/{id}")).await.json();
            assert_eq!(shown["server"]["flavor"]["original_name"], "g1.special");
            assert_eq!(shown["server"]["flavor"]["vcpus"], 8);
        }
    }
}

async fn a_flavor_that_cannot_be_pushed_sends_the_boot_elsewhere(database: Arc<Database>) {
    let world = World::start(&database).await;
    add_special(&world).await;
    let refusal = Fault::new(Kind::Answer(403, "no flavors here")).on(Service::Nova);
    world.one().faults.push(refusal.method("POST").path("/v2.1/flavors"));
    let mut body = world.body("web");
    body["server"]["flavorRef"] = json!("42");
    for _ in 0..2 {
        let id = accepted(&world.demo().post("/servers", body.clone()).await);
        assert!(world.two().nova.ids().contains(&id));
    }
    body["server"]["availability_zone"] = json!("RegionOne");
    let message = refused(&world.demo().post("/servers", body).await, 503);
    assert!(message.contains("no flavors here"), "{message}");
}

async fn a_flavor_that_a_region_lost_is_pushed_again(database: Arc<Database>) {
    let world = World::start(&database).await;
    add_special(&world).await;
    let mut body = world.body_in("RegionTwo", "web");
    body["server"]["flavorRef"] = json!("42");
    for _ in 0..2 {
        accepted(&world.demo().post("/servers", body.clone()).await);
        assert_eq!(*world.two().nova.flavor("42").expect("the flavor"), simulated(&world));
        world.two().nova.remove_flavor("42");
    }
    assert_eq!(world.two().nova.ids().len(), 2);
    world.wait_no_intents().await;
}

async fn a_region_before_extra_specs_in_flavors_gets_them_too(database: Arc<Database>) {
    let cloud = SimCloud::start(&["RegionOne", "RegionTwo"]).await;
    cloud.region("RegionTwo").nova.set_max_minor(42);
    let world = World::over(cloud, &database, |_| {}).await;
    add_special(&world).await;
    let mut body = world.body_in("RegionTwo", "web");
    body["server"]["flavorRef"] = json!("42");
    for _ in 0..2 {
        let id = accepted(&world.user("demo", "2.42").post("/servers", body.clone()).await);
        wait_until("the server", async || world.two().nova.status(&id) == Some("ACTIVE")).await;
        // The second boot finds it again, extra specs and all.
        database.execute("DELETE FROM flavor_regions").await;
        world.top.app.ensured_flavors.invalidate_all();
    }
    let there = world.two().nova.flavor("42").expect("the flavor");
    assert_eq!(there.extra_specs, simulated(&world).extra_specs);
    assert_eq!(world.two().nova.count("POST /flavors"), 1);
}

async fn a_private_flavor_that_is_there_gets_the_tops_access(database: Arc<Database>) {
    let world = World::start(&database).await;
    add_special(&world).await;
    let mut there = simulated(&world);
    there.projects.clear();
    world.two().nova.put_flavor(there);
    let mut body = world.body_in("RegionTwo", "web");
    body["server"]["flavorRef"] = json!("42");
    accepted(&world.demo().post("/servers", body).await);
    assert_eq!(*world.two().nova.flavor("42").expect("the flavor"), simulated(&world));
}
