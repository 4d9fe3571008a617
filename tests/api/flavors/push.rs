//! How flavors come into a region.

use std::sync::Arc;
use std::time::Duration;

use nova_cascade::app::App;
use nova_cascade::cascade::ensure;
use nova_cascade::db::flavors;
use serde_json::json;

use super::{add_special, simulated};
use crate::sim::{Fault, Kind, Service, SimCloud, nova};
use crate::support::{Database, World, accepted, on_each_database, refused, wait_until};

on_each_database!(
    a_flavor_is_pushed_on_first_use,
    what_a_region_has_otherwise_is_not_touched,
    names_that_a_region_cannot_tell_apart_are_in_the_way,
    a_flavor_that_cannot_be_pushed_sends_the_boot_elsewhere,
    a_flavor_that_a_region_lost_is_pushed_again,
    a_push_that_broke_off_is_completed,
    two_processes_at_once_make_one,
    a_region_before_extra_specs_in_flavors_gets_them_too,
    a_private_flavor_that_is_there_gets_the_tops_access,
    a_project_that_is_gone_keeps_no_flavor_away,
);

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

async fn names_that_a_region_cannot_tell_apart_are_in_the_way(database: Arc<Database>) {
    let world = World::start(&database).await;
    add_special(&world).await;
    let other = nova::Flavor::new("77", "G1.Special", 2, 256, 2);
    world.two().nova.put_flavor(other.clone());
    let mut body = world.body_in("RegionTwo", "web");
    body["server"]["flavorRef"] = json!("42");
    accepted(&world.demo().post("/servers", body).await);
    assert_eq!(*world.two().nova.flavor("77").expect("still there"), other);
    let ours = world.two().nova.flavor("42").expect("ours");
    assert!(ours.name.starts_with("g1.special-"), "{}", ours.name);
}

/// The region makes the flavor, and its answer is lost; then the extra specs fail. Nothing is made twice.
async fn a_push_that_broke_off_is_completed(database: Arc<Database>) {
    let world = World::start(&database).await;
    add_special(&world).await;
    let lost = Fault::new(Kind::CloseAfterEffect).on(Service::Nova).method("POST");
    world.two().faults.push(lost.path("/v2.1/flavors").times(1));
    let mut body = world.body_in("RegionTwo", "web");
    body["server"]["flavorRef"] = json!("42");
    refused(&world.demo().post("/servers", body.clone()).await, 503);
    let failed = Fault::new(Kind::Answer(500, "not now")).on(Service::Nova).method("POST");
    world.two().faults.push(failed.path("/v2.1/flavors/42/os-extra_specs").times(1));
    wait_until("the flavor, whole", async || {
        let _ = world.demo().post("/servers", body.clone()).await;
        world.two().nova.flavor("42").is_some_and(|flavor| *flavor == simulated(&world))
    })
    .await;
    accepted(&world.demo().post("/servers", body).await);
    assert_eq!(world.two().nova.flavors().len(), 4, "one more than there was");
    assert_eq!(world.two().nova.count("POST /flavors"), 1);
}

async fn a_project_that_is_gone_keeps_no_flavor_away(database: Arc<Database>) {
    let world = World::start(&database).await;
    add_special(&world).await;
    flavors::add_access(&world.db, "42", "gone").await.expect("access");
    let refusal = Fault::new(Kind::Answer(400, "Project ID gone is not a valid project.")).on(Service::Nova);
    world.two().faults.push(refusal.method("POST").path("/v2.1/flavors/42/action").after(1));
    let mut body = world.body_in("RegionTwo", "web");
    body["server"]["flavorRef"] = json!("42");
    accepted(&world.demo().post("/servers", body).await);
    assert_eq!(*world.two().nova.flavor("42").expect("the flavor"), simulated(&world));
}

/// Both have seen that the region has no such flavor before either makes it.
async fn two_processes_at_once_make_one(database: Arc<Database>) {
    let world = World::start(&database).await;
    add_special(&world).await;
    let other = App::new(world.top.app.config.clone(), database.open()).expect("a process");
    other.load_regions().await.expect("the regions");
    let slow = Fault::new(Kind::DelayAfter(Duration::from_millis(200))).on(Service::Nova);
    world.two().faults.push(slow.method("GET").path("/v2.1/flavors/detail"));
    let flavor = flavors::get(&world.db, "42").await.unwrap().expect("the flavor");
    let bring = async |app: &Arc<App>| {
        let region = app.registry.by_name("RegionTwo").expect("the region");
        ensure::flavor::ensure(app, &region, &flavor).await.expect("its id there")
    };
    let (one, two) = tokio::join!(bring(&world.top.app), bring(&other));
    assert_eq!((one.as_str(), two.as_str()), ("42", "42"));
    assert_eq!(*world.two().nova.flavor("42").expect("the flavor"), simulated(&world));
    assert_eq!(world.two().nova.flavors().len(), 4, "one more than there was");
}
