//! `POST /servers`: what is answered, where it goes, and what becomes of it.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::sim::{Fault, Kind, Pace, Service, TokenSpec};
use crate::support::{Database, World, accepted, ids, names, on_each_database, refused, wait_until};

on_each_database!(
    a_boot_is_seen_at_once_and_becomes_active,
    a_failed_boot_tells_why,
    several_servers_are_all_listed,
    a_reservation_is_answered_alone,
    several_servers_of_a_region_without_hints_are_all_listed,
    the_zone_decides_the_region,
    what_is_nowhere_is_400,
    the_regions_refusal_is_passed_on,
    a_token_may_end_while_its_boot_is_under_way,
    a_client_that_goes_away_changes_nothing,
    many_boots_at_once_all_arrive,
);

async fn a_boot_is_seen_at_once_and_becomes_active(database: Arc<Database>) {
    let world = World::start(&database).await;
    world.one().nova.set_boot_pace(Pace::ByHand);
    let demo = world.demo();
    let answer = demo.post("/servers", world.body_in("RegionOne", "web")).await;
    let id = accepted(&answer);
    // The region's id is the server's on top as well.
    assert_eq!(world.one().nova.ids(), [id.clone()]);
    let server = answer.json()["server"].clone();
    assert_eq!(server["adminPass"], "s3cr3tS1mP4ss");
    assert_eq!(server["OS-DCF:diskConfig"], "MANUAL");
    assert_eq!(server["security_groups"], json!([{"name": "default"}]));
    assert_eq!(answer.json().as_object().map(serde_json::Map::len), Some(1));
    let building = demo.get(&format!("/servers/{id}")).await.json()["server"].clone();
    assert_eq!(
        (&building["status"], &building["OS-EXT-STS:task_state"], &building["addresses"]),
        (&json!("BUILD"), &json!("scheduling"), &json!({})),
    );
    assert_eq!(ids(&demo.get("/servers?status=BUILD").await), [id.clone()]);
    world.one().nova.finish_boot(&id);
    let active = world.wait_status(&id, "ACTIVE").await;
    let port = world.one().neutron.ports_of(&id).remove(0);
    assert_eq!(active["addresses"]["shared"][0]["addr"], port.ip_address);
    assert_eq!(ids(&demo.get("/servers?status=ACTIVE").await), [id]);
    world.wait_no_intents().await;
}

async fn a_failed_boot_tells_why(database: Arc<Database>) {
    let world = World::start(&database).await;
    world.one().nova.next_boots([crate::sim::BootOutcome::NoValidHost]);
    let id = accepted(&world.demo().post("/servers", world.body_in("RegionOne", "web")).await);
    let failed = world.wait_status(&id, "ERROR").await;
    assert_eq!(failed["fault"]["message"], "No valid host was found. There are not enough hosts available.");
    assert!(failed["fault"].get("details").is_some());
    let demo = world.demo().get(&format!("/servers/{id}")).await.json()["server"].clone();
    assert_eq!(demo["fault"]["code"], 500);
    assert!(demo["fault"].get("details").is_none(), "only an admin reads the traceback");
}

/// Waits for these names in demo's list.
async fn wait_names(world: &World, wanted: &[&str]) {
    let demo = world.demo();
    wait_until("all servers of the boot", async || {
        let mut found = names(&demo.get("/servers/detail").await);
        found.sort();
        found == wanted
    })
    .await;
}

async fn several_servers_are_all_listed(database: Arc<Database>) {
    let world = World::start(&database).await;
    let mut body = world.body("web");
    body["server"]["min_count"] = json!(3);
    let id = accepted(&world.demo().post("/servers", body).await);
    wait_names(&world, &["web-1", "web-2", "web-3"]).await;
    assert!(ids(&world.demo().get("/servers").await).contains(&id));
    world.wait_no_intents().await;
    assert_eq!(world.boots_sent(), 3, "each on its own");
}

async fn a_reservation_is_answered_alone(database: Arc<Database>) {
    let world = World::start(&database).await;
    let mut body = world.body_in("RegionTwo", "web");
    body["server"]["max_count"] = json!("2");
    body["server"]["return_reservation_id"] = json!(true);
    let answer = world.demo().post("/servers", body).await;
    assert_eq!(answer.status, 202);
    let reservation = answer.json()["reservation_id"].as_str().expect("a reservation").to_owned();
    assert_eq!(answer.json(), json!({ "reservation_id": reservation }));
    assert!(answer.header("location").is_none());
    wait_names(&world, &["web-1", "web-2"]).await;
    let detail = world.user("admin", "2.3").get("/servers/detail?all_tenants=1").await.json();
    for server in detail["servers"].as_array().expect("servers") {
        assert_eq!(server["OS-EXT-SRV-ATTR:reservation_id"], reservation);
    }
    world.wait_no_intents().await;
}

async fn several_servers_of_a_region_without_hints_are_all_listed(database: Arc<Database>) {
    let cloud = crate::sim::SimCloud::start(&["RegionOne"]).await;
    cloud.region("RegionOne").nova.set_max_minor(96);
    let world = World::over(cloud, &database, |_| {}).await;
    let mut body = world.body("web");
    body["server"]["min_count"] = json!(3);
    accepted(&world.demo().post("/servers", body).await);
    wait_names(&world, &["web-1", "web-2", "web-3"]).await;
    world.wait_no_intents().await;
}

async fn the_zone_decides_the_region(database: Arc<Database>) {
    let cloud = crate::sim::SimCloud::start(&["RegionOne", "RegionTwo"]).await;
    cloud.region("RegionTwo").nova.set_zones(&["nova", "rack-2"]);
    let world = World::over(cloud, &database, |_| {}).await;
    for (zone, region, local) in [
        ("RegionOne", world.one(), Value::Null),
        ("RegionTwo", world.two(), Value::Null),
        ("RegionOne-nova", world.one(), json!("nova")),
        ("RegionTwo-rack-2", world.two(), json!("rack-2")),
    ] {
        let id = world.boot(zone, "web").await;
        let created = region.nova.created().pop().expect("a boot");
        assert_eq!(created.ids, [id.clone()], "{zone}");
        assert_eq!(created.body["server"].get("availability_zone").cloned().unwrap_or_default(), local, "{zone}");
        assert_eq!(world.show(&id).await["OS-EXT-AZ:availability_zone"], zone);
    }
    // Nova's own forms for an admin: a host, and no zone before it.
    let admin = world.user("admin", "2.1");
    accepted(&admin.post("/servers", world.body_in("RegionTwo-nova:regiontwo-host-1", "forced")).await);
    let created = world.two().nova.created().pop().expect("a boot");
    assert_eq!(created.body["server"]["availability_zone"], "nova:regiontwo-host-1");
}

async fn what_is_nowhere_is_400(database: Arc<Database>) {
    let world = World::start(&database).await;
    let unknown = uuid::Uuid::new_v4().to_string();
    let cases = [
        ("flavorRef", json!("77"), "Flavor 77 could not be found.".to_owned()),
        ("imageRef", json!(unknown), "Can not find requested image".to_owned()),
        ("networks", json!([{"uuid": unknown}]), format!("Network {unknown} could not be found.")),
        ("networks", json!([{"port": unknown}]), format!("Port id {unknown} could not be found.")),
        ("availability_zone", json!("mars"), "The requested availability zone is not available".to_owned()),
        ("availability_zone", json!("nova"), "The requested availability zone is not available".to_owned()),
    ];
    for (key, value, message) in cases {
        let mut body = world.body("web");
        body["server"][key] = value;
        assert_eq!(refused(&world.demo().post("/servers", body).await, 400), message, "{key}");
    }
    for key in ["name", "flavorRef"] {
        let mut body = world.body("web");
        body["server"].as_object_mut().expect("a server").remove(key);
        let message = refused(&world.demo().post("/servers", body).await, 400);
        assert!(message.ends_with(&format!("'{key}' is a required property")), "{message}");
    }
    assert_eq!(world.boots_sent(), 0);
    world.wait_no_intents().await;
}

async fn the_regions_refusal_is_passed_on(database: Arc<Database>) {
    let world = World::start(&database).await;
    let demo = world.demo();
    let mut body = world.body_in("RegionOne", "web");
    body["server"]["key_name"] = json!("none");
    assert_eq!(refused(&demo.post("/servers", body).await, 400), "Invalid key_name provided.");
    let mut body = world.body("web");
    body["server"]["frobnicate"] = json!(1);
    let message = refused(&demo.post("/servers", body).await, 400);
    assert!(message.contains("'frobnicate' was unexpected"), "{message}");
    // Which network is not said, and there are two.
    for region in world.cloud.regions() {
        region.neutron.add_network("another", None);
    }
    let mut body = world.body("web");
    body["server"].as_object_mut().expect("a server").remove("networks");
    let message = refused(&demo.post("/servers", body).await, 409);
    assert!(message.starts_with("More than one possible network found."), "{message}");
    let sent = world.boots_sent();
    let denied = "Policy doesn't allow os_compute_api:servers:create:trusted_certs to be performed.";
    for region in world.cloud.regions() {
        region.faults.push(Fault::new(Kind::Answer(403, denied)).on(Service::Nova).method("POST"));
    }
    let answer = demo.post("/servers", world.body("web")).await;
    assert_eq!(refused(&answer, 403), denied);
    assert_eq!(world.boots_sent(), sent + 1, "what one region refuses for good is not tried in another");
    assert!(ids(&demo.get("/servers").await).is_empty());
    world.wait_no_intents().await;
}

async fn a_token_may_end_while_its_boot_is_under_way(database: Arc<Database>) {
    let world = World::with(&database, |config| config.boot.intent_takeover_s = 60).await;
    let second = std::time::Duration::from_secs(1);
    let slow = Fault::new(Kind::DelayBefore(8 * second)).on(Service::Nova).method("POST").times(1);
    world.one().faults.push(slow);
    let token = world.cloud.keystone.mint(TokenSpec::of("demo").expires_in(6 * second));
    let id = accepted(&world.top.client().token(&token).post("/servers", world.body_in("RegionOne", "web")).await);
    world.wait_status(&id, "ACTIVE").await;
}

async fn a_client_that_goes_away_changes_nothing(database: Arc<Database>) {
    let world = World::start(&database).await;
    let pause = std::time::Duration::from_millis(800);
    world.one().faults.push(Fault::new(Kind::DelayAfter(pause)).on(Service::Nova).method("POST").times(1));
    let demo = world.demo();
    let body = world.body_in("RegionOne", "web");
    let client = tokio::spawn(async move { demo.send("POST", "/servers", Some(body)).await });
    wait_until("the boot in the region", async || !world.one().nova.ids().is_empty()).await;
    client.abort();
    let id = world.one().nova.ids().remove(0);
    wait_until("the server on top", async || ids(&world.demo().get("/servers").await) == [id.clone()]).await;
    world.wait_no_intents().await;
    assert_eq!(world.boots_sent(), 1);
}

async fn many_boots_at_once_all_arrive(database: Arc<Database>) {
    let world = World::start(&database).await;
    let demo = world.demo();
    let boots = (0..40).map(|number| demo.post("/servers", world.body(&format!("s{number}"))));
    let mut made: Vec<String> = futures_util::future::join_all(boots).await.iter().map(accepted).collect();
    made.sort();
    made.dedup();
    assert_eq!((made.len(), world.boots_sent()), (40, 40));
    wait_until("all ACTIVE", async || ids(&demo.get("/servers?status=ACTIVE").await).len() == 40).await;
    let deletes = made.iter().map(async |id| demo.delete(&format!("/servers/{id}")).await.status);
    assert!(futures_util::future::join_all(deletes).await.iter().all(|status| *status == 204));
    wait_until("all gone", async || ids(&demo.get("/servers").await).is_empty()).await;
    assert!(world.one().nova.ids().is_empty() && world.two().nova.ids().is_empty());
    world.wait_no_intents().await;
}
