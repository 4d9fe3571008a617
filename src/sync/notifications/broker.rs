//! The connection to a region's broker, and our own queue there. Nova's exchange is only bound to, never declared; the
//! work queue that other consumers share is left to them.

use lapin::options::{BasicConsumeOptions, BasicQosOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{FieldTable, ShortString};
use lapin::uri::{AMQPScheme, AMQPUri};
use lapin::{Channel, Connection, ConnectionProperties, Consumer};
use uuid::Uuid;

use super::transport::{self, Life};
use crate::config::{Notifications, ms};
use crate::tls::{Tls, refusal};

const TLS: &str = "notifications.tls";

/// Why there is no connection; without credentials.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// A setting, or a file that it names, cannot be used.
    #[error("{0}")]
    Settings(String),
    /// No answer.
    #[error("the broker did not answer within notifications.connect_timeout_ms")]
    Timeout,
    /// What the broker or the network says.
    #[error("{}", refusal(TLS, .0).unwrap_or_else(|| .0.to_string()))]
    Amqp(#[from] lapin::Error),
    /// It has deleted our queue.
    #[error("the broker ended the delivery")]
    Ended,
}

/// A queue of ours that fills.
pub struct Source {
    /// Host and port, for people.
    pub address: String,
    /// The notifications.
    pub consumer: Consumer,
    // Both end with it.
    _connection: Connection,
    _life: Life,
}

/// Connects and begins to consume.
///
/// # Errors
/// The broker does not answer, or refuses.
pub async fn open(settings: &Notifications) -> Result<Source, BrokerError> {
    let (mut uri, tls) = prepare(settings)?;
    uri.query.heartbeat = Some(settings.heartbeat_s);
    let address = format!("{}:{}", uri.authority.host, uri.authority.port);
    let life = Life::default();
    let name = format!("nova-cascade {}", settings.region);
    let properties = ConnectionProperties::default().with_connection_name(name.into());
    let opening = async {
        let connection = transport::connect(uri, properties, tls, &life).await?;
        let channel = connection.create_channel().await?;
        let consumer = consume(&channel, settings).await?;
        Ok::<_, lapin::Error>((connection, consumer))
    };
    let opened = tokio::time::timeout(ms(settings.connect_timeout_ms), opening).await;
    let (connection, consumer) = opened.map_err(|_| BrokerError::Timeout)??;
    Ok(Source { address, consumer, _connection: connection, _life: life })
}

/// Where to connect, with the password and the certificates of now.
///
/// # Errors
/// A file that the settings name cannot be used.
pub fn prepare(settings: &Notifications) -> Result<(AMQPUri, Option<Tls>), BrokerError> {
    let uri = settings.broker().map_err(BrokerError::Settings)?;
    let tls = (uri.scheme == AMQPScheme::AMQPS).then(|| Tls::new(TLS, &settings.tls)).transpose();
    Ok((uri, tls.map_err(|e| BrokerError::Settings(e.to_string()))?))
}

/// The queue is for this connection alone and goes with it, so that nothing piles up for a process that is gone. Its
/// name is a new one each time: the broker may keep the last one for a while after a connection broke.
async fn consume(channel: &Channel, settings: &Notifications) -> lapin::Result<Consumer> {
    let queue = ShortString::from(format!("{}.{}", settings.queue_prefix, Uuid::new_v4()));
    let alone = QueueDeclareOptions { exclusive: true, ..QueueDeclareOptions::default() };
    let mut bounds = FieldTable::default();
    bounds.insert("x-max-length".into(), i64::from(settings.queue_length_max).into());
    channel.queue_declare(queue.clone(), alone, bounds).await?;
    let (exchange, key) = (settings.exchange.as_str().into(), format!("{}.*", settings.topic).into());
    channel.queue_bind(queue.clone(), exchange, key, QueueBindOptions::default(), FieldTable::default()).await?;
    channel.basic_qos(settings.prefetch_count, BasicQosOptions::default()).await?;
    channel.basic_consume(queue, "".into(), BasicConsumeOptions::default(), FieldTable::default()).await
}
