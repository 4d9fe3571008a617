//! Absence proves nothing: a row is closed by a document that says DELETED, or by a delete of ours and a 404.

use std::sync::Arc;

use crate::sim::{Fault, Kind, Pace, Service};
use crate::support::{Database, World, accepted, ids, on_each_database, sorted, wait_until};

on_each_database!(
    a_list_that_leaves_servers_out_closes_nothing,
    an_account_that_lost_its_role_closes_nothing,
    a_server_without_a_trace_is_closed_by_two_looks,
);

async fn a_list_that_leaves_servers_out_closes_nothing(database: Arc<Database>) {
    let world = World::start(&database).await;
    let mut made = Vec::new();
    for name in ["a", "b", "c"] {
        made.insert(0, world.boot("RegionOne", name).await);
    }
    for kind in [Kind::HideServers(1.0), Kind::DownCell(1.0)] {
        for cursor in [true, false] {
            world.one().faults.push(Fault::new(kind.clone()).on(Service::Nova));
            if !cursor {
                database.execute("DELETE FROM cursors").await;
            }
            // Something is under way, so the rows are looked at one by one too.
            world.top.app.sync.touch(&world.region_id("RegionOne"), made.clone());
            world.rounds(world.one(), 10).await;
            assert_eq!(sorted(ids(&world.demo().get("/servers").await)), sorted(made.clone()), "{kind:?}");
            for id in &made {
                assert_eq!(world.show(id).await["status"], "ACTIVE", "{kind:?}");
            }
            world.one().faults.clear();
        }
    }
    world.one().nova.set_status(&made[1], "stopped");
    world.wait_status(&made[1], "SHUTOFF").await;
}

async fn an_account_that_lost_its_role_closes_nothing(database: Arc<Database>) {
    let world = World::start(&database).await;
    let settled = world.boot("RegionOne", "settled").await;
    world.one().nova.set_boot_pace(Pace::ByHand);
    let building = accepted(&world.demo().post("/servers", world.body_in("RegionOne", "building")).await);
    let deleting = world.boot("RegionTwo", "elsewhere").await;
    world.one().faults.push(Fault::new(Kind::NotFound).on(Service::Nova).method("GET"));
    world.rounds(world.one(), 10).await;
    // As long as two looks at a missing server are apart, and longer.
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    world.rounds(world.one(), 10).await;
    let all = sorted([deleting, building.clone(), settled.clone()]);
    assert_eq!(sorted(ids(&world.demo().get("/servers").await)), all);
    assert_eq!(world.show(&settled).await["status"], "ACTIVE");
    world.one().faults.clear();
    // Single shows that answer 404 while the list has the server are no better.
    let one = format!("/v2.1/servers/{settled}");
    world.one().faults.push(Fault::new(Kind::NotFound).on(Service::Nova).method("GET").path(&one));
    world.top.app.sync.touch(&world.region_id("RegionOne"), [settled.clone()]);
    world.one().nova.edit(&settled, |server| server.tags = vec!["x".into()]);
    world.rounds(world.one(), 10).await;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    world.rounds(world.one(), 10).await;
    assert_eq!(world.show(&settled).await["status"], "ACTIVE");
    world.one().faults.clear();
    world.one().nova.finish_boot(&building);
    world.wait_status(&building, "ACTIVE").await;
    wait_until("no row is missing", async || {
        database.texts("SELECT id AS text FROM servers WHERE missing_since IS NOT NULL").await.is_empty()
    })
    .await;
}

/// Deleted below while it was being built: no list ever tells of it again.
async fn a_server_without_a_trace_is_closed_by_two_looks(database: Arc<Database>) {
    let world = World::with(&database, |config| {
        config.sync.show_after_s = 0;
        config.sync.missing_confirm_s = 6;
    })
    .await;
    world.one().nova.set_boot_pace(Pace::ByHand);
    let id = accepted(&world.demo().post("/servers", world.body_in("RegionOne", "web")).await);
    assert_eq!(world.show(&id).await["status"], "BUILD");
    world.one().nova.purge(&id);
    let missing = "SELECT id AS text FROM servers WHERE missing_since IS NOT NULL AND deleted = 0";
    wait_until("the first look", async || !database.texts(missing).await.is_empty()).await;
    assert_eq!(ids(&world.demo().get("/servers").await), [id.clone()], "one look closes nothing");
    world.wait_gone(&id).await;
    assert!(ids(&world.demo().get("/servers").await).is_empty());
}
