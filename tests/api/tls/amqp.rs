//! As much of a broker as tells what password it is given.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// `connection.start` of AMQP 0-9-1: version 0-9, no properties, mechanism PLAIN, locale `en_US`.
const START: &[u8] = b"\x01\x00\x00\x00\x00\x00\x1c\x00\x0a\x00\x0a\x00\x09\x00\x00\x00\x00\
    \x00\x00\x00\x05PLAIN\x00\x00\x00\x05en_US\xce";

/// Takes logins and ends the connection then.
pub struct Broker {
    pub address: SocketAddr,
    passwords: Arc<Mutex<Vec<String>>>,
}

impl Broker {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let passwords = Arc::new(Mutex::new(Vec::new()));
        let given = passwords.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                login(stream, &given).await;
            }
        });
        Self { address, passwords }
    }

    /// What it was given so far.
    pub fn passwords(&self) -> Vec<String> {
        self.passwords.lock().expect("no panic").clone()
    }
}

/// The password of `connection.start-ok`, whose SASL answer is `\0user\0password`.
async fn login(mut stream: TcpStream, given: &Mutex<Vec<String>>) -> Option<()> {
    let mut header = [0; 8];
    stream.read_exact(&mut header).await.ok()?;
    assert_eq!(&header, b"AMQP\x00\x00\x09\x01");
    stream.write_all(START).await.ok()?;
    let mut frame = [0; 7];
    stream.read_exact(&mut frame).await.ok()?;
    let length = u32::from_be_bytes(frame[3..].try_into().expect("four bytes"));
    let mut payload = vec![0; length as usize + 1];
    stream.read_exact(&mut payload).await.ok()?;
    let user = payload.windows(6).position(|window| window == b"\0nova\0").expect("the user");
    let length = u32::from_be_bytes(payload[user - 4..user].try_into().expect("four bytes")) as usize;
    let password = String::from_utf8_lossy(&payload[user + 6..user + length]).into_owned();
    // Before the connection ends: whoever sees the end sees this too.
    given.lock().expect("no panic").push(password);
    Some(())
}
