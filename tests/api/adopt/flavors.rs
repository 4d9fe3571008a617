//! Flavors of strangers.

use std::sync::Arc;

use serde_json::json;

use super::{adopting, cascade, shown, used, wait_listed};
use crate::sim::{SimRegion, nova};
use crate::support::{Database, World, on_each_database, wait_until};

on_each_database!(
    an_unknown_flavor_is_read_once_and_stands_disabled_on_top,
    one_name_in_two_regions_is_two_flavors,
    equal_flavors_of_two_regions_are_one,
    several_sizes_under_one_name_are_told_apart,
    what_stands_for_a_flavor_becomes_it_when_it_is_imported,
);

fn big(id: &str, vcpus: u64) -> nova::Flavor {
    let mut flavor = nova::Flavor::new(id, "own.big", vcpus, 16_384, 80);
    flavor.extra_specs.insert("hw:cpu_policy".into(), "dedicated".into());
    flavor
}

/// A server of demo's that is of this flavor, whether the region still has it or not.
fn of(region: &SimRegion, flavor: &nova::Flavor, name: &str) -> String {
    let flavor = Arc::new(flavor.clone());
    region.nova.add_server_with("demo", name, |server| server.flavor = flavor)
}

/// Id at 2.46, name and cores at 2.47.
async fn flavor_of(world: &World, id: &str) -> (String, String, u64) {
    let by_id = shown(world, "2.46", id).await["flavor"]["id"].as_str().expect("an id").to_owned();
    let flavor = shown(world, "2.47", id).await["flavor"].clone();
    let name = flavor["original_name"].as_str().expect("a name").to_owned();
    (by_id, name, flavor["vcpus"].as_u64().expect("cores"))
}

async fn an_unknown_flavor_is_read_once_and_stands_disabled_on_top(database: Arc<Database>) {
    let world = adopting(&database).await;
    // The region itself no longer has it.
    let flavor = big("x1", 8);
    let made = [of(world.one(), &flavor, "a"), of(world.one(), &flavor, "b")];
    wait_listed(&world, &[&made[0], &made[1]]).await;
    for id in &made {
        assert_eq!(flavor_of(&world, id).await, ("x1".into(), "own.big".into(), 8));
    }
    assert_eq!((used(&world, "cores").await, used(&world, "ram").await), (16, 32_768));
    let by_id = world.one().nova.seen_on("GET /servers/{id}");
    let by_id = by_id.iter().filter(|seen| seen.header("openstack-api-version") == Some("compute 2.46"));
    assert_eq!(by_id.count(), 1, "its id was asked for more than once");
    let top = world.user("admin", "2.61").get("/flavors/x1").await.json()["flavor"].clone();
    assert_eq!((&top["os-flavor-access:is_public"], &top["OS-FLV-DISABLED:disabled"]), (&json!(false), &json!(true)));
    assert_eq!((&top["disk"], &top["extra_specs"]), (&json!(80), &json!({"hw:cpu_policy": "dedicated"})));
    assert_eq!(world.demo().get("/flavors/x1").await.status, 404);
    assert_eq!(world.one().nova.flavors().len(), 3, "the region's flavors are its own");
    let third = of(world.one(), &flavor, "c");
    wait_listed(&world, &[&made[0], &made[1], &third]).await;
    assert_eq!(database.texts("SELECT flavor_id AS text FROM adopted_flavors").await, ["x1"]);
    // It can be resized away, and back only to what users have.
    let resize = json!({"resize": {"flavorRef": "1"}});
    assert_eq!(world.demo().post(&format!("/servers/{third}/action"), resize).await.status, 202);
    world.wait_status(&third, "VERIFY_RESIZE").await;
    assert_eq!(flavor_of(&world, &third).await.0, "1");
}

async fn one_name_in_two_regions_is_two_flavors(database: Arc<Database>) {
    let world = adopting(&database).await;
    let (eight, four) = (big("x1", 8), big("x1", 4));
    world.one().nova.put_flavor(eight.clone());
    world.two().nova.put_flavor(four.clone());
    let one = of(world.one(), &eight, "one");
    wait_listed(&world, &[&one]).await;
    let two = of(world.two(), &four, "two");
    wait_listed(&world, &[&one, &two]).await;
    assert_eq!(flavor_of(&world, &one).await, ("x1".into(), "own.big".into(), 8));
    let (id, name, vcpus) = flavor_of(&world, &two).await;
    assert!(id != "x1" && name.starts_with("own.big-") && vcpus == 4, "{id} {name} {vcpus}");
    // Later documents say the same.
    for (region, server) in [(world.one(), &one), (world.two(), &two)] {
        region.nova.rename(server, "renamed");
        wait_until("the new name", async || world.show(server).await["name"] == "renamed").await;
    }
    assert_eq!(flavor_of(&world, &one).await, ("x1".into(), "own.big".into(), 8));
    assert_eq!(flavor_of(&world, &two).await, (id, name, 4));
    assert_eq!(used(&world, "cores").await, 12);
}

async fn equal_flavors_of_two_regions_are_one(database: Arc<Database>) {
    let world = adopting(&database).await;
    let one = of(world.one(), &big("x1", 8), "one");
    wait_listed(&world, &[&one]).await;
    // Of another id there, as with ids that Nova gives.
    let two = of(world.two(), &big("y1", 8), "two");
    wait_listed(&world, &[&one, &two]).await;
    assert_eq!(flavor_of(&world, &one).await, flavor_of(&world, &two).await);
    // A flavor of the top that only has the name is none of it.
    let tiny = of(world.two(), &nova::Flavor::new("1", "m1.tiny", 2, 512, 1), "tiny");
    wait_listed(&world, &[&one, &two, &tiny]).await;
    let (id, name, vcpus) = flavor_of(&world, &tiny).await;
    assert!(id != "1" && name.starts_with("m1.tiny-") && vcpus == 2, "{id} {name}");
}

/// A flavor that was deleted below and made again of the same name, as Horizon once changed them.
async fn several_sizes_under_one_name_are_told_apart(database: Arc<Database>) {
    let world = adopting(&database).await;
    let old = of(world.one(), &big("x1", 8), "old");
    let new = of(world.one(), &big("x2", 4), "new");
    wait_listed(&world, &[&old, &new]).await;
    let before = (flavor_of(&world, &old).await, flavor_of(&world, &new).await);
    assert_eq!((before.0.0.as_str(), before.1.0.as_str()), ("x1", "x2"));
    assert_ne!(before.0.1, before.1.1);
    for id in [&old, &new] {
        world.one().nova.rename(id, "renamed");
        wait_until("the new name", async || world.show(id).await["name"] == "renamed").await;
    }
    assert_eq!((flavor_of(&world, &old).await, flavor_of(&world, &new).await), before);
}

async fn what_stands_for_a_flavor_becomes_it_when_it_is_imported(database: Arc<Database>) {
    let world = adopting(&database).await;
    let flavor = big("x1", 8);
    world.one().nova.put_flavor(flavor.clone());
    let id = of(world.one(), &flavor, "own");
    wait_listed(&world, &[&id]).await;
    let said = cascade(&world.top.app.config, &["flavor", "import", "RegionOne"]).await;
    assert!(said.good && said.out.contains("1 added, 3 the same already, 0 in conflict"), "{} {}", said.out, said.err);
    let top = world.user("demo", "2.61").get("/flavors/x1").await.json()["flavor"].clone();
    assert_eq!((&top["os-flavor-access:is_public"], &top["OS-FLV-DISABLED:disabled"]), (&json!(true), &json!(false)));
    world.one().nova.rename(&id, "renamed");
    wait_until("the new name", async || world.show(&id).await["name"] == "renamed").await;
    assert_eq!(flavor_of(&world, &id).await, ("x1".into(), "own.big".into(), 8));
    let mut body = world.body_in("RegionOne", "more");
    body["server"]["flavorRef"] = json!("x1");
    let booted = world.demo().post("/servers", body).await;
    assert_eq!(booted.status, 202, "{booted:?}");
    assert_eq!(world.one().nova.flavors().len(), 4, "the region's own is used");
}
