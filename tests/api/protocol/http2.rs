//! What one HTTP/2 connection can hold: RFC 9113, 10.5.

use crate::support::http2::{Http2, kind};
use crate::support::{Listener, wait_until};

const WINDOW_BYTES: u32 = 65_535;
const REFUSED_STREAM: [u8; 4] = [0, 0, 0, 7];

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let listener = Listener::start(|config| config.listen.idle_timeout_ms = 300).await;
    let mut connection = Http2::connect(listener.address, WINDOW_BYTES).await;
    connection.get(1, "/", &[]).await;
    assert_eq!(connection.frame(kind::DATA, 1).await.payload, b"here");
    assert!(connection.closed().await.contains(&kind::GOAWAY));
}

#[tokio::test]
async fn a_peer_that_gives_no_sign_of_life_is_left() {
    let listener = Listener::start(|config| config.listen.http2_ping_period_ms = 2_000).await;
    let mut connection = Http2::connect(listener.address, WINDOW_BYTES).await;
    connection.mute = true;
    connection.get(1, "/hang", &[]).await;
    assert!(connection.closed().await.contains(&kind::PING));
    assert_eq!(listener.calls(), 1);
}

#[tokio::test]
async fn more_streams_than_agreed_are_refused() {
    let listener = Listener::start(|config| config.listen.http2_streams_max = 3).await;
    let mut connection = Http2::connect(listener.address, WINDOW_BYTES).await;
    for stream in 0..10 {
        connection.get(2 * stream + 1, "/hang", &[]).await;
    }
    for stream in 3..10 {
        assert_eq!(connection.frame(kind::RST_STREAM, 2 * stream + 1).await.payload, REFUSED_STREAM);
    }
    wait_until("the others", async || listener.calls() == 3).await;
}

#[tokio::test]
async fn a_stream_that_nobody_reads_is_reset_and_the_others_go_on() {
    let listener = Listener::start(|config| config.listen.answer_timeout_ms = 500).await;
    let mut connection = Http2::connect(listener.address, 0).await;
    connection.get(1, "/large", &[]).await;
    connection.frame(kind::RST_STREAM, 1).await;
    connection.get(3, "/", &[]).await;
    connection.widen(3, WINDOW_BYTES).await;
    assert_eq!(connection.frame(kind::DATA, 3).await.payload, b"here");
}

#[tokio::test]
async fn little_of_an_answer_waits_for_a_slow_reader() {
    let listener = Listener::start(|config| config.listen.answer_timeout_ms = 500).await;
    let mut connection = Http2::connect(listener.address, 1).await;
    connection.get(1, "/large", &[]).await;
    assert_eq!(connection.frame(kind::DATA, 1).await.payload, b"x");
    // Not ended: the rest was not handed to the connection for good.
    connection.frame(kind::RST_STREAM, 1).await;
}
