//! What `tools/bench boot-sim` and `read-sim` measure: the service beside the simulated region itself, in turn. Left out
//! of the tests: nothing is asserted but that the answers are the ones meant.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Response;
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use nova_cascade::config;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::sim::{Client, Fault, Kind};
use crate::support::{Backend, Database, World, accepted, run, wait_until};

/// Boots before the first one that counts: they push what has to be pushed, and look up what is remembered.
const WARM_UP: usize = 5;
const SERVERS: usize = 1_000;

fn number(name: &str, usual: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

fn sample(name: &str, since: Instant) {
    println!("sample\t{name}\t{:.6}", since.elapsed().as_secs_f64());
}

/// With the periods of a real service, not those of a test.
async fn world(database: &Arc<Database>) -> World {
    World::with(database, |config| {
        config.sync = config::Sync::default();
        config.boot = config::Boot::default();
        config.region = config::Region::default();
    })
    .await
}

#[test]
#[ignore = "a measurement: tools/bench boot-sim"]
fn boot() {
    run(Backend::Sqlite, async |database| {
        let world = world(&database).await;
        let latency = Duration::from_millis(number("BENCH_LATENCY_MS", 20) as u64);
        world.one().faults.push(Fault::new(Kind::DelayBefore(latency)));
        let (top, region) = (world.demo(), world.below(world.one(), "demo", "2.1"));
        let sides = [("region", region, world.body("bench")), ("top", top, world.body_in("RegionOne", "bench"))];
        for turn in 0..WARM_UP + number("BENCH_N", 200) {
            for offset in 0..2 {
                let (name, client, body) = &sides[(turn + offset) % 2];
                let since = Instant::now();
                let answer = client.post("/servers", body.clone()).await;
                accepted(&answer);
                if turn >= WARM_UP {
                    sample(name, since);
                }
            }
        }
    });
}

#[test]
#[ignore = "a measurement: tools/bench read-sim"]
fn read() {
    run(Backend::Sqlite, async |database| {
        let world = world(&database).await;
        let demo = world.demo();
        let mut body = world.body_in("RegionOne", "bench");
        (body["server"]["min_count"], body["server"]["max_count"]) = (100.into(), 100.into());
        for _ in 0..SERVERS / 100 {
            accepted(&demo.post("/servers", body.clone()).await);
            let unsettled = "SELECT id AS text FROM servers WHERE settled = 0 LIMIT 1";
            wait_until("all settled", async || world.database.texts(unsettled).await.is_empty()).await;
        }
        let list = "/servers/detail?limit=1000";
        let listed = demo.get(list).await;
        let servers = listed.json()["servers"].as_array().map_or(0, Vec::len);
        assert_eq!(servers, SERVERS);
        let id = listed.json()["servers"][0]["id"].as_str().map(str::to_owned).expect("an id");
        for (what, path) in [("list of 1000", list.to_owned()), ("show", format!("/servers/{id}"))] {
            let bytes = demo.get(&path).await.body;
            assert!(serde_json::from_slice::<Value>(&bytes).is_ok());
            let bare = Client::new(send_always(bytes).await);
            for _ in 0..number("BENCH_N", 200) {
                for (name, client, path) in [("bytes alone", &bare, "/"), ("top", &demo, path.as_str())] {
                    let since = Instant::now();
                    assert_eq!(client.get(path).await.status, 200);
                    sample(&format!("{what}, {name}"), since);
                }
            }
        }
    });
}

/// A server that answers every request with these bytes; its URL.
async fn send_always(bytes: Bytes) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        loop {
            let Ok((stream, _)) = listener.accept().await else { continue };
            let bytes = bytes.clone();
            let service = service_fn(move |_| {
                let answer = Response::builder().header("content-type", "application/json");
                let answer = answer.body(Full::new(bytes.clone()));
                async move { Ok::<_, Infallible>(answer.expect("an answer")) }
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    url
}
