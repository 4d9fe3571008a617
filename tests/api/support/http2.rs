//! HTTP/2 frame by frame (RFC 9113), for what no library's client does.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::DEADLINE;

/// What a client begins with.
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Kinds of frames.
pub mod kind {
    pub const DATA: u8 = 0x0;
    pub const HEADERS: u8 = 0x1;
    pub const RST_STREAM: u8 = 0x3;
    pub const SETTINGS: u8 = 0x4;
    pub const PING: u8 = 0x6;
    pub const GOAWAY: u8 = 0x7;
    pub const WINDOW_UPDATE: u8 = 0x8;
}

const INITIAL_WINDOW_SIZE: u16 = 0x4;
const ACK: u8 = 0x1;
const END_STREAM_AND_HEADERS: u8 = 0x5;

/// A frame that came.
#[derive(Debug)]
pub struct Frame {
    pub kind: u8,
    pub stream: u32,
    pub payload: Vec<u8>,
}

/// A connection that does nothing by itself but answer pings.
pub struct Http2 {
    stream: TcpStream,
    /// Answers not even pings.
    pub mute: bool,
}

impl Http2 {
    /// Connects and sends preface and settings; the server may send a stream this many bytes unasked.
    pub async fn connect(address: SocketAddr, window_bytes: u32) -> Self {
        let stream = TcpStream::connect(address).await.expect("a connection");
        let mut connection = Self { stream, mute: false };
        connection.stream.write_all(PREFACE).await.expect("sent");
        let setting = [&INITIAL_WINDOW_SIZE.to_be_bytes()[..], &window_bytes.to_be_bytes()].concat();
        connection.send(kind::SETTINGS, 0, 0, &setting).await;
        connection
    }

    /// Asks by `GET`, on a stream with an odd number that was not used before.
    pub async fn get(&mut self, stream: u32, path: &str, headers: &[(&str, &str)]) {
        // Indexed: `:method: GET`, `:scheme: http`. The rest as literals that are not indexed (RFC 7541, 6.2.2).
        let mut block = vec![0x82, 0x86];
        for (name, value) in [(":path", path), (":authority", "a")].iter().chain(headers) {
            block.push(0);
            for text in [name, value] {
                literal(&mut block, text);
            }
        }
        self.send(kind::HEADERS, END_STREAM_AND_HEADERS, stream, &block).await;
    }

    /// Lets the server send a stream, or all of them (0), this much more.
    pub async fn widen(&mut self, stream: u32, bytes: u32) {
        self.send(kind::WINDOW_UPDATE, 0, stream, &bytes.to_be_bytes()).await;
    }

    async fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let length = u32::try_from(payload.len()).expect("a short frame").to_be_bytes();
        let mut frame = vec![length[1], length[2], length[3], kind, flags];
        frame.extend(stream.to_be_bytes());
        frame.extend(payload);
        // Whether the connection is closed already is for the test to find out.
        let _ = self.stream.write_all(&frame).await;
    }

    /// The next frame; `None` once the connection is closed.
    pub async fn next(&mut self) -> Option<Frame> {
        let mut head = [0; 9];
        timeout(DEADLINE, self.stream.read_exact(&mut head)).await.expect("a frame or an end").ok()?;
        let mut payload = vec![0; usize::from(head[0]) << 16 | usize::from(head[1]) << 8 | usize::from(head[2])];
        timeout(DEADLINE, self.stream.read_exact(&mut payload)).await.expect("a frame or an end").ok()?;
        let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        if head[3] == kind::PING && !self.mute {
            self.send(kind::PING, ACK, 0, &payload).await;
        }
        Some(Frame { kind: head[3], stream, payload })
    }

    /// The next frame of this kind on this stream.
    pub async fn frame(&mut self, kind: u8, stream: u32) -> Frame {
        loop {
            let frame = self.next().await.expect("the connection is open");
            if (frame.kind, frame.stream) == (kind, stream) {
                return frame;
            }
        }
    }

    /// The kinds of all frames until the connection is closed.
    pub async fn closed(&mut self) -> Vec<u8> {
        let mut kinds = Vec::new();
        while let Some(frame) = self.next().await {
            kinds.push(frame.kind);
        }
        kinds
    }
}

/// A string of HPACK without Huffman's code (RFC 7541, 5.1 and 5.2).
fn literal(block: &mut Vec<u8>, text: &str) {
    let mut rest = text.len();
    if rest < 127 {
        block.push(u8::try_from(rest).expect("short"));
    } else {
        block.push(127);
        rest -= 127;
        while rest >= 128 {
            block.push(u8::try_from(rest % 128).expect("seven bits") | 0x80);
            rest /= 128;
        }
        block.push(u8::try_from(rest).expect("seven bits"));
    }
    block.extend(text.as_bytes());
}
