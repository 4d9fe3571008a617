//! Bodies that are too long, of the wrong kind, or no JSON.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::{Empty, Full, StreamBody};
use hyper::body::Frame;
use serde_json::json;

use crate::sim::{Fault, Kind, Service};
use crate::support::{Database, World, accepted, ids, on_each_database, refused, send, wait_until};

on_each_database!(
    a_body_that_is_too_long_is_413,
    another_content_type_is_415,
    no_json_is_400,
    one_request_too_many_is_503,
    a_request_that_takes_too_long_is_504,
    a_stop_lets_requests_end,
);

fn slow_boot(world: &World, time: Duration) {
    world.one().faults.push(Fault::new(Kind::DelayAfter(time)).on(Service::Nova).method("POST").times(1));
}

fn post(world: &World) -> http::request::Builder {
    let host = world.top.url.trim_start_matches("http://");
    Request::post("/v2.1/servers").header("host", host).header("x-auth-token", world.cloud.token("demo"))
}

async fn a_body_that_is_too_long_is_413(database: Arc<Database>) {
    let world = World::start(&database).await;
    // Said to be too long: answered before a byte of it is sent.
    let said = post(&world).header("content-type", "application/json").header("content-length", "114689");
    let pending = StreamBody::new(futures_util::stream::pending::<Result<Frame<Bytes>, std::convert::Infallible>>());
    let answer = send(&world.top.url, said.body(pending).unwrap()).await.unwrap();
    assert_eq!(refused(&answer, 413), "Request is too large.");
    // Of unknown length: measured as it comes.
    let chunks = (0..16).map(|_| Ok(Frame::data(Bytes::from(vec![b' '; 8192]))));
    let chunked = post(&world).header("content-type", "application/json");
    let body = StreamBody::new(futures_util::stream::iter(chunks.collect::<Vec<_>>()));
    let answer = send(&world.top.url, chunked.body(body).unwrap()).await.unwrap();
    assert_eq!(refused(&answer, 413), "Request is too large.");
    // Just not too long.
    let body = format!("{}{}", " ".repeat(100_000), world.body("web"));
    let fitting = post(&world).header("content-type", "application/json").body(Full::new(Bytes::from(body)));
    assert_eq!(send(&world.top.url, fitting.unwrap()).await.unwrap().status, 202);
    assert_eq!(world.boots_sent(), 1);
}

async fn another_content_type_is_415(database: Arc<Database>) {
    let world = World::start(&database).await;
    let text = || Full::new(Bytes::from(world.body("web").to_string()));
    for kind in ["application/xml", "text/html", "application/x-www-form-urlencoded"] {
        let answer = send(&world.top.url, post(&world).header("content-type", kind).body(text()).unwrap()).await;
        assert_eq!(refused(&answer.unwrap(), 415), "Unsupported Content-Type", "{kind}");
    }
    assert_eq!(world.boots_sent(), 0);
    for kind in ["application/json; charset=UTF-8", "application/vnd.openstack.compute+json", "text/plain"] {
        let answer = send(&world.top.url, post(&world).header("content-type", kind).body(text()).unwrap()).await;
        assert_eq!(answer.unwrap().status, 202, "{kind}");
    }
}

async fn no_json_is_400(database: Arc<Database>) {
    let world = World::start(&database).await;
    for text in ["{\"server\": ", "server", "{'server': {}}"] {
        let body = Full::new(Bytes::from(text));
        let answer = send(&world.top.url, post(&world).header("content-type", "application/json").body(body).unwrap());
        assert_eq!(refused(&answer.await.unwrap(), 400), "Malformed request body", "{text}");
    }
    let answer = send(&world.top.url, post(&world).body(Empty::new()).unwrap()).await.unwrap();
    assert_eq!(refused(&answer, 400), "None is not of type 'object'");
    let demo = world.demo();
    let cases = [
        (json!({}), "'server' is a required property"),
        (json!([]), "[] is not of type 'object'"),
        (json!({"server": []}), "Invalid input for field/attribute server. Value: []. [] is not of type 'object'"),
    ];
    for (body, message) in cases {
        assert_eq!(refused(&demo.post("/servers", body).await, 400), message);
    }
    assert_eq!(world.boots_sent(), 0);
}

async fn one_request_too_many_is_503(database: Arc<Database>) {
    let world = World::with(&database, |config| config.api.inflight_max = 1).await;
    slow_boot(&world, Duration::from_secs(6));
    let demo = world.demo();
    let body = world.body_in("RegionOne", "web");
    let boot = tokio::spawn(async move { demo.post("/servers", body).await });
    wait_until("the boot in the region", async || !world.one().nova.ids().is_empty()).await;
    let message = refused(&world.demo().get("/servers").await, 503);
    assert!(message.contains("busy"), "{message}");
    accepted(&boot.await.unwrap());
    assert_eq!(ids(&world.demo().get("/servers").await).len(), 1);
}

async fn a_request_that_takes_too_long_is_504(database: Arc<Database>) {
    let world = World::with(&database, |config| config.api.request_timeout_ms = 5_000).await;
    slow_boot(&world, Duration::from_secs(9));
    let message = refused(&world.demo().post("/servers", world.body_in("RegionOne", "web")).await, 504);
    assert!(message.contains("may still happen"), "{message}");
    // And it does.
    wait_until("the server", async || ids(&world.demo().get("/servers").await).len() == 1).await;
    world.wait_no_intents().await;
    assert_eq!(world.boots_sent(), 1);
}

async fn a_stop_lets_requests_end(database: Arc<Database>) {
    let world = World::with(&database, |config| config.listen.shutdown_grace_ms = 20_000).await;
    slow_boot(&world, Duration::from_secs(1));
    let (demo, late) = (world.demo(), world.demo());
    let body = world.body_in("RegionOne", "web");
    let boot = tokio::spawn(async move { demo.post("/servers", body).await });
    wait_until("the boot in the region", async || !world.one().nova.ids().is_empty()).await;
    world.top.stop().await;
    let id = accepted(&boot.await.unwrap());
    assert!(late.send("GET", "/servers", None).await.is_err(), "nobody listens any more");
    assert_eq!(database.texts("SELECT id AS text FROM servers").await, [id]);
    assert!(database.texts("SELECT id AS text FROM intents").await.is_empty());
}
