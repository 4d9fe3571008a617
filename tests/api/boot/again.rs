//! Placed again: what a region accepted and never launched goes elsewhere, under the same id and with the same charge.

use std::sync::Arc;
use std::time::Duration;

use nova_cascade::config::Replace;
use serde_json::json;

use crate::sim::{BootOutcome, Fault, Kind, Pace, Service};
use crate::support::{Database, World, accepted, ids, on_each_database, refused, wait_for, wait_until};

on_each_database!(
    a_server_without_a_host_goes_to_the_next_region,
    every_part_of_it_is_known_by_its_id_on_top,
    one_that_its_region_builds_for_ever_goes_too,
    with_no_other_region_it_ends_in_error,
    what_is_in_one_region_alone_is_not_moved,
    never_means_never,
    what_is_left_below_is_removed_when_its_region_is_back,
    a_delete_on_the_way_wins,
    an_answer_lost_on_the_way_is_found,
    a_restart_ends_it_in_error,
    one_that_came_up_while_nobody_looked_stays,
    one_that_failed_on_a_host_stays,
);

/// Boots in the region that gets a first boot, which ends there so; the id.
async fn boots_ending(world: &World, outcome: BootOutcome) -> String {
    world.one().nova.next_boots([outcome]);
    // The fewest servers: of two empty regions the first by name.
    let answer = world.user("demo", "2.96").post("/servers", world.body("web")).await;
    let id = accepted(&answer);
    assert_eq!(world.one().nova.created().len(), 1, "the first region was not asked first");
    id
}

async fn usage(world: &World) -> i64 {
    let sums = "SELECT CAST(in_use AS CHAR) AS text FROM quota_usage WHERE user_id = '' AND resource = 'instances'";
    world.database.texts(sums).await.iter().map(|sum| sum.parse::<i64>().unwrap()).sum()
}

async fn no_removals(world: &World) {
    wait_until("no open removals", async || {
        world.database.texts("SELECT local_id AS text FROM removals").await.is_empty()
    })
    .await;
}

async fn a_server_without_a_host_goes_to_the_next_region(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = boots_ending(&world, BootOutcome::NoValidHost).await;
    let shown = world.wait_status(&id, "ACTIVE").await;
    assert_eq!(
        (shown["id"].as_str(), shown["OS-EXT-AZ:availability_zone"].as_str()),
        (Some(&*id), Some("RegionTwo-nova"))
    );
    assert!(shown.get("fault").is_none(), "{shown}");
    assert_eq!(ids(&world.demo().get("/servers").await), [id.clone()]);
    assert!(world.one().nova.ids().is_empty(), "the remnant stays");
    let local = world.two().nova.ids();
    assert!(local.len() == 1 && local[0] != id);
    assert_eq!(usage(&world).await, 1);
    world.wait_no_intents().await;
    no_removals(&world).await;
    // The body that went to the second region is the first one's, but for what is called otherwise there.
    let (first, second) = (world.one().nova.created_bodies(), world.two().nova.created_bodies());
    assert_eq!(first[0]["server"]["name"], second[0]["server"]["name"]);
    // The password that the client was told.
    assert!(second[0]["server"]["adminPass"].is_string());
    // What it is shown as does not go back when both regions are read again.
    world.synced().await;
    assert_eq!(world.show(&id).await["status"], "ACTIVE");
    assert_eq!(world.demo().delete(&format!("/servers/{id}")).await.status, 204);
    world.wait_gone(&id).await;
    assert!(world.two().nova.ids().is_empty());
    assert_eq!(usage(&world).await, 0);
}

async fn every_part_of_it_is_known_by_its_id_on_top(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = boots_ending(&world, BootOutcome::NoValidHost).await;
    world.wait_status(&id, "ACTIVE").await;
    let local = world.two().nova.ids().remove(0);
    for user in ["demo", "admin"] {
        let client = world.user(user, "2.96");
        for part in ["", "/metadata", "/ips", "/os-interface", "/tags"] {
            let answer = client.get(&format!("/servers/{id}{part}")).await;
            assert_eq!(answer.status, 200, "{part}: {answer:?}");
            let mut document = answer.json();
            // A host names its domain by the id that it got, and Neutron its port's.
            document["server"]["OS-EXT-SRV-ATTR:instance_name"] = json!(null);
            assert!(!document.to_string().contains(&local), "{part}: {document}");
        }
    }
    let actions = world.user("demo", "2.84").get(&format!("/servers/{id}/os-instance-actions")).await;
    let actions = actions.json()["instanceActions"].as_array().unwrap().clone();
    assert!(actions.len() >= 2, "{actions:?}");
    assert!(actions.iter().all(|action| action["instance_uuid"] == *id), "{actions:?}");
    let tried = actions.last().unwrap();
    assert_eq!(tried["action"], "create");
    let message = tried["message"].as_str().unwrap();
    assert!(message.starts_with("RegionOne: No valid host was found"), "{message}");
    let path = format!("/servers/{id}/os-instance-actions/{}", tried["request_id"].as_str().unwrap());
    let one = world.user("admin", "2.84").get(&path).await.json();
    assert_eq!(one["instanceAction"]["events"][0]["result"], "Error");
    assert_eq!(one["instanceAction"]["events"][0]["details"], message);
    // Pages: one action each, and none twice.
    let client = world.user("demo", "2.84");
    let (mut seen, mut marker) = (Vec::new(), String::new());
    for _ in 0..actions.len() {
        let page = client.get(&format!("/servers/{id}/os-instance-actions?limit=1{marker}")).await.json();
        let request_id = page["instanceActions"][0]["request_id"].as_str().unwrap_or_default().to_owned();
        marker = format!("&marker={request_id}");
        seen.push(request_id);
    }
    let all: Vec<&str> = actions.iter().map(|action| action["request_id"].as_str().unwrap()).collect();
    assert_eq!(seen, all);
    assert_eq!(world.demo().post(&format!("/servers/{id}/action"), json!({"os-stop": null})).await.status, 202);
    world.wait_status(&id, "SHUTOFF").await;
    assert_eq!(world.two().nova.status(&local), Some("SHUTOFF"));
}

async fn one_that_its_region_builds_for_ever_goes_too(database: Arc<Database>) {
    let world = World::with(&database, |config| config.boot.build_deadline_s = 1).await;
    world.one().nova.set_boot_pace(Pace::ByHand);
    let id = boots_ending(&world, BootOutcome::Active).await;
    let shown = world.wait_status(&id, "ACTIVE").await;
    assert_eq!(shown["OS-EXT-AZ:availability_zone"], "RegionTwo-nova");
    assert!(world.one().nova.ids().is_empty());
    no_removals(&world).await;
}

async fn with_no_other_region_it_ends_in_error(database: Arc<Database>) {
    let world = World::start(&database).await;
    world.two().nova.next_boots([BootOutcome::NoValidHost]);
    let id = boots_ending(&world, BootOutcome::NoValidHost).await;
    let shown = wait_for("an end", async || {
        let shown = world.show(&id).await;
        let message = shown["fault"]["message"].as_str().unwrap_or_default().to_owned();
        (shown["status"] == "ERROR" && message.contains("RegionTwo")).then_some(message)
    })
    .await;
    assert!(shown.starts_with("No valid host was found."), "{shown}");
    assert!(shown.contains("RegionOne"), "{shown}");
    assert_eq!(usage(&world).await, 1);
    world.wait_no_intents().await;
    no_removals(&world).await;
    assert!(world.one().nova.ids().is_empty() && world.two().nova.ids().is_empty());
    assert_eq!(ids(&world.demo().get("/servers").await), [id.clone()]);
    assert_eq!(world.demo().delete(&format!("/servers/{id}")).await.status, 204);
    refused(&world.demo().get(&format!("/servers/{id}")).await, 404);
    assert_eq!(usage(&world).await, 0);
}

async fn what_is_in_one_region_alone_is_not_moved(database: Arc<Database>) {
    let world = World::with(&database, |config| config.boot.build_deadline_s = 1).await;
    let port = world.one().neutron.add_port(&world.one().neutron.id_of("shared"), "demo");
    let mut body = world.body("web");
    body["server"]["networks"] = json!([{ "port": port }]);
    // Its region's own word stands.
    world.one().nova.next_boots([BootOutcome::NoValidHost]);
    let failed = accepted(&world.demo().post("/servers", body.clone()).await);
    let shown = world.wait_status(&failed, "ERROR").await;
    assert!(shown["fault"]["message"].as_str().unwrap().starts_with("No valid host was found."), "{shown}");
    assert!(world.one().nova.ids().contains(&failed));
    assert_eq!(world.demo().delete(&format!("/servers/{failed}")).await.status, 204);
    world.wait_gone(&failed).await;
    // One that it would build for ever is ended, and its port is free again.
    world.one().nova.set_boot_pace(Pace::ByHand);
    let built = accepted(&world.demo().post("/servers", body).await);
    let shown = world.wait_status(&built, "ERROR").await;
    let message = shown["fault"]["message"].as_str().unwrap();
    assert!(message.contains("RegionOne: it did not launch the server within 1 s"), "{message}");
    no_removals(&world).await;
    assert!(world.one().nova.ids().is_empty() && world.two().nova.ids().is_empty());
}

async fn never_means_never(database: Arc<Database>) {
    let world = World::with(&database, |config| config.boot.replace_after_accept = Replace::Never).await;
    let id = boots_ending(&world, BootOutcome::NoValidHost).await;
    world.wait_status(&id, "ERROR").await;
    wait_until("it is watched no longer", async || {
        world.database.texts("SELECT server_id AS text FROM placings").await.is_empty()
    })
    .await;
    assert_eq!(world.show(&id).await["status"], "ERROR");
    assert!(world.one().nova.ids().contains(&id) && world.two().nova.ids().is_empty());
}

async fn what_is_left_below_is_removed_when_its_region_is_back(database: Arc<Database>) {
    let world = World::with(&database, |config| config.boot.build_deadline_s = 2).await;
    world.one().nova.set_boot_pace(Pace::ByHand);
    let id = boots_ending(&world, BootOutcome::Active).await;
    world.one().down().await;
    let shown = world.wait_status(&id, "ACTIVE").await;
    assert_eq!(shown["OS-EXT-AZ:availability_zone"], "RegionTwo-nova");
    assert_eq!(world.one().nova.ids(), [id.clone()], "it has the first id");
    world.one().up();
    wait_until("the remnant is gone", async || world.one().nova.ids().is_empty()).await;
    no_removals(&world).await;
    world.synced().await;
    let shown = world.show(&id).await;
    assert_eq!((&shown["status"], &shown["OS-EXT-AZ:availability_zone"]), (&json!("ACTIVE"), &json!("RegionTwo-nova")));
    assert_eq!(ids(&world.demo().get("/servers").await), [id]);
}

async fn a_delete_on_the_way_wins(database: Arc<Database>) {
    let world = World::with(&database, |config| config.boot.intent_takeover_s = 60).await;
    world.two().faults.push(
        Fault::new(Kind::DelayBefore(Duration::from_secs(5))).on(Service::Nova).method("POST").path("/v2.1/servers"),
    );
    let id = boots_ending(&world, BootOutcome::NoValidHost).await;
    wait_until("the second region is asked", async || world.two().nova.count("POST /servers") == 1).await;
    assert_eq!(world.show(&id).await["status"], "BUILD");
    let conflict = world.demo().post(&format!("/servers/{id}/action"), json!({"os-stop": null})).await;
    let message = refused(&conflict, 409);
    assert_eq!(message, format!("Cannot 'stop' instance {id} while it is in vm_state building"));
    assert_eq!(world.demo().delete(&format!("/servers/{id}")).await.status, 204);
    refused(&world.demo().get(&format!("/servers/{id}")).await, 404);
    wait_until("what the region made is removed", async || world.two().nova.ids().is_empty()).await;
    world.wait_no_intents().await;
    no_removals(&world).await;
    assert_eq!(usage(&world).await, 0);
    assert!(ids(&world.demo().get("/servers").await).is_empty());
}

async fn an_answer_lost_on_the_way_is_found(database: Arc<Database>) {
    let world = World::start(&database).await;
    let lost = Fault::new(Kind::CloseAfterEffect).on(Service::Nova).method("POST").path("/v2.1/servers").times(1);
    world.two().faults.push(lost);
    let id = boots_ending(&world, BootOutcome::NoValidHost).await;
    let shown = world.wait_status(&id, "ACTIVE").await;
    assert_eq!(shown["OS-EXT-AZ:availability_zone"], "RegionTwo-nova");
    assert_eq!(world.two().nova.ids().len(), 1);
    assert_eq!(usage(&world).await, 1);
    world.wait_no_intents().await;
}

async fn a_restart_ends_it_in_error(database: Arc<Database>) {
    let adjust = |config: &mut nova_cascade::config::Config| {
        config.boot.build_deadline_s = 2;
        config.boot.intent_takeover_s = 1;
    };
    let mut world = World::with(&database, adjust).await;
    world.one().nova.set_boot_pace(Pace::ByHand);
    let id = boots_ending(&world, BootOutcome::Active).await;
    world.restart(adjust).await;
    let shown = world.wait_status(&id, "ERROR").await;
    let message = shown["fault"]["message"].as_str().unwrap();
    assert!(message.contains("did not launch the server within 2 s"), "{message}");
    assert!(message.contains("restarted"), "{message}");
    wait_until("the remnant is gone", async || world.one().nova.ids().is_empty()).await;
    assert!(world.two().nova.ids().is_empty());
    assert_eq!(usage(&world).await, 1);
}

/// The service was down for longer than a build may take, and its row is as old.
async fn one_that_came_up_while_nobody_looked_stays(database: Arc<Database>) {
    let adjust = |config: &mut nova_cascade::config::Config| config.boot.build_deadline_s = 3;
    let mut world = World::with(&database, adjust).await;
    world.one().nova.set_boot_pace(Pace::ByHand);
    let id = boots_ending(&world, BootOutcome::Active).await;
    world.top.end();
    world.one().nova.finish_boot(&id);
    tokio::time::sleep(Duration::from_secs(4)).await;
    // The sync reads nothing yet.
    world.one().faults.push(Fault::new(Kind::Hang).on(Service::Nova).path("/v2.1/servers/detail"));
    let shown = world.one().nova.count("GET /servers/{id}");
    world.restart(adjust).await;
    wait_until("its region is asked", async || world.one().nova.count("GET /servers/{id}") > shown + 2).await;
    assert_eq!(world.one().nova.ids(), [id.clone()]);
    no_removals(&world).await;
    world.one().faults.clear();
    // What hangs ends with the process.
    world.restart(adjust).await;
    world.wait_status(&id, "ACTIVE").await;
    assert_eq!(world.one().nova.status(&id), Some("ACTIVE"));
}

async fn one_that_failed_on_a_host_stays(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = boots_ending(&world, BootOutcome::Failed("no such disk".into())).await;
    let shown = world.wait_status(&id, "ERROR").await;
    assert_eq!(shown["fault"]["message"], "no such disk");
    wait_until("it is watched no longer", async || {
        world.database.texts("SELECT server_id AS text FROM placings").await.is_empty()
    })
    .await;
    assert_eq!(world.one().nova.ids(), [id]);
}
