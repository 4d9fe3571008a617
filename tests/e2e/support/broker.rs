//! The lab's RabbitMQ: what is published there, and a way to it that can be cut.

use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use lapin::options::BasicPublishOptions;
use lapin::{BasicProperties, Connection, ConnectionProperties};
use serde_json::{Value, json};

use super::lab;

/// A region's broker by this port, with the lab's own account.
#[track_caller]
pub fn url(region: &str, port: &str) -> String {
    let fact = |name: &str| lab::fact(&format!("/rabbitmq/{name}"));
    format!("amqp://{}:{}@127.0.0.1:{port}/{}", fact("user"), fact("password"), fact(&format!("vhosts/{region}")))
}

/// A notification as Nova's `messagingv2` driver sends it.
pub fn notification(event_type: &str, server: &str) -> String {
    let payload = json!({ "nova_object.name": "InstanceActionPayload", "nova_object.data": { "uuid": server } });
    let message = json!({ "event_type": event_type, "priority": "INFO", "payload": payload });
    let envelope: Value = json!({ "oslo.version": "2.0", "oslo.message": message.to_string() });
    envelope.to_string()
}

/// Publishes where Nova does.
#[track_caller]
pub fn publish(region: &str, bodies: &[String]) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let url = url(region, &lab::fact("/rabbitmq/port"));
        let connection = Connection::connect(&url, ConnectionProperties::default()).await.expect("the lab's broker");
        let channel = connection.create_channel().await.expect("a channel");
        let (exchange, key) = ("nova", "versioned_notifications.info");
        for body in bodies {
            let (options, properties) = (BasicPublishOptions::default(), BasicProperties::default());
            let sent = channel.basic_publish(exchange.into(), key.into(), options, body.as_bytes(), properties).await;
            sent.expect("published");
        }
        connection.close(200, "done".into()).await.expect("an end");
    });
}

/// A port that leads to the broker; it stays open as long as the process lives.
pub struct Way {
    pub port: u16,
    streams: Arc<Mutex<Vec<TcpStream>>>,
}

impl Way {
    pub fn new() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let streams: Arc<Mutex<Vec<TcpStream>>> = Arc::default();
        let known = streams.clone();
        let broker = format!("127.0.0.1:{}", lab::fact("/rabbitmq/port"));
        thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                let far = TcpStream::connect(&broker).expect("the lab's broker");
                pass(&near, &far);
                pass(&far, &near);
                known.lock().expect("nobody panicked here").extend([near, far]);
            }
        });
        Self { port, streams }
    }

    /// Breaks all connections that lead through it.
    pub fn cut(&self) {
        for stream in self.streams.lock().expect("nobody panicked here").drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn pass(from: &TcpStream, to: &TcpStream) {
    let (mut from, mut to) = (from.try_clone().expect("a socket"), to.try_clone().expect("a socket"));
    thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Both);
    });
}
