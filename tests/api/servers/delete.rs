//! `DELETE /servers/{id}`.

use std::sync::Arc;

use serde_json::json;

use crate::sim::{Fault, Kind, Pace, Service};
use crate::support::{Database, World, accepted, ids, on_each_database, refused, wait_until};

on_each_database!(
    a_deleted_server_is_shown_until_it_is_gone,
    a_delete_at_once_is_gone_from_the_list,
    a_refused_delete_changes_nothing,
    a_delete_that_leaves_no_trace_ends,
    a_region_that_does_not_answer_is_503,
    what_the_region_no_longer_has_is_closed,
    a_delete_that_never_happened_is_over_in_the_end,
);

async fn a_deleted_server_is_shown_until_it_is_gone(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionTwo", "web").await;
    world.two().nova.set_delete_pace(Pace::ByHand);
    let answer = world.demo().delete(&format!("/servers/{id}")).await;
    assert_eq!((answer.status, answer.body.len()), (204, 0));
    assert!(answer.header("content-type").is_none());
    // Reads its own write: the region has it deleting, so has the next show.
    let shown = world.demo().get(&format!("/servers/{id}")).await.json()["server"].clone();
    assert_eq!((&shown["status"], &shown["OS-EXT-STS:task_state"]), (&json!("ACTIVE"), &json!("deleting")));
    assert_eq!(ids(&world.demo().get("/servers").await), [id.clone()]);
    world.two().nova.finish(&id);
    world.wait_gone(&id).await;
    let tombstone = world.user("admin", "2.1").get("/servers/detail?all_tenants=1&deleted=True").await.json();
    assert_eq!((&tombstone["servers"][0]["id"], &tombstone["servers"][0]["status"]), (&json!(id), &json!("DELETED")));
    assert_eq!(refused(&world.demo().delete(&format!("/servers/{id}")).await, 404), missing(&id));
}

fn missing(id: &str) -> String {
    format!("Instance {id} could not be found.")
}

async fn a_delete_at_once_is_gone_from_the_list(database: Arc<Database>) {
    let world = World::start(&database).await;
    let (kept, gone) = (world.boot("RegionOne", "kept").await, world.boot("RegionOne", "gone").await);
    assert_eq!(world.demo().delete(&format!("/servers/{gone}")).await.status, 204);
    assert_eq!(refused(&world.demo().get(&format!("/servers/{gone}")).await, 404), missing(&gone));
    assert_eq!(ids(&world.demo().get("/servers").await), [kept]);
    let charges = "SELECT CAST(charged_instances + charged_cores + charged_ram_mb AS CHAR) AS text FROM servers \
                   WHERE name = 'gone'";
    assert_eq!(database.texts(charges).await, ["0"]);
}

async fn a_refused_delete_changes_nothing(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionOne", "web").await;
    world.one().nova.edit(&id, |server| server.locked = true);
    let message = refused(&world.demo().delete(&format!("/servers/{id}")).await, 409);
    assert_eq!(message, format!("Instance {id} is locked"));
    world.rounds(world.one(), 5).await;
    let shown = world.wait_status(&id, "ACTIVE").await;
    assert_eq!(shown["OS-EXT-STS:task_state"], json!(null));
    wait_until("settled", async || {
        database.texts("SELECT id AS text FROM servers WHERE settled AND NOT deleting").await == [id.clone()]
    })
    .await;
    world.one().nova.edit(&id, |server| server.locked = false);
    assert_eq!(world.demo().delete(&format!("/servers/{id}")).await.status, 204);
    world.wait_gone(&id).await;
}

async fn a_delete_that_leaves_no_trace_ends(database: Arc<Database>) {
    let world = World::start(&database).await;
    world.one().nova.set_boot_pace(Pace::ByHand);
    world.one().nova.set_delete_pace(Pace::ByHand);
    let id = accepted(&world.demo().post("/servers", world.body_in("RegionOne", "web")).await);
    world.wait_status(&id, "BUILD").await;
    assert_eq!(world.demo().delete(&format!("/servers/{id}")).await.status, 204);
    // As Nova does with a server that is still being scheduled: no changes-since ever tells of it.
    world.one().nova.purge(&id);
    world.wait_gone(&id).await;
}

async fn a_region_that_does_not_answer_is_503(database: Arc<Database>) {
    let world = World::with(&database, |config| config.region.call_timeout_ms = 500).await;
    let id = world.boot("RegionOne", "web").await;
    let path = format!("/servers/{id}");
    let hang = Fault::new(Kind::Hang).on(Service::Nova).method("DELETE").times(1);
    world.one().faults.push(hang);
    let message = refused(&world.demo().delete(&path).await, 503);
    assert!(message.contains("RegionOne") && message.contains("may have happened"), "{message}");
    assert_eq!(world.show(&id).await["status"], "ACTIVE");
    world.one().down().await;
    let message = refused(&world.demo().delete(&path).await, 503);
    assert!(message.contains("RegionOne") && message.contains("did not happen"), "{message}");
    assert_eq!(world.one().nova.status(&id), Some("ACTIVE"));
    world.one().up();
    wait_until("204", async || world.demo().delete(&path).await.status == 204).await;
    world.wait_gone(&id).await;
}

async fn what_the_region_no_longer_has_is_closed(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionOne", "web").await;
    let kept = world.boot("RegionOne", "kept").await;
    world.one().nova.purge(&id);
    assert_eq!(refused(&world.demo().delete(&format!("/servers/{id}")).await, 404), missing(&id));
    world.wait_gone(&id).await;
    assert_eq!(ids(&world.demo().get("/servers").await), [kept]);
}

async fn a_delete_that_never_happened_is_over_in_the_end(database: Arc<Database>) {
    let world = World::with(&database, |config| config.region.call_timeout_ms = 500).await;
    let id = world.boot("RegionOne", "web").await;
    let settled = "SELECT id AS text FROM servers WHERE settled AND NOT deleting";
    // Lost on its way, or answered by somebody who knows nothing of the server.
    for kind in [Kind::Hang, Kind::CloseBeforeEffect, Kind::NotFound] {
        world.one().faults.push(Fault::new(kind.clone()).on(Service::Nova).method("DELETE").times(1));
        assert_ne!(world.demo().delete(&format!("/servers/{id}")).await.status, 204, "{kind:?}");
        wait_until(&format!("settled after {kind:?}"), async || database.texts(settled).await == [id.clone()]).await;
        assert_eq!(world.show(&id).await["status"], "ACTIVE");
    }
}
