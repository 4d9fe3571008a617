//! The top's service token goes to Nova alone, and nothing is looked up for a user in another name.

use std::sync::Arc;

use serde_json::json;

use crate::sim::journal::Journal;
use crate::sim::{BootOutcome, Fault, Kind, Service, SimCloud, SimRegion};
use crate::support::{Database, World, accepted, on_each_database, wait_for};

on_each_database!(
    a_look_up_carries_the_users_token_alone,
    a_look_up_that_is_refused_ends_in_401,
    a_change_whose_look_up_is_refused_ends_in_401,
    a_server_is_not_placed_again_when_the_token_has_ended,
);

/// Nova's neighbours.
fn neighbours(region: &SimRegion) -> [(&'static str, &Journal); 4] {
    [
        ("neutron", region.neutron.record()),
        ("glance", region.glance.record()),
        ("cinder", region.cinder.record()),
        ("placement", region.placement.record()),
    ]
}

/// Fails where a service other than Nova was sent one, or Nova none.
pub fn only_nova_saw_service_tokens(world: &World) {
    for region in world.cloud.regions() {
        for (name, journal) in neighbours(region) {
            assert!(journal.service_tokens().is_empty(), "{name} of {}: {:?}", region.name, journal.service_tokens());
        }
    }
    assert!(world.cloud.regions().any(|region| !region.nova.record().service_tokens().is_empty()));
}

/// Nothing is remembered of what projects see.
async fn forgetful(database: &Arc<Database>) -> World {
    World::with(database, |config| config.boot.visibility_cache_s = 0).await
}

async fn a_look_up_carries_the_users_token_alone(database: Arc<Database>) {
    let cloud = SimCloud::start(&["RegionOne", "RegionTwo"]).await;
    cloud.regions().for_each(|region| region.offer_volumes(&cloud));
    let world = World::over(cloud, &database, |config| config.boot.visibility_cache_s = 0).await;
    let one = world.one();
    let token = world.cloud.token("demo");
    let demo = world.top.client().token(&token).version("2.60");
    let group = one.neutron.add_security_group("web", "demo");
    let (volume, snapshot) = (one.cinder.add_volume("demo"), one.cinder.add_snapshot("demo"));
    let mut body = world.body("web");
    body["server"]["security_groups"] = json!([{ "name": group }]);
    body["server"]["block_device_mapping_v2"] = json!([
        {"source_type": "volume", "uuid": volume, "boot_index": 0, "destination_type": "volume"},
        {"source_type": "snapshot", "uuid": snapshot, "boot_index": 1, "destination_type": "volume"},
    ]);
    let answer = demo.post("/servers", body).await;
    assert!(answer.status < 500, "{answer:?}");
    let id = accepted(&demo.post("/servers", world.body_in("RegionOne", "web")).await);
    world.wait_status(&id, "ACTIVE").await;
    let rebuilt = demo.post(&format!("/servers/{id}/action"), json!({"rebuild": {"imageRef": world.image()}})).await;
    assert_eq!(rebuilt.status, 202, "{rebuilt:?}");
    let attached = json!({"interfaceAttachment": {"net_id": world.network()}});
    let attached = demo.post(&format!("/servers/{id}/os-interface"), attached).await;
    assert!(attached.status < 500, "{attached:?}");
    only_nova_saw_service_tokens(&world);
    // Each was asked in the user's own name.
    for (journal, route) in [
        (one.glance.record(), "GET /v2/images/{id}"),
        (one.neutron.record(), "GET /v2.0/networks/{id}"),
        (one.neutron.record(), "GET /v2.0/security-groups/{id}"),
        (one.cinder.record(), "GET /v3/{project}/volumes/{id}"),
        (one.cinder.record(), "GET /v3/{project}/snapshots/{id}"),
    ] {
        let seen = journal.seen_on(route);
        assert!(!seen.is_empty(), "{route}: {:?}", journal.counts());
        assert!(seen.iter().all(|seen| seen.header("x-auth-token") == Some(token.as_str())), "{route}");
    }
}

/// Asked of an image, in any name.
fn image_look_ups(world: &World) -> u64 {
    world.cloud.regions().map(|region| region.glance.record().count("GET /v2/images/{id}")).sum()
}

async fn a_look_up_that_is_refused_ends_in_401(database: Arc<Database>) {
    let world = forgetful(&database).await;
    let token = world.cloud.token("demo");
    let demo = world.top.client().token(&token);
    assert_eq!(demo.get("/servers").await.status, 200);
    // The top still knows it; nobody else does.
    world.cloud.revoke(&token);
    let before = image_look_ups(&world);
    let answer = demo.post("/servers", world.body("web")).await;
    assert_eq!(answer.status, 401, "{answer:?}");
    let uri = world.cloud.auth_url().trim_end_matches("/v3").to_owned();
    assert_eq!(answer.header("www-authenticate"), Some(format!("Keystone uri=\"{uri}\"").as_str()));
    let message = answer.json()["unauthorized"]["message"].as_str().expect("a message").to_owned();
    assert!(message.contains("RegionOne, RegionTwo: it did not accept the token when asked for the "), "{message}");
    assert_eq!(image_look_ups(&world), before + 2, "each region is asked once, in the user's name");
    assert_eq!(world.boots_sent(), 0);
    // With a new token it is a boot like any other.
    accepted(&world.demo().post("/servers", world.body("web")).await);
}

async fn a_change_whose_look_up_is_refused_ends_in_401(database: Arc<Database>) {
    let world = forgetful(&database).await;
    let id = world.boot("RegionOne", "web").await;
    let token = world.cloud.token("demo");
    let demo = world.top.client().token(&token);
    assert_eq!(demo.get("/servers").await.status, 200);
    world.cloud.revoke(&token);
    let body = json!({"rebuild": {"imageRef": world.image()}});
    let answer = demo.post(&format!("/servers/{id}/action"), body).await;
    assert_eq!(answer.status, 401, "{answer:?}");
    assert!(answer.header("www-authenticate").is_some());
    assert_eq!(world.one().nova.count("POST /servers/{id}/action"), 0, "the region was sent a name that may be wrong");
}

async fn a_server_is_not_placed_again_when_the_token_has_ended(database: Arc<Database>) {
    let world = forgetful(&database).await;
    // The first look-up is that of the boot.
    let refusal = Kind::Answer(401, "The request you have made requires authentication.");
    world.two().faults.push(Fault::new(refusal).on(Service::Glance).method("GET").path("/v2/images/").after(1));
    world.one().nova.next_boots([BootOutcome::NoValidHost]);
    let token = world.cloud.token("demo");
    let id = accepted(&world.top.client().token(&token).post("/servers", world.body("web")).await);
    let message = wait_for("an end", async || {
        let shown = world.show(&id).await;
        let message = shown["fault"]["message"].as_str().unwrap_or_default().to_owned();
        (shown["status"] == "ERROR" && message.contains("RegionTwo")).then_some(message)
    })
    .await;
    assert!(
        message.contains("it did not accept the token when asked for the image: the token has expired"),
        "{message}"
    );
    let asked = world.two().glance.record().seen_on("GET /v2/images/{id}");
    assert_eq!(asked.len(), 2);
    assert!(asked.iter().all(|seen| seen.header("x-auth-token") == Some(token.as_str())), "asked in another name");
    assert!(world.two().nova.ids().is_empty());
}
