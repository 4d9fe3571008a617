//! A row never goes back in time, whatever the order in which answers arrive.

use std::sync::Arc;
use std::time::Duration;

use nova_cascade::db::servers::{self, Change, Documented, Unsettling};
use nova_cascade::db::{leases, seq};
use serde_json::json;

use crate::sim::{Fault, Kind, Pace, Service};
use crate::support::{Database, World, ids, on_each_database, wait_until};

on_each_database!(
    what_was_read_before_a_change_is_not_stored_after_it,
    what_was_read_in_another_region_is_not_stored,
    a_late_list_does_not_undo_a_delete,
    a_server_that_is_gone_never_comes_back,
    only_the_holder_of_the_lease_stores,
);

/// A change of the row to this name.
fn change(id: &str, name: &str) -> Change {
    let document = json!({"id": id, "name": name, "status": "ACTIVE", "OS-EXT-STS:vm_state": "active"});
    let columns = Documented {
        name: name.into(),
        status: "ACTIVE".into(),
        vm_state: "active".into(),
        flavor_id: "1".into(),
        flavor_name: "m1.tiny".into(),
        zone: "RegionOne".into(),
        settled: true,
        documented: true,
        document: document.to_string(),
        ..Documented::default()
    };
    Change { id: id.into(), columns, charge: None, differs: true, user_data: None, tags: None }
}

async fn what_was_read_before_a_change_is_not_stored_after_it(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionOne", "web").await;
    let region = world.region_id("RegionOne");
    let World { cloud: _cloud, top, db, .. } = world;
    top.stop().await;
    let lease = leases::hold(&db, "sync:test", "me", 60, true).await.unwrap().expect("a lease");
    let name = async || database.texts("SELECT name AS text FROM servers").await.remove(0);
    let early = seq::current(&db, &region).await.unwrap();
    assert!(servers::unsettle(&db, &region, &id, "req-1", &Unsettling::default()).await.unwrap());
    assert_eq!(servers::store(&db, &lease, &region, early, &[change(&id, "stale")]).await.unwrap(), 0);
    assert_eq!(name().await, "web");
    let late = seq::current(&db, &region).await.unwrap();
    assert!(late > early);
    assert_eq!(servers::store(&db, &lease, &region, late, &[change(&id, "fresh")]).await.unwrap(), 1);
    assert_eq!(name().await, "fresh");
    // Two reads that left together: whoever stores first wins, the other is read again.
    assert_eq!(servers::store(&db, &lease, &region, late, &[change(&id, "second")]).await.unwrap(), 0);
    assert_eq!(name().await, "fresh");
}

/// Each region counts for itself: a server that has moved is not touched by what its first region says, however high that
/// has counted.
async fn what_was_read_in_another_region_is_not_stored(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionOne", "web").await;
    let other = world.region_id("RegionTwo");
    let World { cloud: _cloud, top, db, .. } = world;
    top.stop().await;
    let lease = leases::hold(&db, "sync:test", "me", 60, true).await.unwrap().expect("a lease");
    let row = "SELECT CONCAT_WS(' ', name, seq, missing_since) AS text FROM servers";
    let before = database.texts(row).await;
    assert_eq!(servers::store(&db, &lease, &other, i64::MAX, &[change(&id, "stale")]).await.unwrap(), 0);
    servers::note_missing(&db, &lease, &other, &id, i64::MAX).await.unwrap();
    servers::looked_at(&db, &lease, &other, &id, i64::MAX).await.unwrap();
    assert_eq!(servers::suspect(&db, &other, std::slice::from_ref(&id)).await.unwrap(), 0);
    assert_eq!(database.texts(row).await, before);
}

async fn only_the_holder_of_the_lease_stores(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionOne", "web").await;
    let region = world.region_id("RegionOne");
    let World { cloud: _cloud, top, db, .. } = world;
    top.stop().await;
    let old = leases::hold(&db, "sync:test", "one", 60, true).await.unwrap().expect("a lease");
    assert!(leases::hold(&db, "sync:test", "two", 60, false).await.unwrap().is_none());
    leases::release(&db, &old).await.unwrap();
    let new = leases::hold(&db, "sync:test", "two", 60, false).await.unwrap().expect("a lease");
    assert!(new.epoch > old.epoch);
    let now = seq::current(&db, &region).await.unwrap();
    assert!(servers::store(&db, &old, &region, now, &[change(&id, "stale")]).await.is_err());
    assert_eq!(servers::store(&db, &new, &region, now, &[change(&id, "fresh")]).await.unwrap(), 1);
}

async fn a_late_list_does_not_undo_a_delete(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionOne", "web").await;
    world.one().nova.set_delete_pace(Pace::ByHand);
    for _ in 0..3 {
        let late = Kind::DelayAfter(Duration::from_millis(500));
        world.one().faults.push(Fault::new(late).on(Service::Nova).path("/v2.1/servers/detail").times(1));
    }
    world.rounds(world.one(), 1).await;
    // The list under way says ACTIVE without a task, and arrives after the delete was answered.
    assert_eq!(world.demo().delete(&format!("/servers/{id}")).await.status, 204);
    let task = "SELECT COALESCE(task_state, 'none') AS text FROM servers";
    wait_until("deleting", async || database.texts(task).await == ["deleting"]).await;
    world.one().nova.finish(&id);
    world.wait_gone(&id).await;
}

async fn a_server_that_is_gone_never_comes_back(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionOne", "web").await;
    let other = world.boot("RegionOne", "other").await;
    let late = Kind::DelayAfter(Duration::from_secs(1));
    world.one().faults.push(Fault::new(late).on(Service::Nova).path("/v2.1/servers/detail").times(4));
    world.rounds(world.one(), 1).await;
    assert_eq!(world.demo().delete(&format!("/servers/{id}")).await.status, 204);
    world.wait_gone(&id).await;
    let seen = world.one().nova.count("GET /servers/detail");
    while world.one().nova.count("GET /servers/detail") < seen + 10 {
        assert_eq!(ids(&world.demo().get("/servers").await), [other.clone()]);
    }
}
