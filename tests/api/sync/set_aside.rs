//! What belongs to another region is not stored twice: a server is set aside, a whole region is not used.

use std::sync::Arc;

use serde_json::json;

use crate::sim::{Fault, Kind, Service};
use crate::support::{Database, World, command_line, on_each_database, wait_until};

on_each_database!(a_server_that_another_region_has_is_set_aside, a_region_under_a_second_name_is_not_used);

const LIST: &str = "/v2.1/servers/detail";

async fn a_server_that_another_region_has_is_set_aside(database: Arc<Database>) {
    let world = World::start(&database).await;
    let made = world.populate(world.one(), 3).await;
    world.one().faults.push(Fault::new(Kind::Answer(500, "no")).on(Service::Nova).path(LIST));
    world.rounds(world.one(), 1).await;
    let marker = json!([uuid::Uuid::new_v4().to_string()]);
    let twice = world.one().nova.add_server_with("demo", "twice", |server| {
        server.hints.insert("cascade_intent".into(), marker);
    });
    let two = world.region_id("RegionTwo");
    let mapping = format!(
        "INSERT INTO server_mappings (region_id, local_id, server_id, `current`, intent_id, created_at) \
         VALUES ('{two}', '{twice}', '{twice}', TRUE, NULL, 0)"
    );
    database.execute(&mapping).await;
    world.one().faults.clear();
    let aside = async || database.texts("SELECT local_id AS text FROM set_aside").await;
    wait_until("it is set aside", async || aside().await == [twice.clone()]).await;
    world.one().nova.rename(&made[0], "goes on");
    wait_until("the others go on", async || world.show(&made[0]).await["name"] == "goes on").await;
    assert_eq!(world.live(world.one()).await, made);
    let said = command_line(&world, &["region", "status"]).await;
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    let line = format!("RegionOne: 1 servers cannot be stored and are set aside; the last: {twice}: RegionTwo has");
    assert!(text.contains(&line), "{text}");

    database.execute(&format!("DELETE FROM server_mappings WHERE region_id = '{two}'")).await;
    world.one().nova.rename(&twice, "once");
    wait_until("it is stored", async || world.live(world.one()).await.contains(&twice)).await;
    world.one().nova.rename(&twice, "again");
    wait_until("it is not set aside any more", async || aside().await.is_empty()).await;
}

async fn a_region_under_a_second_name_is_not_used(database: Arc<Database>) {
    let world = World::with(&database, |config| config.region.discovery_period_s = 1).await;
    let ids = [world.boot("RegionOne", "web").await, world.boot("RegionOne", "db").await];
    world.synced().await;
    world.one().enter_catalog_as(&world.cloud.keystone, "Second");
    let refused = async || {
        let regions = world.top.app.registry.registered();
        regions.iter().filter(|region| region.refusal().is_some()).map(|one| one.name().to_owned()).collect::<Vec<_>>()
    };
    wait_until("it is found out", async || refused().await == ["Second"]).await;
    wait_until("its sync has ended", async || {
        database
            .texts("SELECT error AS text FROM cursors WHERE error LIKE '%its servers belong to RegionOne%'")
            .await
            .len()
            == 1
    })
    .await;
    let zones = "SELECT top_name AS text FROM zones WHERE top_name LIKE 'Second%'";
    assert!(database.texts(zones).await.is_empty(), "nothing is offered there");
    for arguments in [["region", "list"], ["region", "status"]] {
        let said = command_line(&world, &arguments).await;
        let text = String::from_utf8_lossy(&said.stdout).into_owned();
        assert!(text.contains("Second: its servers belong to another region (RegionOne), so it is not used"), "{text}");
    }
    // The region itself goes on, and each server is there once.
    world.one().nova.rename(&ids[0], "renamed");
    wait_until("renamed", async || world.show(&ids[0]).await["name"] == "renamed").await;
    let places = "SELECT DISTINCT region_id AS text FROM server_mappings";
    assert_eq!(database.texts(places).await, [world.region_id("RegionOne")]);
    assert_eq!(world.live(world.one()).await.len(), 2);
    assert!(database.texts("SELECT local_id AS text FROM set_aside").await.is_empty());

    world.cloud.keystone.remove_endpoints("Second");
    wait_until("it is forgotten", async || refused().await.is_empty()).await;
}
