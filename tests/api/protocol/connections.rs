//! What one client's connections can do to the others.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::http2::{Http2, PREFACE, kind};
use crate::support::{Listener, closed, wait_until};

const HERE: [u8; 4] = [127, 0, 0, 1];
const ELSEWHERE: [u8; 4] = [127, 0, 0, 2];

/// Beginnings of a first request: of either version, or of none yet.
const UNFINISHED: [&[u8]; 6] = [
    b"",
    b"GET",
    b"GET / HTTP/1.1\r\nhost: a\r\nx-hea",
    b"PRI * HT",
    PREFACE,
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04",
];

/// A connection that has had an answer, and is kept.
async fn kept(listener: &Listener) -> TcpStream {
    let mut stream = listener.connect(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
    let mut read = Vec::new();
    while !read.ends_with(b"here") {
        assert_ne!(stream.read_buf(&mut read).await.expect("an answer"), 0, "closed before its answer");
    }
    stream
}

#[tokio::test]
async fn a_client_that_sends_no_whole_request_loses_its_place() {
    let listener = Listener::start(|config| {
        config.listen.connections_max = UNFINISHED.len();
        config.listen.header_read_timeout_ms = 300;
    })
    .await;
    let mut streams = Vec::new();
    for sent in UNFINISHED {
        streams.push(listener.connect(sent).await);
    }
    wait_until("a place for another client", async || listener.answers(HERE).await).await;
    for mut stream in streams {
        closed(&mut stream).await;
    }
}

#[tokio::test]
async fn a_byte_now_and_then_is_no_request() {
    let listener = Listener::start(|config| config.listen.header_read_timeout_ms = 400).await;
    for beginning in [&b"GET / HTTP/1.1\r\nx: "[..], PREFACE] {
        let (mut read, mut write) = listener.connect(b"").await.into_split();
        let dribble = tokio::spawn(async move {
            for byte in beginning.iter().chain(std::iter::repeat(&b'x')) {
                tokio::time::sleep(Duration::from_millis(40)).await;
                if write.write_all(&[*byte]).await.is_err() {
                    break;
                }
            }
        });
        let mut rest = Vec::new();
        let end = tokio::time::timeout(crate::support::DEADLINE, read.read_to_end(&mut rest)).await;
        assert!(end.is_ok(), "the connection is closed");
        dribble.abort();
    }
}

#[tokio::test]
async fn an_answer_that_nobody_reads_keeps_no_place() {
    let listener = Listener::start(|config| {
        config.listen.connections_max = 1;
        config.listen.answer_timeout_ms = 500;
    })
    .await;
    let unread = listener.connect(b"GET /large HTTP/1.1\r\nhost: a\r\n\r\n").await;
    wait_until("the request", async || listener.calls() == 1).await;
    wait_until("a place for another client", async || listener.answers(HERE).await).await;
    drop(unread);
}

#[tokio::test]
async fn a_connection_without_a_request_makes_room_for_another() {
    let listener = Listener::start(|config| {
        config.listen.connections_max = 1;
        config.listen.connections_per_address_max = Some(10);
    })
    .await;
    let mut idle = kept(&listener).await;
    assert!(listener.answers(HERE).await);
    closed(&mut idle).await;
    let mut idle = Http2::connect(listener.address, 65_535).await;
    idle.get(1, "/", &[]).await;
    idle.frame(kind::DATA, 1).await;
    assert!(listener.answers(HERE).await);
    assert!(idle.closed().await.contains(&kind::GOAWAY));
}

#[tokio::test]
async fn one_address_cannot_hold_all_places() {
    let listener = Listener::start(|config| config.listen.connections_per_address_max = Some(2)).await;
    let held = [kept(&listener).await, kept(&listener).await];
    assert_eq!(closed(&mut listener.connect(b"").await).await, "");
    assert!(listener.answers(ELSEWHERE).await);
    drop(held);
    wait_until("its own places again", async || listener.answers(HERE).await).await;
}

#[tokio::test]
async fn a_trusted_proxy_brings_many_clients() {
    let listener = Listener::start(|config| {
        config.listen.connections_per_address_max = Some(1);
        config.listen.trusted_proxies = serde_json::from_str(r#"["127.0.0.1", "192.0.2.0/24"]"#).expect("a list");
    })
    .await;
    let _held = [kept(&listener).await, kept(&listener).await];
    assert!(listener.answers(HERE).await);
    let _held = listener.connect_from(ELSEWHERE, b"").await;
    assert!(!listener.answers(ELSEWHERE).await);
}

#[tokio::test]
async fn headers_have_a_limit() {
    let listener = Listener::start(|config| config.listen.header_bytes_max = 8_192).await;
    let value = "x".repeat(9_000);
    let request = format!("GET / HTTP/1.1\r\nhost: a\r\nx-long: {value}\r\n\r\n");
    let answer = closed(&mut listener.connect(request.as_bytes()).await).await;
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    let mut connection = Http2::connect(listener.address, 65_535).await;
    connection.get(1, "/", &[("x-long", &value)]).await;
    // Indexed or literal, the status is all that the answer's headers hold.
    let answer = connection.frame(kind::HEADERS, 1).await;
    assert!(answer.payload.windows(3).any(|text| text == b"431") || answer.payload.len() < 10, "{answer:?}");
    assert_eq!(listener.calls(), 0);
}

#[tokio::test]
async fn a_stop_waits_for_nobody_who_asks_nothing() {
    let listener = Listener::start(|_| {}).await;
    let mut streams = vec![kept(&listener).await];
    for sent in UNFINISHED {
        streams.push(listener.connect(sent).await);
    }
    let mut http2 = Http2::connect(listener.address, 65_535).await;
    http2.get(1, "/", &[]).await;
    http2.frame(kind::DATA, 1).await;
    listener.stop().await;
    for mut stream in streams {
        closed(&mut stream).await;
    }
    http2.closed().await;
}

#[tokio::test]
async fn a_stop_ends_what_takes_too_long() {
    let listener = Listener::start(|config| config.listen.shutdown_grace_ms = 300).await;
    let mut hanging = listener.connect(b"GET /hang HTTP/1.1\r\nhost: a\r\n\r\n").await;
    wait_until("the request", async || listener.calls() == 1).await;
    listener.stop().await;
    assert_eq!(closed(&mut hanging).await, "");
}
