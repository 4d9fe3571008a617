//! What one project has under way does not keep the others out: of the API, and of a region.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use http::Request;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use nova_cascade::http_body::{self, Body};
use nova_cascade::stack;
use tower::ServiceExt;

use crate::sim::{Fault, Kind, Service};
use crate::support::{Database, World, on_each_database, refused, send, wait_for, wait_until};

on_each_database!(
    a_project_has_its_share_of_the_service,
    an_answer_that_is_not_read_counts,
    work_that_goes_on_without_its_client_counts,
    slow_calls_of_one_project_leave_a_region_to_the_others,
);

/// A boot whose body never ends: under way for as long as its client likes. One that is refused is sent again.
async fn endless(url: String, token: String) {
    let host = url.trim_start_matches("http://");
    loop {
        let request = Request::post("/v2.1/servers").header("host", host).header("x-auth-token", &token);
        let body = StreamBody::new(futures_util::stream::pending::<Result<Frame<Bytes>, Infallible>>());
        let _ = send(&url, request.header("content-type", "application/json").body(body).unwrap()).await;
        tokio::task::yield_now().await;
    }
}

async fn a_project_has_its_share_of_the_service(database: Arc<Database>) {
    let world = World::with(&database, |config| {
        config.api.inflight_max = 16;
        config.api.inflight_per_project_max = Some(2);
    })
    .await;
    let (demo, alt) = (world.demo(), world.user("alt", "2.1"));
    let token = world.cloud.token("demo");
    let slow: Vec<_> = (0..2).map(|_| tokio::spawn(endless(world.top.url.clone(), token.clone()))).collect();
    let over = wait_for("the project's share to be taken", async || {
        Some(demo.get("/servers").await).filter(|answer| answer.status != 200)
    })
    .await;
    let message = refused(&over, 429);
    assert!(message.contains("this project"), "{message}");
    assert_eq!(over.header("retry-after"), Some("1"));
    assert_eq!(over.json()["overLimit"]["retryAfter"], "1");
    for _ in 0..20 {
        assert_eq!(alt.get("/servers").await.status, 200, "another project's");
    }
    for request in slow {
        request.abort();
    }
    wait_until("the share to be free", async || demo.get("/servers").await.status == 200).await;
}

fn get(token: &str) -> Request<Body> {
    let request = Request::get("/v2.1/servers").header("host", "top").header("x-auth-token", token);
    request.body(http_body::empty()).unwrap()
}

async fn an_answer_that_is_not_read_counts(database: Arc<Database>) {
    let world = World::with(&database, |config| config.api.inflight_per_project_max = Some(2)).await;
    let (demo, alt) = (world.cloud.token("demo"), world.cloud.token("alt"));
    let service = stack::build(&world.top.app);
    let ask = async |token: &str| service.clone().oneshot(get(token)).await.unwrap();
    let unread = [ask(&demo).await, ask(&demo).await];
    assert!(unread.iter().all(|answer| answer.status() == 200));
    assert_eq!(ask(&demo).await.status(), 429);
    assert_eq!(ask(&alt).await.status(), 200);
    let [first, _second] = unread;
    assert!(!first.into_body().collect().await.unwrap().to_bytes().is_empty());
    assert_eq!(ask(&demo).await.status(), 200);
}

async fn work_that_goes_on_without_its_client_counts(database: Arc<Database>) {
    let world = World::with(&database, |config| config.api.inflight_per_project_max = Some(1)).await;
    world.one().faults.push(Fault::new(Kind::Hang).on(Service::Nova).method("POST").path("/v2.1/servers"));
    let (demo, body) = (world.demo(), world.body_in("RegionOne", "web"));
    let boot = tokio::spawn({
        let demo = demo.clone();
        async move { demo.post("/servers", body).await }
    });
    wait_until("the boot in the region", async || world.boots_sent() == 1).await;
    boot.abort();
    assert!(boot.await.is_err());
    for _ in 0..5 {
        assert_eq!(demo.get("/servers").await.status, 429, "the boot goes on");
    }
}

async fn slow_calls_of_one_project_leave_a_region_to_the_others(database: Arc<Database>) {
    let world = World::with(&database, |config| {
        config.region.inflight_max = 3;
        config.region.queue_timeout_ms = 500;
    })
    .await;
    let (slow, quick) = (world.boot("RegionOne", "slow").await, world.boot_as("alt", "RegionOne", "quick").await);
    let path = format!("/servers/{slow}/metadata");
    world.one().faults.push(Fault::new(Kind::Hang).on(Service::Nova).path(&format!("/v2.1{path}")));
    let demo = world.demo();
    let mut calls: FuturesUnordered<_> = (0..4).map(|_| demo.get(&path)).collect();
    // Two have the project's share of the region, the others find no place in time.
    let refusal = calls.next().await.expect("an answer");
    let message = refused(&refusal, 503);
    assert!(message.contains("too many calls"), "{message}");
    assert_eq!(refusal.header("retry-after"), Some("1"), "nothing was sent");
    let alt = world.user("alt", "2.1");
    let others = format!("/servers/{quick}/metadata");
    let all = async {
        for _ in 0..5 {
            let answer = alt.get(&others).await;
            assert_eq!(answer.status, 200, "{answer:?}");
        }
    };
    // While two of demo's are under way.
    tokio::select! {
        () = all => {}
        () = async { while calls.next().await.is_some() {} } => panic!("a call that hangs was answered"),
    }
}
