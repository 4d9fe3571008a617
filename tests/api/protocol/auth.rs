//! Tokens: valid, cached, refused; access rules; a Keystone that is down.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::sim::{Answer, TokenSpec};
use crate::support::{Database, World, accepted, on_each_database, refused, wait_until};

on_each_database!(
    without_a_valid_token_it_is_401,
    one_validation_serves_many_requests,
    a_revoked_token_ends_with_the_cache,
    a_token_ends_when_it_expires_though_cached,
    without_keystone_only_known_tokens_pass,
    access_rules_are_kept,
    an_unscoped_token_may_not_see_servers,
    without_keystone_known_users_go_on,
    the_accounts_own_token_is_renewed,
);

#[track_caller]
fn unauthorized(world: &World, answer: &Answer) {
    assert_eq!(answer.status, 401, "{answer:?}");
    let uri = world.cloud.auth_url().trim_end_matches("/v3").to_owned();
    assert_eq!(answer.header("www-authenticate"), Some(format!("Keystone uri=\"{uri}\"").as_str()));
    assert_eq!(answer.json()["error"]["code"], 401);
    assert!(answer.header("x-openstack-request-id").is_some());
}

async fn without_a_valid_token_it_is_401(database: Arc<Database>) {
    let world = World::start(&database).await;
    let top = world.top.client();
    unauthorized(&world, &top.get("/servers").await);
    unauthorized(&world, &top.clone().token("gAAAAA-nobody's").get("/servers").await);
    let expired = world.cloud.keystone.mint(TokenSpec::of("demo").expires_in(Duration::ZERO));
    unauthorized(&world, &top.clone().token(&expired).get("/servers").await);
    // In front of everything: a path that is not there tells nothing to strangers.
    unauthorized(&world, &top.get("/nothing/here").await);
    unauthorized(&world, &top.version("nonsense").get("/servers").await);
    assert_eq!(world.demo().get("/servers").await.status, 200);
}

async fn one_validation_serves_many_requests(database: Arc<Database>) {
    let world = World::start(&database).await;
    let demo = world.demo();
    let before = world.cloud.keystone.validations();
    let at_once = (0..20).map(|_| demo.get("/flavors"));
    for answer in futures_util::future::join_all(at_once).await {
        assert_eq!(answer.status, 200);
    }
    for _ in 0..5 {
        assert_eq!(demo.get("/servers").await.status, 200);
    }
    assert_eq!(world.cloud.keystone.validations() - before, 1);
    assert_eq!(world.demo().get("/servers").await.status, 200);
    assert_eq!(world.cloud.keystone.validations() - before, 2);
}

async fn a_revoked_token_ends_with_the_cache(database: Arc<Database>) {
    let world = World::with(&database, |config| config.keystone.token_cache_s = 1).await;
    let token = world.cloud.token("demo");
    let demo = world.top.client().token(&token);
    assert_eq!(demo.get("/servers").await.status, 200);
    world.cloud.revoke(&token);
    wait_until("401", async || demo.get("/servers").await.status == 401).await;
}

async fn a_token_ends_when_it_expires_though_cached(database: Arc<Database>) {
    let world = World::start(&database).await;
    let token = world.cloud.keystone.mint(TokenSpec::of("demo").expires_in(Duration::from_secs(6)));
    let demo = world.top.client().token(&token);
    assert_eq!(demo.get("/servers").await.status, 200);
    wait_until("401", async || demo.get("/servers").await.status == 401).await;
}

async fn without_keystone_only_known_tokens_pass(database: Arc<Database>) {
    let world = World::start(&database).await;
    let (known, unknown) = (world.demo(), world.demo());
    assert_eq!(known.get("/servers").await.status, 200);
    world.cloud.keystone_down().await;
    assert_eq!(known.get("/servers").await.status, 200);
    let message = refused(&unknown.get("/servers").await, 503);
    assert!(message.contains("identity service"), "{message}");
    world.cloud.keystone_up();
    // A failure is not remembered.
    wait_until("200", async || unknown.get("/servers").await.status == 200).await;
}

async fn access_rules_are_kept(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionOne", "web").await;
    let rules = json!([
        {"id": "1", "service": "compute", "method": "GET", "path": "/v2.1/servers"},
        {"id": "2", "service": "compute", "method": "GET", "path": "/v2.1/flavors/*"},
        {"id": "3", "service": "network", "method": "DELETE", "path": "/**"},
    ]);
    let token = world.cloud.keystone.mint(TokenSpec::of("demo").access_rules(rules));
    let limited = world.top.client().token(&token);
    assert_eq!(limited.get("/servers").await.status, 200);
    assert_eq!(limited.get("/flavors/1").await.status, 200);
    unauthorized(&world, &limited.get("/flavors").await);
    unauthorized(&world, &limited.get(&format!("/servers/{id}")).await);
    unauthorized(&world, &limited.delete(&format!("/servers/{id}")).await);
    unauthorized(&world, &limited.post("/servers", world.body("more")).await);
    assert_eq!(world.one().nova.count("DELETE /servers/{id}"), 0);
}

async fn an_unscoped_token_may_not_see_servers(database: Arc<Database>) {
    let world = World::start(&database).await;
    let token = world.cloud.keystone.mint(TokenSpec::of("demo").unscoped());
    let nobody = world.top.client().token(&token);
    let message = refused(&nobody.get("/servers").await, 403);
    assert_eq!(message, "Policy doesn't allow os_compute_api:servers:index to be performed.");
    assert_eq!(nobody.post("/servers", world.body("web")).await.status, 403);
}

async fn without_keystone_known_users_go_on(database: Arc<Database>) {
    let world = World::start(&database).await;
    let (demo, admin) = (world.demo(), world.user("admin", "2.1"));
    accepted(&demo.post("/servers", world.body_in("RegionOne", "before")).await);
    assert_eq!(admin.get("/servers").await.status, 200);
    world.cloud.keystone_down().await;
    for zone in ["RegionOne", "RegionTwo"] {
        let id = accepted(&demo.post("/servers", world.body_in(zone, "web")).await);
        let path = format!("/servers/{id}");
        wait_until("ACTIVE", async || admin.get(&path).await.json()["server"]["status"] == "ACTIVE").await;
        assert_eq!(demo.delete(&path).await.status, 204);
        wait_until("gone", async || admin.get(&path).await.status == 404).await;
    }
}

async fn the_accounts_own_token_is_renewed(database: Arc<Database>) {
    let world = World::start(&database).await;
    let token = || {
        let seen = world.one().nova.seen_on("GET /servers/detail").pop().expect("a round");
        seen.header("x-auth-token").expect("a token").to_owned()
    };
    let first = token();
    world.cloud.revoke(&first);
    world.synced().await;
    wait_until("another token", async || token() != first).await;
    // It stands beside a user's own as well.
    let id = world.boot("RegionOne", "web").await;
    assert_eq!(world.demo().delete(&format!("/servers/{id}")).await.status, 204);
    let seen = world.one().nova.seen_on("DELETE /servers/{id}").pop().expect("a delete");
    assert_eq!(seen.header("x-service-token"), Some(token().as_str()));
    world.wait_gone(&id).await;
}
