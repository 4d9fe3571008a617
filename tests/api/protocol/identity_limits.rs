//! What tokens may cost: Keystone's time, and the places of those whose tokens are known.

use std::sync::Arc;

use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream::FuturesUnordered;

use crate::sim::{Answer, Fault, Kind, Service};
use crate::support::{Database, World, accepted, on_each_database, refused, wait_until};

on_each_database!(
    a_refused_token_is_asked_about_once,
    a_refusal_is_forgotten_soon,
    what_cannot_be_a_token_is_not_asked_about,
    unknown_tokens_have_a_share_of_the_service,
    few_tokens_are_validated_at_once,
    a_keystone_that_hangs_is_not_waited_for_again_and_again,
    the_accounts_refused_token_is_not_the_users,
);

const VALIDATE: &str = "GET /v3/auth/tokens";

fn keystone(world: &World, kind: Kind) {
    world.cloud.faults.push(Fault::new(kind).on(Service::Keystone).method("GET").path("/v3/auth/tokens"));
}

fn asked(world: &World) -> u64 {
    world.cloud.keystone.journal().count(VALIDATE)
}

async fn with_token(world: &World, token: &str) -> Answer {
    world.top.client().token(token).get("/servers").await
}

#[track_caller]
fn busy(answer: &Answer) {
    let message = refused(answer, 503);
    assert!(message.contains("busy"), "{message}");
    assert_eq!(answer.header("retry-after"), Some("1"));
}

async fn a_refused_token_is_asked_about_once(database: Arc<Database>) {
    let world = World::with(&database, |config| config.keystone.refused_token_cache_s = 600).await;
    let before = asked(&world);
    for _ in 0..2 {
        for answer in join_all((0..20).map(|_| with_token(&world, "gAAAAA-of-nobody"))).await {
            assert_eq!(answer.status, 401);
            assert!(answer.header("www-authenticate").is_some());
        }
    }
    assert_eq!(asked(&world) - before, 1);
    assert_eq!(with_token(&world, "gAAAAA-of-another").await.status, 401);
    assert_eq!(asked(&world) - before, 2);
}

async fn a_refusal_is_forgotten_soon(database: Arc<Database>) {
    let world = World::with(&database, |config| config.keystone.refused_token_cache_s = 1).await;
    // As by a Keystone that does not know a new token yet.
    keystone(&world, Kind::Answer(404, "Could not find token"));
    let demo = world.demo();
    assert_eq!(demo.get("/servers").await.status, 401);
    world.cloud.faults.clear();
    wait_until("200", async || demo.get("/servers").await.status == 200).await;
}

async fn what_cannot_be_a_token_is_not_asked_about(database: Arc<Database>) {
    let world = World::start(&database).await;
    let before = asked(&world);
    for text in ["", "two words", "a;b", "'", &"x".repeat(8_193)] {
        assert_eq!(with_token(&world, text).await.status, 401, "{text}");
    }
    assert_eq!(asked(&world), before);
}

async fn unknown_tokens_have_a_share_of_the_service(database: Arc<Database>) {
    let world = World::with(&database, |config| {
        config.api.inflight_max = 8;
        config.keystone.validations_max = 1;
        config.keystone.queue_timeout_ms = 60_000;
    })
    .await;
    let demo = world.demo();
    assert_eq!(demo.get("/servers").await.status, 200);
    keystone(&world, Kind::Hang);
    let tokens: Vec<String> = (0..8).map(|number| format!("gAAAAA-{number}")).collect();
    let mut unknown: FuturesUnordered<_> = tokens.iter().map(|token| with_token(&world, token)).collect();
    // One is validated, and two wait: a quarter of eight.
    for _ in 0..5 {
        busy(&unknown.next().await.expect("an answer"));
    }
    let known = tokio::select! {
        answer = demo.get("/servers") => answer,
        Some(answer) = unknown.next() => panic!("Keystone hangs, and it was answered: {answer:?}"),
    };
    assert_eq!(known.status, 200);
}

async fn few_tokens_are_validated_at_once(database: Arc<Database>) {
    let world = World::with(&database, |config| {
        config.keystone.validations_max = 2;
        config.keystone.queue_timeout_ms = 200;
    })
    .await;
    let before = asked(&world);
    keystone(&world, Kind::Hang);
    let tokens: Vec<String> = (0..5).map(|number| format!("gAAAAA-{number}")).collect();
    let mut unknown: FuturesUnordered<_> = tokens.iter().map(|token| with_token(&world, token)).collect();
    for _ in 0..3 {
        busy(&unknown.next().await.expect("an answer"));
    }
    wait_until("two validations", async || asked(&world) - before == 2).await;
}

async fn a_keystone_that_hangs_is_not_waited_for_again_and_again(database: Arc<Database>) {
    let world = World::with(&database, |config| {
        config.keystone.timeout_ms = 3_000;
        config.keystone.retry_down_ms = 60_000;
    })
    .await;
    let known = world.demo();
    assert_eq!(known.get("/servers").await.status, 200);
    keystone(&world, Kind::Hang);
    let first = ["gAAAAA-1", "gAAAAA-2", "gAAAAA-3"].map(|token| with_token(&world, token));
    for answer in join_all(first).await {
        assert!(refused(&answer, 503).contains("identity service"));
    }
    let before = asked(&world);
    for number in 0..20 {
        let answer = with_token(&world, &format!("gAAAAA-more-{number}")).await;
        assert!(refused(&answer, 503).contains("identity service"));
        assert_eq!(answer.header("retry-after"), Some("60"));
    }
    assert_eq!(asked(&world), before, "it counts as down, and nobody waits for it");
    assert_eq!(known.get("/servers").await.status, 200);
    // The account has its token.
    accepted(&known.post("/servers", world.body("web")).await);
}

async fn the_accounts_refused_token_is_not_the_users(database: Arc<Database>) {
    let world = World::with(&database, |config| config.keystone.refused_token_cache_s = 600).await;
    keystone(&world, Kind::Answer(401, "The request you have made requires authentication."));
    let demo = world.demo();
    for _ in 0..3 {
        assert!(refused(&demo.get("/servers").await, 503).contains("identity service"));
    }
    world.cloud.faults.clear();
    wait_until("200", async || demo.get("/servers").await.status == 200).await;
}
