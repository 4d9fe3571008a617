//! What rounds meet.

use std::sync::Arc;

use nova_cascade::config;
use nova_cascade::db::intents::{self, Intent, phase};
use serde_json::json;

use super::{adopting, shown, used, wait_listed};
use crate::sim::{Fault, Kind, Service};
use crate::support::{Database, World, accepted, ids, on_each_database, refused, wait_until};

on_each_database!(
    an_adopted_server_is_like_all_others,
    quota_may_be_passed_and_refuses_from_then_on,
    what_an_open_boot_may_have_made_waits_for_it,
    what_is_deleted_before_is_not_adopted,
    a_boot_is_never_a_stranger,
    a_boot_is_never_a_stranger_where_nothing_marks_it,
    a_cell_that_is_down_waits,
    softly_deleted_ones_cost_nothing,
    servers_of_before_are_adopted_too,
);

async fn an_adopted_server_is_like_all_others(database: Arc<Database>) {
    let world = adopting(&database).await;
    let id = world.one().nova.add_server_with("demo", "own", |server| {
        server.tags = vec!["red".into()];
        server.metadata.insert("k".into(), json!("v"));
        server.user_data = Some("eA==".into());
        server.key_name = Some("theirs".into());
    });
    let other = world.two().nova.add_server("alt", "other");
    wait_listed(&world, &[&id]).await;
    wait_until("alt's", async || ids(&world.user("alt", "2.1").get("/servers").await) == [other.clone()]).await;
    let server = shown(&world, "2.46", &id).await;
    assert_eq!((&server["id"], &server["flavor"]["id"]), (&json!(id), &json!("1")), "{server}");
    assert_eq!((&server["name"], &server["status"]), (&json!("own"), &json!("ACTIVE")));
    assert_eq!(server["tenant_id"], world.cloud.keystone.project_id("demo"));
    assert_eq!(server["user_id"], world.cloud.keystone.user_id("demo"));
    assert_eq!((&server["metadata"], &server["tags"]), (&json!({"k": "v"}), &json!(["red"])));
    assert_eq!(
        (&server["key_name"], &server["OS-EXT-AZ:availability_zone"]),
        (&json!("theirs"), &json!("RegionOne-nova"))
    );
    assert_eq!((used(&world, "instances").await, used(&world, "ram").await), (1, 512));
    assert!(database.texts("SELECT flavor_id AS text FROM adopted_flavors").await.is_empty());
    assert_eq!(database.texts("SELECT user_data AS text FROM server_user_data").await, ["eA=="]);
    for filter in ["tags=red", "name=own", "status=ACTIVE", "flavor=1"] {
        assert_eq!(ids(&world.user("demo", "2.26").get(&format!("/servers?{filter}")).await), [id.clone()], "{filter}");
    }
    wait_until("its port", async || {
        let ports = world.demo().get(&format!("/servers/{id}/os-interface")).await;
        ports.status == 200 && ports.json()["interfaceAttachments"].as_array().is_some_and(|ports| ports.len() == 1)
    })
    .await;
    let stop = world.demo().post(&format!("/servers/{id}/action"), json!({"os-stop": null})).await;
    assert_eq!(stop.status, 202);
    world.wait_status(&id, "SHUTOFF").await;
    let resize = json!({"resize": {"flavorRef": "2"}});
    assert_eq!(world.demo().post(&format!("/servers/{id}/action"), resize).await.status, 202);
    world.wait_status(&id, "VERIFY_RESIZE").await;
    assert_eq!(used(&world, "ram").await, 2048);
    assert_eq!(world.demo().delete(&format!("/servers/{id}")).await.status, 204);
    world.wait_gone(&id).await;
    assert_eq!(used(&world, "instances").await, 0);
}

async fn quota_may_be_passed_and_refuses_from_then_on(database: Arc<Database>) {
    let world = World::with(&database, |config| {
        config.sync.strangers = config::Strangers::Adopt;
        config.quota.instances = 2;
    })
    .await;
    let made = world.one().nova.add_servers(3);
    wait_listed(&world, &made.iter().collect::<Vec<_>>()).await;
    assert_eq!(used(&world, "instances").await, 3);
    let message = refused(&world.demo().post("/servers", world.body("more")).await, 403);
    assert!(message.starts_with("Quota exceeded for instances: Requested 1, but already used 3 of 2"), "{message}");
    for id in &made[..2] {
        assert_eq!(world.demo().delete(&format!("/servers/{id}")).await.status, 204);
        world.wait_gone(id).await;
    }
    accepted(&world.demo().post("/servers", world.body("more")).await);
}

/// Regions below 2.100 do not say what a server was booted for.
async fn old_region(database: &Arc<Database>) -> World {
    let cloud = crate::sim::SimCloud::start(&["RegionOne"]).await;
    cloud.region("RegionOne").nova.set_max_minor(96);
    World::over(cloud, database, |config| {
        config.sync.strangers = config::Strangers::Adopt;
        config.boot.intent_takeover_s = 60;
    })
    .await
}

/// A boot of this process that has been sent to RegionOne and not been answered.
async fn sent(world: &World, name: &str) -> Intent {
    let intent = Intent {
        id: uuid::Uuid::new_v4().to_string(),
        project_id: world.cloud.keystone.project_id("demo"),
        user_id: world.cloud.keystone.user_id("demo"),
        region_id: Some(world.region_id("RegionOne")),
        phase: phase::SENDING.into(),
        owner: world.top.app.process_id.clone(),
        name: name.into(),
        flavor_id: "1".into(),
        image_id: Some(world.image()),
        asked_zone: None,
        launch_index: 0,
        reservation_id: "r-12345678".into(),
        boot_request_id: "req-1".into(),
        created_at: 0,
        updated_at: 0,
        group_id: None,
        charged_instances: 1,
        charged_cores: 1,
        charged_ram_mb: 512,
        server_id: None,
        loses_volumes: false,
    };
    let opened = intents::open(&world.db, &config::Quota::default(), std::slice::from_ref(&intent), 1).await;
    assert_eq!(opened.expect("an intent"), Ok(1));
    intent
}

async fn what_an_open_boot_may_have_made_waits_for_it(database: Arc<Database>) {
    let world = old_region(&database).await;
    let intent = sent(&world, "web").await;
    let web = world.one().nova.add_server("demo", "web");
    let other = world.one().nova.add_server("demo", "other");
    wait_listed(&world, &[&other]).await;
    world.rounds(world.one(), 5).await;
    wait_listed(&world, &[&other]).await;
    intents::close(&world.db, &intent.id).await.expect("closed");
    wait_listed(&world, &[&other, &web]).await;
    assert_eq!(used(&world, "instances").await, 2);
}

async fn what_is_deleted_before_is_not_adopted(database: Arc<Database>) {
    let world = old_region(&database).await;
    let intent = sent(&world, "web").await;
    let (deleted, purged) = (world.one().nova.add_server("demo", "web"), world.one().nova.add_server("demo", "web"));
    let met = world.one().nova.add_server("demo", "met");
    wait_listed(&world, &[&met]).await;
    world.one().nova.delete(&deleted);
    world.one().nova.purge(&purged);
    // As long as what was read is taken as it is.
    tokio::time::sleep(std::time::Duration::from_secs(6)).await;
    intents::close(&world.db, &intent.id).await.expect("closed");
    let last = world.one().nova.add_server("demo", "last");
    wait_listed(&world, &[&met, &last]).await;
    world.rounds(world.one(), 5).await;
    let mapped = database.texts("SELECT local_id AS text FROM server_mappings").await;
    assert!(!mapped.contains(&deleted) && !mapped.contains(&purged), "{mapped:?}");
    assert_eq!(used(&world, "instances").await, 2);
}

async fn a_boot_is_never_a_stranger(database: Arc<Database>) {
    lost_boot(&adopting(&database).await, &database).await;
}

async fn a_boot_is_never_a_stranger_where_nothing_marks_it(database: Arc<Database>) {
    lost_boot(&old_region(&database).await, &database).await;
}

/// The answer of a boot is lost, and the sync may meet its server first.
async fn lost_boot(world: &World, database: &Database) {
    let lost = Fault::new(Kind::CloseAfterEffect).on(Service::Nova).method("POST").path("/v2.1/servers").times(1);
    world.one().faults.push(lost);
    let booted = world.demo().post("/servers", world.body_in("RegionOne", "boot")).await;
    let id = accepted(&booted);
    world.wait_no_intents().await;
    let of_boot = database.texts("SELECT boot_request_id AS text FROM servers WHERE intent_id IS NOT NULL").await;
    assert_eq!(of_boot, [booted.header("x-cascade-request-id").expect("an id")]);
    assert_eq!((ids(&world.demo().get("/servers").await), used(world, "instances").await), (vec![id], 1));
}

async fn a_cell_that_is_down_waits(database: Arc<Database>) {
    let world = adopting(&database).await;
    world.one().faults.push(Fault::new(Kind::DownCell(1.0)).on(Service::Nova));
    let id = world.one().nova.add_server("demo", "own");
    world.rounds(world.one(), 5).await;
    wait_listed(&world, &[]).await;
    world.one().faults.clear();
    wait_listed(&world, &[&id]).await;
}

async fn softly_deleted_ones_cost_nothing(database: Arc<Database>) {
    let world = adopting(&database).await;
    let soft = world.one().nova.add_server_with("demo", "soft", |server| server.settle("soft-delete"));
    let own = world.one().nova.add_server("demo", "own");
    let admin = world.user("admin", "2.1");
    wait_until("both", async || {
        let shown = async |id: &str| admin.get(&format!("/servers/{id}")).await.json()["server"]["status"].clone();
        shown(&soft).await == "SOFT_DELETED" && shown(&own).await == "ACTIVE"
    })
    .await;
    assert_eq!(used(&world, "instances").await, 1);
    let restored = world.demo().post(&format!("/servers/{soft}/action"), json!({"restore": null})).await;
    assert_eq!(restored.status, 202);
    world.wait_status(&soft, "ACTIVE").await;
    assert_eq!(used(&world, "instances").await, 2);
    assert_eq!(world.demo().delete(&format!("/servers/{own}")).await.status, 204);
    world.wait_gone(&own).await;
}

async fn servers_of_before_are_adopted_too(database: Arc<Database>) {
    let cloud = crate::sim::SimCloud::start(&["RegionOne", "RegionTwo"]).await;
    let made = cloud.region("RegionTwo").nova.add_servers(250);
    let world = World::over(cloud, &database, |config| config.sync.strangers = config::Strangers::Adopt).await;
    wait_until("all of them", async || ids(&world.demo().get("/servers").await).len() == made.len()).await;
    assert_eq!(used(&world, "instances").await, 250);
    wait_until("all settled", async || {
        database.texts("SELECT id AS text FROM servers WHERE settled = 0").await.is_empty()
    })
    .await;
}
