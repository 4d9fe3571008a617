//! `DELETE /servers/{id}`.

use std::sync::Arc;
use std::time::Duration;

use nova_cascade::db::removals::{self, Accepted, Removal, reason};
use serde_json::json;

use crate::sim::{Fault, Kind, Pace, Service};
use crate::support::{Database, World, accepted, ids, on_each_database, refused, wait_until};

on_each_database!(
    a_deleted_server_is_shown_until_it_is_gone,
    a_delete_at_once_is_gone_from_the_list,
    a_refused_delete_changes_nothing,
    a_delete_that_leaves_no_trace_ends,
    a_delete_is_accepted_while_its_region_does_not_answer,
    what_was_read_before_an_accepted_delete_is_not_shown_after_it,
    an_accepted_delete_shows_the_newest_that_is_known,
    a_delete_by_force_is_not_lost_behind_a_plain_one,
    what_is_locked_is_refused_whether_its_region_answers_or_not,
    an_accepted_delete_waits_for_a_lock_that_the_top_did_not_know,
    an_admins_accepted_delete_overrides_the_lock,
    a_delete_that_was_accepted_survives_a_restart,
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

async fn a_delete_is_accepted_while_its_region_does_not_answer(database: Arc<Database>) {
    let world = World::with(&database, |config| {
        config.region.call_timeout_ms = 500;
        config.region.unknown_after_s = 1;
    })
    .await;
    let lost = world.boot("RegionOne", "lost").await;
    let hang = Fault::new(Kind::Hang).on(Service::Nova).method("DELETE").times(1);
    world.one().faults.push(hang);
    assert_eq!(world.demo().delete(&format!("/servers/{lost}")).await.status, 204);
    world.wait_gone(&lost).await;
    let id = world.boot("RegionOne", "web").await;
    let path = format!("/servers/{id}");
    world.one().down().await;
    for _ in 0..2 {
        assert_eq!(world.demo().delete(&path).await.status, 204);
        let shown = world.demo().get(&path).await.json()["server"].clone();
        assert_eq!((&shown["status"], &shown["OS-EXT-STS:task_state"]), (&json!("ACTIVE"), &json!("deleting")));
    }
    // It is charged until its region has confirmed.
    let limits = world.demo().get("/limits").await.json();
    assert_eq!(limits["limits"]["absolute"]["totalInstancesUsed"], 1);
    let newer = world.user("demo", "2.96");
    wait_until("its region is unknown", async || newer.get(&path).await.json()["server"]["status"] == "UNKNOWN").await;
    assert_eq!(newer.get(&path).await.json()["server"]["OS-EXT-STS:task_state"], "deleting");
    assert_eq!(world.one().nova.status(&id), Some("ACTIVE"));
    // The region is back, and slow to do it: nothing shows the server as it was.
    world.one().faults.push(Fault::new(Kind::Answer(409, "busy")).on(Service::Nova).method("DELETE").times(2));
    world.one().up();
    wait_until("gone", async || {
        let answer = world.demo().get(&path).await;
        let state = answer.json()["server"]["OS-EXT-STS:task_state"].clone();
        assert!(answer.status == 404 || state == "deleting", "{answer:?}");
        answer.status == 404
    })
    .await;
    assert_eq!(world.one().nova.status(&id), Some("DELETED"));
    assert!(database.texts("SELECT local_id AS text FROM removals").await.is_empty());
}

async fn what_was_read_before_an_accepted_delete_is_not_shown_after_it(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionOne", "web").await;
    let path = format!("/servers/{id}");
    world.one().nova.set_delete_pace(Pace::ByHand);
    world.one().down().await;
    assert_eq!(world.demo().delete(&path).await.status, 204);
    // A list is read before the region does it, and arrives when that is noted; the show that follows is late, too.
    let late = |path: &str| Fault::new(Kind::DelayAfter(Duration::from_secs(2))).on(Service::Nova).path(path).times(1);
    world.one().faults.push(late("/v2.1/servers/detail"));
    world.one().faults.push(late(&format!("/v2.1{path}")).method("GET"));
    let slow = Fault::new(Kind::DelayBefore(Duration::from_secs(1)));
    world.one().faults.push(slow.on(Service::Nova).method("DELETE").times(1));
    let rounds = world.one().nova.count("GET /servers/detail") + 3;
    world.one().up();
    wait_until("done, and read again", async || {
        let state = world.demo().get(&path).await.json()["server"]["OS-EXT-STS:task_state"].clone();
        assert_eq!(state, "deleting");
        let open = database.texts("SELECT local_id AS text FROM removals").await;
        open.is_empty() && world.one().nova.count("GET /servers/detail") >= rounds
    })
    .await;
    world.one().nova.finish(&id);
    world.wait_gone(&id).await;
}

async fn an_accepted_delete_shows_the_newest_that_is_known(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionOne", "old").await;
    let path = format!("/servers/{id}");
    world.one().faults.push(Fault::new(Kind::Hang).on(Service::Nova).method("DELETE").times(1));
    let (demo, asked) = (world.demo(), path.clone());
    let delete = tokio::spawn(async move { demo.delete(&asked).await });
    wait_until("the delete in the region", async || world.one().nova.count("DELETE /servers/{id}") == 1).await;
    world.one().nova.rename(&id, "new");
    wait_until("the new name", async || world.show(&id).await["name"] == "new").await;
    world.one().down().await;
    assert_eq!(delete.await.unwrap().status, 204);
    let shown = world.show(&id).await;
    assert_eq!((&shown["name"], &shown["OS-EXT-STS:task_state"]), (&json!("new"), &json!("deleting")));
    world.one().up();
    world.wait_gone(&id).await;
}

async fn a_delete_by_force_is_not_lost_behind_a_plain_one(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionOne", "web").await;
    let removal = |why: &str| Removal::new(&world.region_id("RegionOne"), &id, &id, why, "req-1");
    // Nobody carries out what is noted.
    world.one().down().await;
    let (plain, force) = (removal(reason::DELETE), removal(reason::FORCE));
    for removal in [&plain, &force] {
        assert_eq!(removals::accept(&world.db, removal).await.unwrap(), Accepted::Yes);
    }
    removals::done(&world.db, &plain).await.unwrap();
    let open = "SELECT CONCAT_WS(' ', r.reason, s.to_remove) AS text FROM removals r, servers s";
    assert_eq!(database.texts(open).await, ["force 1"]);
    removals::done(&world.db, &force).await.unwrap();
    assert!(database.texts("SELECT reason AS text FROM removals").await.is_empty());
    assert_eq!(database.texts("SELECT CONCAT_WS(' ', to_remove) AS text FROM servers").await, ["0"]);
    // Again, when another is noted.
    assert_eq!(removals::accept(&world.db, &plain).await.unwrap(), Accepted::Yes);
    removals::done(&world.db, &force).await.unwrap();
    assert_eq!(database.texts(open).await, ["delete 1"]);
}

async fn what_is_locked_is_refused_whether_its_region_answers_or_not(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionOne", "web").await;
    let path = format!("/servers/{id}");
    assert_eq!(world.demo().post(&format!("{path}/action"), json!({"lock": null})).await.status, 202);
    let locked = "SELECT id AS text FROM servers WHERE locked AND settled";
    wait_until("locked", async || database.texts(locked).await == [id.clone()]).await;
    world.one().down().await;
    assert_eq!(refused(&world.demo().delete(&path).await, 409), format!("Instance {id} is locked"));
    assert!(database.texts("SELECT id AS text FROM servers WHERE deleting").await.is_empty());
    assert!(database.texts("SELECT local_id AS text FROM removals").await.is_empty());
    assert_eq!(world.user("admin", "2.1").delete(&path).await.status, 204);
    world.one().up();
    world.wait_gone(&id).await;
}

async fn an_accepted_delete_waits_for_a_lock_that_the_top_did_not_know(database: Arc<Database>) {
    let world = World::start(&database).await;
    for (name, force) in [("plain", false), ("forced", true)] {
        let id = world.boot("RegionOne", name).await;
        let path = format!("/servers/{id}");
        world.one().down().await;
        // Locked in the region, and no round has seen it.
        world.one().nova.edit(&id, |server| server.locked = true);
        let answer = if force {
            world.demo().post(&format!("{path}/action"), json!({"forceDelete": null})).await
        } else {
            world.demo().delete(&path).await
        };
        assert_eq!(answer.status, if force { 202 } else { 204 }, "{answer:?}");
        world.one().up();
        let tries = format!("SELECT local_id AS text FROM removals WHERE local_id = '{id}' AND tries > 1");
        wait_until("asked twice", async || !database.texts(&tries).await.is_empty()).await;
        assert_eq!(world.one().nova.status(&id), Some("ACTIVE"));
        assert_eq!(world.show(&id).await["OS-EXT-STS:task_state"], "deleting");
        world.one().nova.edit(&id, |server| server.locked = false);
        world.wait_gone(&id).await;
    }
}

async fn an_admins_accepted_delete_overrides_the_lock(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionOne", "web").await;
    let path = format!("/servers/{id}");
    world.one().down().await;
    world.one().nova.edit(&id, |server| server.locked = true);
    // Whoever is heard later may do more.
    assert_eq!(world.demo().delete(&path).await.status, 204);
    assert_eq!(world.user("admin", "2.1").delete(&path).await.status, 204);
    world.one().up();
    world.wait_gone(&id).await;
    assert_eq!(world.one().nova.status(&id), Some("DELETED"));
}

async fn a_delete_that_was_accepted_survives_a_restart(database: Arc<Database>) {
    let mut world = World::start(&database).await;
    let (soft, forced) = (world.boot("RegionOne", "soft").await, world.boot("RegionOne", "forced").await);
    world.one().down().await;
    assert_eq!(world.demo().delete(&format!("/servers/{soft}")).await.status, 204);
    let answer = world.demo().post(&format!("/servers/{forced}/action"), json!({"forceDelete": null})).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    let hard = world.demo().post(&format!("/servers/{soft}/action"), json!({"forceDelete": null})).await;
    assert_eq!(hard.status, 202, "{hard:?}");
    let reasons = "SELECT DISTINCT reason AS text FROM removals";
    assert_eq!(database.texts(reasons).await, ["force"], "the later word counts");
    world.restart(|_| {}).await;
    assert_eq!(ids(&world.demo().get("/servers").await).len(), 2);
    world.one().up();
    world.wait_gone(&soft).await;
    world.wait_gone(&forced).await;
    assert!(world.one().nova.ids().is_empty());
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
    let world = World::start(&database).await;
    let id = world.boot("RegionOne", "web").await;
    let settled = "SELECT id AS text FROM servers WHERE settled AND NOT deleting";
    // Answered by somebody who knows nothing of the server.
    for kind in [Kind::NotFound, Kind::Answer(500, "no")] {
        world.one().faults.push(Fault::new(kind.clone()).on(Service::Nova).method("DELETE").times(1));
        assert_ne!(world.demo().delete(&format!("/servers/{id}")).await.status, 204, "{kind:?}");
        wait_until(&format!("settled after {kind:?}"), async || database.texts(settled).await == [id.clone()]).await;
        assert_eq!(world.show(&id).await["status"], "ACTIVE");
    }
}
