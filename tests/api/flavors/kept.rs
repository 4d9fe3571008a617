//! Regions are kept equal to what the top says of the flavors they have of it, and no others are touched.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};

use super::{add_special, simulated};
use crate::sim::{Fault, Kind, Service, SimRegion, nova};
use crate::support::{Database, World, accepted, on_each_database, refused, wait_until};

on_each_database!(
    a_change_on_top_reaches_the_regions_that_have_the_flavor,
    a_boot_sees_what_was_changed_before_it,
    a_region_that_cannot_be_brought_to_it_gets_no_boot,
    what_a_region_changes_is_brought_back,
    a_flavor_that_a_region_made_anew_is_told_apart,
    a_deleted_flavor_goes_where_the_top_made_it,
    a_region_that_was_down_is_brought_to_it_later,
    a_flavor_that_is_made_anew_takes_the_place_of_the_deleted,
    a_flavor_of_a_deleted_ones_name_is_another,
);

async fn boot(world: &World, zone: &str, flavor: &str) -> String {
    let mut body = world.body_in(zone, "web");
    body["server"]["flavorRef"] = json!(flavor);
    let id = accepted(&world.demo().post("/servers", body).await);
    world.wait_status(&id, "ACTIVE").await;
    id
}

/// Waits until the region has a flavor like this, under its id.
async fn wait_equal(region: &SimRegion, wanted: &nova::Flavor) {
    wait_until(&format!("{wanted:?}"), async || region.nova.flavor(&wanted.id).is_some_and(|there| *there == *wanted))
        .await;
}

async fn wait_gone(region: &SimRegion, id: &str) {
    wait_until(&format!("flavor {id} gone"), async || region.nova.flavor(id).is_none()).await;
}

async fn set_spec(world: &World, key: &str, value: &str) {
    let body = json!({"extra_specs": {key: value}});
    assert_eq!(world.user("admin", "2.61").post("/flavors/42/os-extra_specs", body).await.status, 200);
}

async fn a_change_on_top_reaches_the_regions_that_have_the_flavor(database: Arc<Database>) {
    let world = World::start(&database).await;
    add_special(&world).await;
    boot(&world, "RegionTwo", "42").await;
    let mut wanted = simulated(&world);
    wait_equal(world.two(), &wanted).await;
    let admin = world.user("admin", "2.61");
    let alt = world.cloud.keystone.project_id("alt");

    set_spec(&world, "a b", "c").await;
    wanted.extra_specs.insert("a b".into(), "c".into());
    wait_equal(world.two(), &wanted).await;
    for key in ["x:y", "a%20b"] {
        assert_eq!(admin.delete(&format!("/flavors/42/os-extra_specs/{key}")).await.status, 200);
    }
    wanted.extra_specs.retain(|key, _| key == "hw:cpu_policy");
    wait_equal(world.two(), &wanted).await;
    for (action, project) in
        [("addTenantAccess", alt.clone()), ("removeTenantAccess", wanted.projects.pop_first().unwrap())]
    {
        assert_eq!(admin.post("/flavors/42/action", json!({ action: {"tenant": project} })).await.status, 200);
    }
    wanted.projects = BTreeSet::from([alt]);
    wait_equal(world.two(), &wanted).await;
    let described = json!({"flavor": {"description": "for others"}});
    assert_eq!(admin.put("/flavors/42", described).await.status, 200);
    wanted.description = Some("for others".into());
    wait_equal(world.two(), &wanted).await;
    assert_eq!(world.two().nova.count("POST /flavors"), 1, "never made again");
    assert_eq!(world.two().nova.count("DELETE /flavors/{id}"), 0);
    assert!(world.one().nova.flavor("42").is_none(), "only where it was");
}

async fn a_boot_sees_what_was_changed_before_it(database: Arc<Database>) {
    let world = World::start(&database).await;
    add_special(&world).await;
    for number in 0..4 {
        set_spec(&world, "number", &number.to_string()).await;
        let boots = ["RegionOne", "RegionTwo"].map(|zone| boot(&world, zone, "42"));
        let [one, two] = boots;
        for (region, id) in [(world.one(), one.await), (world.two(), two.await)] {
            let specs = region.nova.inspect(&id, |server| server.flavor.extra_specs.clone()).expect("the server");
            assert_eq!(specs.get("number"), Some(&number.to_string()), "{}", region.name);
            let shown = world.user("demo", "2.47").get(&format!("/servers/{id}")).await.json();
            assert_eq!(shown["server"]["flavor"]["extra_specs"]["number"], number.to_string());
        }
    }
}

async fn a_region_that_cannot_be_brought_to_it_gets_no_boot(database: Arc<Database>) {
    let world = World::start(&database).await;
    add_special(&world).await;
    boot(&world, "RegionTwo", "42").await;
    let refusal = Fault::new(Kind::Answer(500, "not now")).on(Service::Nova).method("POST");
    world.two().faults.push(refusal.path("/v2.1/flavors/42/os-extra_specs"));
    set_spec(&world, "new", "1").await;
    let sent = world.boots_sent();
    let mut body = world.body_in("RegionTwo", "web");
    body["server"]["flavorRef"] = json!("42");
    let message = refused(&world.demo().post("/servers", body).await, 503);
    assert!(message.contains("not now"), "{message}");
    assert_eq!(world.boots_sent(), sent);
    // The other one has it as it is now.
    let id = boot(&world, "RegionOne", "42").await;
    let specs = world.one().nova.inspect(&id, |server| server.flavor.extra_specs.clone()).expect("the server");
    assert_eq!(specs.get("new").map(String::as_str), Some("1"));
    world.two().faults.clear();
    boot(&world, "RegionTwo", "42").await;
}

async fn what_a_region_changes_is_brought_back(database: Arc<Database>) {
    let world = World::with(&database, |config| config.sync.owned_period_s = 1).await;
    add_special(&world).await;
    boot(&world, "RegionTwo", "42").await;
    let wanted = simulated(&world);
    let mut own = nova::Flavor::new("own", "their.own", 8, 16_384, 80);
    own.extra_specs.insert("hw:cpu_policy".into(), "shared".into());
    world.two().nova.put_flavor(own.clone());
    let mut changed = wanted.clone();
    changed.extra_specs.clear();
    changed.extra_specs.insert("hw:cpu_policy".into(), "shared".into());
    changed.extra_specs.insert("more".into(), "1".into());
    changed.description = None;
    changed.projects = BTreeSet::from([world.cloud.keystone.project_id("alt")]);
    world.two().nova.put_flavor(changed);
    wait_equal(world.two(), &wanted).await;
    // Access alone is no part of the documents.
    let mut changed = wanted.clone();
    changed.projects.clear();
    world.two().nova.put_flavor(changed);
    wait_equal(world.two(), &wanted).await;
    world.two().nova.remove_flavor("42");
    wait_equal(world.two(), &wanted).await;
    assert_eq!(*world.two().nova.flavor("own").expect("still there"), own);
    let seen = "SELECT CAST(checked_at AS CHAR) AS text FROM flavor_regions";
    let before = database.texts(seen).await;
    wait_until("another look", async || database.texts(seen).await != before).await;
}

/// Somebody deletes the flavor in the region and makes another of its id: theirs is left alone.
async fn a_flavor_that_a_region_made_anew_is_told_apart(database: Arc<Database>) {
    let world = World::with(&database, |config| config.sync.owned_period_s = 1).await;
    add_special(&world).await;
    let before = boot(&world, "RegionTwo", "42").await;
    let other = nova::Flavor::new("42", "g1.special", 1, 128, 1);
    world.two().nova.put_flavor(other.clone());
    let ours = |flavor: &Arc<nova::Flavor>| flavor.id != "42" && flavor.name.starts_with("g1.special-");
    wait_until("one under another name", async || world.two().nova.flavors().iter().any(ours)).await;
    let after = boot(&world, "RegionTwo", "42").await;
    let flavor = world.two().nova.inspect(&after, |server| server.flavor.clone()).expect("the server");
    assert!(ours(&flavor) && flavor.vcpus == 8, "{flavor:?}");
    assert_eq!(*world.two().nova.flavor("42").expect("theirs"), other);
    for id in [before, after] {
        world.two().nova.rename(&id, "renamed");
        shows(&world, &id, "42", "g1.special").await;
    }
}

/// The server, once it has been read again, is of this flavor.
async fn shows(world: &World, id: &str, flavor_id: &str, flavor_name: &str) {
    let shown = async |version: &str| -> Value {
        world.user("admin", version).get(&format!("/servers/{id}")).await.json()["server"].clone()
    };
    wait_until("the server as renamed", async || shown("2.1").await["name"] == "renamed").await;
    assert_eq!(shown("2.46").await["flavor"]["id"], flavor_id);
    assert_eq!(shown("2.47").await["flavor"]["original_name"], flavor_name);
}

async fn a_deleted_flavor_goes_where_the_top_made_it(database: Arc<Database>) {
    let world = World::start(&database).await;
    add_special(&world).await;
    // RegionOne has had an equal one of its own; in RegionTwo the id is taken.
    world.one().nova.put_flavor(simulated(&world));
    let other = nova::Flavor::new("42", "something.else", 1, 128, 1);
    world.two().nova.put_flavor(other.clone());
    let servers = [boot(&world, "RegionOne", "42").await, boot(&world, "RegionTwo", "42").await];
    let local = world.two().nova.inspect(&servers[1], |server| server.flavor.id.clone()).expect("the server");
    assert_ne!(local, "42");
    assert_eq!(world.user("admin", "2.1").delete("/flavors/42").await.status, 202);
    wait_gone(world.two(), &local).await;
    assert_eq!(*world.two().nova.flavor("42").expect("theirs"), other);
    assert_eq!(*world.one().nova.flavor("42").expect("theirs"), simulated(&world));
    for (region, id) in [(world.one(), &servers[0]), (world.two(), &servers[1])] {
        region.nova.rename(id, "renamed");
        shows(&world, id, "42", "g1.special").await;
    }
}

async fn a_region_that_was_down_is_brought_to_it_later(database: Arc<Database>) {
    let world = World::with(&database, |config| config.sync.owned_period_s = 2).await;
    add_special(&world).await;
    for zone in ["RegionOne", "RegionTwo"] {
        boot(&world, zone, "42").await;
    }
    world.two().faults.push(Fault::new(Kind::CloseBeforeBody).on(Service::Nova));
    set_spec(&world, "new", "1").await;
    let mut wanted = simulated(&world);
    wanted.extra_specs.insert("new".into(), "1".into());
    wait_equal(world.one(), &wanted).await;
    assert_eq!(*world.two().nova.flavor("42").expect("as it was"), simulated(&world));
    world.two().faults.clear();
    wait_equal(world.two(), &wanted).await;
    world.two().faults.push(Fault::new(Kind::CloseBeforeBody).on(Service::Nova));
    assert_eq!(world.user("admin", "2.1").delete("/flavors/42").await.status, 202);
    wait_gone(world.one(), "42").await;
    world.two().faults.clear();
    wait_gone(world.two(), "42").await;
}

async fn a_flavor_that_is_made_anew_takes_the_place_of_the_deleted(database: Arc<Database>) {
    let world = World::start(&database).await;
    add_special(&world).await;
    let before = boot(&world, "RegionTwo", "42").await;
    let admin = world.user("admin", "2.1");
    // Not even the first background look has passed, as far as the test can help it.
    assert_eq!(admin.delete("/flavors/42").await.status, 202);
    let body = json!({"flavor": {"id": "42", "name": "g1.special", "vcpus": 2, "ram": 256, "disk": 1}});
    assert_eq!(admin.post("/flavors", body).await.status, 200);
    let after = boot(&world, "RegionTwo", "42").await;
    assert_eq!(*world.two().nova.flavor("42").expect("ours"), nova::Flavor::new("42", "g1.special", 2, 256, 1));
    assert_eq!(world.two().nova.flavors().len(), 4, "one more than the region has itself");
    for (id, vcpus) in [(before, 8), (after, 2)] {
        world.two().nova.rename(&id, "renamed");
        shows(&world, &id, "42", "g1.special").await;
        let shown = world.user("demo", "2.47").get(&format!("/servers/{id}")).await.json();
        assert_eq!(shown["server"]["flavor"]["vcpus"], vcpus);
    }
}

/// As Horizon changes a flavor: by deleting it and making another of its name.
async fn a_flavor_of_a_deleted_ones_name_is_another(database: Arc<Database>) {
    let world = World::start(&database).await;
    add_special(&world).await;
    let before = boot(&world, "RegionTwo", "42").await;
    let admin = world.user("admin", "2.1");
    assert_eq!(admin.delete("/flavors/42").await.status, 202);
    let body = json!({"flavor": {"id": "43", "name": "g1.special", "vcpus": 2, "ram": 256, "disk": 1}});
    assert_eq!(admin.post("/flavors", body).await.status, 200);
    let after = boot(&world, "RegionTwo", "43").await;
    for (id, flavor) in [(&before, "42"), (&after, "43")] {
        world.two().nova.rename(id, "renamed");
        shows(&world, id, flavor, "g1.special").await;
    }
    wait_gone(world.two(), "42").await;
    // A resize to the new one of the same name.
    let resize = json!({"resize": {"flavorRef": "43"}});
    assert_eq!(world.demo().post(&format!("/servers/{before}/action"), resize).await.status, 202);
    wait_until("the new flavor", async || world.show(&before).await["flavor"]["id"] == "43").await;
}
