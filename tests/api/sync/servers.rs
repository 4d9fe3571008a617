//! Changes below, page by page, whatever the documents and clocks are like.

use std::sync::Arc;

use serde_json::json;

use crate::sim::{Fault, Kind, Pace, Service};
use crate::support::{Database, World, accepted, ids, on_each_database, wait_until};

on_each_database!(
    changes_below_are_seen,
    many_pages_are_read,
    a_document_that_cannot_be_read_does_not_end_the_round,
    answers_that_cannot_be_read_change_nothing,
    a_region_whose_clock_is_off_is_synced,
    a_region_whose_clock_is_put_back_is_synced,
    strangers_are_left_alone,
    servers_that_build_for_long_are_seen_in_the_end,
);

async fn changes_below_are_seen(database: Arc<Database>) {
    let world = World::start(&database).await;
    for (zone, region) in [("RegionOne", world.one()), ("RegionTwo", world.two())] {
        let id = world.boot(zone, "web").await;
        let stop = json!({"os-stop": null});
        let stopped = world.below(region, "demo", "2.1").post(&format!("/servers/{id}/action"), stop).await;
        assert_eq!(stopped.status, 202);
        let off = world.wait_status(&id, "SHUTOFF").await;
        assert_eq!((&off["OS-EXT-STS:power_state"], &off["OS-EXT-STS:vm_state"]), (&json!(4), &json!("stopped")));
        region.nova.fail(&id, "the disk is gone");
        let failed = world.wait_status(&id, "ERROR").await;
        assert_eq!(failed["fault"]["message"], "the disk is gone");
        region.nova.delete(&id);
        world.wait_gone(&id).await;
    }
}

async fn many_pages_are_read(database: Arc<Database>) {
    let world = World::with(&database, |config| config.sync.page_size = 3).await;
    let mut body = world.body_in("RegionOne", "web");
    body["server"]["min_count"] = json!(10);
    accepted(&world.demo().post("/servers", body).await);
    wait_until("ten servers", async || ids(&world.demo().get("/servers?status=ACTIVE").await).len() == 10).await;
    for id in world.one().nova.ids() {
        world.one().nova.edit(&id, |server| server.settle("stopped"));
    }
    wait_until("all of one second", async || ids(&world.demo().get("/servers?status=SHUTOFF").await).len() == 10).await;
    // From nothing: every page of the whole list.
    database.execute("DELETE FROM cursors").await;
    for id in world.one().nova.ids() {
        world.one().nova.edit_quietly(&id, |server| {
            server.settle("active");
            server.updated = server.updated.map(|at| at - 1_000);
        });
    }
    wait_until("all of the first list", async || ids(&world.demo().get("/servers?status=ACTIVE").await).len() == 10)
        .await;
}

async fn a_document_that_cannot_be_read_does_not_end_the_round(database: Arc<Database>) {
    let world = World::with(&database, |config| config.sync.page_size = 2).await;
    let mut made = Vec::new();
    for name in ["a", "b", "c", "d", "e"] {
        made.push(world.boot("RegionOne", name).await);
    }
    // Its status is UNKNOWN: a record that tells nothing, in the middle of those that do.
    world.one().nova.set_status(&made[2], "nonsense");
    for id in [&made[0], &made[1], &made[3], &made[4]] {
        world.one().nova.set_status(id, "paused");
    }
    for id in [&made[0], &made[1], &made[3], &made[4]] {
        world.wait_status(id, "PAUSED").await;
    }
    assert_eq!(world.show(&made[2]).await["status"], "ACTIVE");
    let odd = r#"{"servers": [{"id": 5}, "x", null, {"id": "y", "status": "ACTIVE"}, {}], "extra": 1}"#;
    let list = "/v2.1/servers/detail";
    world.one().faults.push(Fault::new(Kind::Garbage(200, odd)).on(Service::Nova).path(list).times(2));
    world.one().nova.set_status(&made[0], "active");
    world.wait_status(&made[0], "ACTIVE").await;
}

async fn answers_that_cannot_be_read_change_nothing(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionOne", "web").await;
    let list = "/v2.1/servers/detail";
    let kinds = [
        Kind::Garbage(200, "<html>maintenance</html>"),
        Kind::Garbage(200, "{}"),
        Kind::Garbage(200, "{\"servers\": 7}"),
        Kind::Garbage(200, "{\"servers\": []}"),
        Kind::Answer(500, "no"),
        Kind::Cut,
        Kind::CloseAfterEffect,
    ];
    for kind in kinds {
        world.one().faults.push(Fault::new(kind.clone()).on(Service::Nova).path(list));
        world.one().nova.rename(&id, &format!("{kind:?}"));
        world.rounds(world.one(), 3).await;
        assert_eq!(world.show(&id).await["status"], "ACTIVE", "{kind:?}");
        assert_eq!(ids(&world.demo().get("/servers").await), [id.clone()], "{kind:?}");
        world.one().faults.clear();
        // Whatever the cursor became, what was missed is seen.
        wait_until("the name", async || world.show(&id).await["name"] == format!("{kind:?}")).await;
    }
}

async fn a_region_whose_clock_is_off_is_synced(database: Arc<Database>) {
    let world = World::start(&database).await;
    for (zone, region, seconds) in [("RegionOne", world.one(), 3_600), ("RegionTwo", world.two(), -3_600)] {
        region.set_clock_offset(seconds);
        let id = world.boot(zone, "web").await;
        for state in ["stopped", "active", "paused"] {
            region.nova.set_status(&id, state);
            let status = region.nova.status(&id).expect("a status");
            world.wait_status(&id, status).await;
        }
        wait_until("settled", async || {
            let settled = format!("SELECT id AS text FROM servers WHERE settled AND id = '{id}'");
            database.texts(&settled).await.len() == 1
        })
        .await;
        region.nova.delete(&id);
        world.wait_gone(&id).await;
    }
}

/// Until the clock is where it was, nothing that changes is newer than what was stored last.
async fn a_region_whose_clock_is_put_back_is_synced(database: Arc<Database>) {
    let world = World::with(&database, |config| config.sync.overlap_s = 1).await;
    world.one().set_clock_offset(3_600);
    let id = world.boot("RegionOne", "web").await;
    let settled = format!("SELECT status AS text FROM servers WHERE settled AND id = '{id}'");
    wait_until("settled", async || database.texts(&settled).await == ["ACTIVE"]).await;
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    world.one().set_clock_offset(0);
    // One below, and one that goes through the top.
    world.one().nova.set_status(&id, "paused");
    world.wait_status(&id, "PAUSED").await;
    world.rounds(world.one(), 5).await;
    let unpause = serde_json::json!({"unpause": null});
    assert_eq!(world.demo().post(&format!("/servers/{id}/action"), unpause).await.status, 202);
    wait_until("settled", async || database.texts(&settled).await == ["ACTIVE"]).await;
}

async fn strangers_are_left_alone(database: Arc<Database>) {
    let world = World::start(&database).await;
    let stranger = world.one().nova.add_server("demo", "stranger");
    let own = world.boot("RegionOne", "own").await;
    world.rounds(world.one(), 3).await;
    assert_eq!(ids(&world.demo().get("/servers").await), [own]);
    assert_eq!(world.demo().get(&format!("/servers/{stranger}")).await.status, 404);
    assert_eq!(world.demo().delete(&format!("/servers/{stranger}")).await.status, 404);
    assert_eq!(world.one().nova.status(&stranger), Some("ACTIVE"));
}

async fn servers_that_build_for_long_are_seen_in_the_end(database: Arc<Database>) {
    let world = World::with(&database, |config| config.sync.overlap_s = 1).await;
    world.two().nova.set_boot_pace(Pace::ByHand);
    let slow = accepted(&world.demo().post("/servers", world.body_in("RegionTwo", "slow")).await);
    // Others move the region's cursor past it.
    for _ in 0..3 {
        let other = accepted(&world.demo().post("/servers", world.body_in("RegionTwo", "other")).await);
        world.two().nova.finish_boot(&other);
        world.wait_status(&other, "ACTIVE").await;
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    }
    assert_eq!(world.show(&slow).await["status"], "BUILD");
    world.two().nova.finish_boot(&slow);
    world.wait_status(&slow, "ACTIVE").await;
}
