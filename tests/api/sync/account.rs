//! The service account loses what it may do: nothing on top is lost for that.

use std::sync::Arc;
use std::time::Instant;

use serde_json::json;

use crate::sim::{Fault, Kind, Service};
use crate::support::{Database, World, accepted, flavor, on_each_database, refused, wait_until};

on_each_database!(
    what_the_top_put_into_a_region_is_not_forgotten,
    regions_that_refuse_the_account_close_nothing,
    a_boot_is_not_given_up_on_the_word_of_an_empty_list,
    a_keystone_with_new_keys_is_logged_into_again,
);

/// The token that the account uses in RegionOne now.
fn token(world: &World) -> String {
    let seen = world.one().nova.seen_on("GET /servers/detail").pop().expect("a round");
    seen.header("x-auth-token").expect("a token").to_owned()
}

/// Gives the account other roles, and waits until its rounds have a token with them.
async fn with_roles(world: &World, roles: &[&str]) {
    world.cloud.keystone.set_roles("cascade", roles);
    let old = token(world);
    world.cloud.revoke(&old);
    wait_until("another token", async || token(world) != old).await;
}

async fn what_the_top_put_into_a_region_is_not_forgotten(database: Arc<Database>) {
    let world = World::with(&database, |config| config.sync.owned_period_s = 1).await;
    let demo = world.user("demo", "2.64");
    let body = json!({"server_group": {"name": "web", "policy": "affinity"}});
    let group = demo.post("/os-server-groups", body).await.json()["server_group"]["id"].clone();
    let private = nova_cascade::db::flavors::Flavor { is_public: false, ..flavor("42", "private") };
    let projects = [world.cloud.keystone.project_id("demo")];
    nova_cascade::db::flavors::import(&world.db, &private, &projects).await.expect("a flavor");
    let mut body = world.body_in("RegionOne", "web");
    body["server"]["flavorRef"] = json!("42");
    body["os:scheduler_hints"] = json!({ "group": group });
    let id = accepted(&world.demo().post("/servers", body).await);
    world.wait_status(&id, "ACTIVE").await;
    let groups = async || database.texts("SELECT group_id AS text FROM server_group_regions").await;
    let flavors =
        async || database.texts("SELECT flavor_id AS text FROM flavor_regions WHERE made AND flavor_id = '42'").await;
    assert_eq!((groups().await.len(), flavors().await.len()), (1, 1));

    with_roles(&world, &["member", "reader", "service"]).await;
    let passes = || world.one().nova.count("GET /os-server-groups");
    let before = passes();
    wait_until("three passes", async || passes() >= before + 3).await;
    assert_eq!((groups().await.len(), flavors().await.len()), (1, 1));

    with_roles(&world, &["admin", "member", "reader", "service"]).await;
    world.synced().await;
    assert_eq!(world.live(world.one()).await, [id]);
    assert_eq!((groups().await.len(), flavors().await.len()), (1, 1));
}

async fn regions_that_refuse_the_account_close_nothing(database: Arc<Database>) {
    let world = World::start(&database).await;
    let made = world.populate(world.one(), 3).await;
    let logins = || world.cloud.keystone.journal().count("POST /v3/auth/tokens");
    let (began, before) = (Instant::now(), logins());
    let kinds = [
        // keystonemiddleware after Keystone has got other keys, and while it is away.
        Kind::Answer(401, "The request you have made requires authentication."),
        Kind::Answer(503, "The Keystone service is temporarily unavailable."),
        Kind::Answer(403, "Policy doesn't allow it."),
        Kind::NotFound,
        Kind::Garbage(200, r#"{"servers": [], "services": [], "ports": [], "server_groups": []}"#),
    ];
    for kind in kinds {
        world.one().faults.push(Fault::new(kind.clone()));
        world.top.app.sync.touch(&world.region_id("RegionOne"), made.clone());
        world.rounds(world.one(), 8).await;
        assert_eq!(world.live(world.one()).await, made, "{kind:?}");
        world.one().faults.clear();
        world.synced().await;
    }
    let logins = logins() - before;
    assert!(logins <= 2 + began.elapsed().as_secs() / 5, "{logins} logins in {:?}", began.elapsed());
}

async fn a_boot_is_not_given_up_on_the_word_of_an_empty_list(database: Arc<Database>) {
    let world = World::with(&database, |config| {
        config.boot.create_timeout_ms = 1_000;
        config.boot.outcome_wait_ms = 500;
        config.boot.intent_takeover_s = 2;
        config.boot.intent_search_s = 0;
    })
    .await;
    let nova = |kind: Kind, method: &str, path: &str| Fault::new(kind).on(Service::Nova).method(method).path(path);
    let faults = &world.one().faults;
    faults.push(nova(Kind::HangAfter, "POST", "/v2.1/servers").times(1));
    faults.push(nova(Kind::Garbage(200, r#"{"servers": []}"#), "GET", "/v2.1/servers/detail"));
    faults.push(nova(Kind::Answer(403, "no"), "GET", "/v2.1/os-services"));
    refused(&world.demo().post("/servers", world.body_in("RegionOne", "web")).await, 503);
    let looks = || {
        let lists = world.one().nova.seen_on("GET /servers/detail");
        lists.iter().filter(|seen| seen.query.iter().any(|(key, _)| key == "project_id")).count()
    };
    let before = looks();
    wait_until("it is looked for again", async || looks() >= before + 2).await;
    assert_eq!(database.texts("SELECT id AS text FROM intents").await.len(), 1);
    // The list first: an account that has its role again is believed.
    faults.heal("/v2.1/servers/detail");
    world.wait_no_intents().await;
    faults.clear();
    assert_eq!(world.live(world.one()).await, world.one().nova.ids());
    assert_eq!(world.boots_sent(), 1);
}

async fn a_keystone_with_new_keys_is_logged_into_again(database: Arc<Database>) {
    let world = World::start(&database).await;
    let made = world.populate(world.one(), 3).await;
    let (demo, old) = (world.demo(), token(&world));
    assert_eq!(demo.get("/servers").await.status, 200);
    world.cloud.keystone_down().await;
    // No token of before is good any more.
    world.cloud.keystone.forget_tokens();
    world.rounds(world.one(), 3).await;
    assert_eq!(world.live(world.one()).await, made);
    world.cloud.keystone_up();
    wait_until("another token", async || token(&world) != old).await;
    world.synced().await;
    assert_eq!(world.live(world.one()).await, made);
    assert_eq!(world.demo().get("/servers").await.status, 200);
}
