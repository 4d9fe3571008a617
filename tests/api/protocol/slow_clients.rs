//! Clients that send their body or take their answer slower than anybody needs to.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::support::http2::{Http2, kind};
use crate::support::{DEADLINE, Database, World, accepted, on_each_database};

on_each_database!(a_body_that_is_dribbled_is_408, an_answer_that_nobody_reads_holds_no_turn_of_its_region);

async fn a_body_that_is_dribbled_is_408(database: Arc<Database>) {
    let world = World::with(&database, |config| config.api.body_read_timeout_ms = 500).await;
    let address = world.top.url.trim_start_matches("http://");
    let head = format!(
        "POST /v2.1/servers HTTP/1.1\r\nhost: a\r\nx-auth-token: {}\r\ncontent-type: application/json\r\n\
         content-length: 1000\r\n\r\n",
        world.cloud.token("demo")
    );
    let (mut read, mut write) = TcpStream::connect(address).await.expect("a connection").into_split();
    write.write_all(head.as_bytes()).await.expect("sent");
    let dribble = tokio::spawn(async move {
        while write.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    let mut answer = Vec::new();
    // An end by RST is one, too: the rest of the body is not read.
    let _ = timeout(DEADLINE, read.read_to_end(&mut answer)).await.expect("the connection is closed");
    dribble.abort();
    let answer = String::from_utf8(answer).expect("text");
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("\r\nconnection: close\r\n") && answer.contains("did not arrive in time"), "{answer}");
    assert_eq!(world.boots_sent(), 0);
}

async fn an_answer_that_nobody_reads_holds_no_turn_of_its_region(database: Arc<Database>) {
    let world = World::with(&database, |config| config.region.inflight_max = 1).await;
    let id = accepted(&world.demo().post("/servers", world.body_in("RegionOne", "web")).await);
    world.wait_status(&id, "ACTIVE").await;
    let (token, path) = (world.cloud.token("demo"), format!("/servers/{id}/metadata"));
    let address = world.top.url.trim_start_matches("http://").parse().expect("an address");
    let mut connection = Http2::connect(address, 0).await;
    connection.get(1, &format!("/v2.1{path}"), &[("x-auth-token", &token)]).await;
    connection.frame(kind::HEADERS, 1).await;
    assert_eq!(world.demo().get(&path).await.status, 200);
}
