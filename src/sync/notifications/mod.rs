//! A region's notifications over AMQP as a wake-up: its round runs now instead of at the end of the poll period. They
//! carry nothing into a row, so one that is lost, doubled, late or forged costs time at most (D4).

mod broker;
mod message;
mod throttle;
mod transport;

use std::time::Duration;

use futures_util::StreamExt;
use lapin::options::BasicAckOptions;
use tokio::time::Instant;

use crate::app::App;
use crate::config::{Notifications, ms};
use broker::{BrokerError, Source};
use message::Meaning;
use throttle::Throttle;

/// The pause before the first new attempt to connect; it doubles up to `reconnect_pause_max_s`.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// Wakes the region's rounds for as long as its lease is held: the caller ends it. Where no broker is configured for
/// the region it only waits.
pub(super) async fn listen(app: &App, region_id: &str) {
    let region = app.registry.get(region_id);
    let name = region.as_deref().map_or("", crate::regions::Region::name);
    let Some(settings) = app.config.notifications.iter().find(|entry| entry.region == name) else {
        return std::future::pending().await;
    };
    let longest = Duration::from_secs(settings.reconnect_pause_max_s).max(FIRST_PAUSE);
    let mut pause = FIRST_PAUSE;
    loop {
        let error = match broker::open(settings).await {
            Ok(source) => {
                pause = FIRST_PAUSE;
                let _connected = Connected::new(settings);
                tracing::info!(region = name, broker = source.address, "notifications: listening");
                let Err(error) = follow(app, region_id, settings, source).await;
                error
            }
            Err(error) => error,
        };
        metrics::counter!("cascade_notification_errors_total", "region" => name.to_owned()).increment(1);
        let retry_s = pause.as_secs();
        tracing::warn!(region = name, %error, retry_s, "notifications: not connected; the sync polls meanwhile");
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(longest);
    }
}

/// Whether the files that an entry names can be used; connects to nobody.
///
/// # Errors
/// Text for the operator.
pub fn usable(settings: &Notifications) -> Result<(), String> {
    broker::prepare(settings).map(drop).map_err(|error| format!("notifications of {}: {error}", settings.region))
}

/// Connects and makes a queue, as [`listen`] does, and leaves it again; tells where it was.
///
/// # Errors
/// Text for the operator.
pub async fn check(settings: &Notifications) -> Result<String, String> {
    broker::open(settings).await.map(|source| source.address.clone()).map_err(|error| error.to_string())
}

/// Takes notifications until the connection ends.
async fn follow(
    app: &App,
    region_id: &str,
    settings: &Notifications,
    mut source: Source,
) -> Result<std::convert::Infallible, BrokerError> {
    let mut throttle = Throttle::new(ms(settings.wake_pause_ms), Instant::now());
    // What came while nobody listened is lost.
    throttle.want();
    loop {
        let due = throttle.due();
        tokio::select! {
            delivery = source.consumer.next() => {
                let delivery = delivery.ok_or(BrokerError::Ended)??;
                if note(settings, message::read(&delivery.data)) == Meaning::Wakes {
                    throttle.want();
                }
                delivery.ack(BasicAckOptions::default()).await?;
            }
            () = tokio::time::sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                throttle.woken(Instant::now());
                app.sync.wake(region_id);
                metrics::counter!("cascade_notification_wakes_total", "region" => settings.region.clone()).increment(1);
            }
        }
    }
}

fn note(settings: &Notifications, meaning: Meaning) -> Meaning {
    let labels = [("region", settings.region.clone()), ("meaning", meaning.name().to_owned())];
    metrics::counter!("cascade_notifications_total", &labels).increment(1);
    meaning
}

/// Shows in the metrics that we listen, until it is dropped.
struct Connected(metrics::Gauge);

impl Connected {
    fn new(settings: &Notifications) -> Self {
        let gauge = metrics::gauge!("cascade_notifications_connected", "region" => settings.region.clone());
        gauge.set(1);
        Self(gauge)
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.set(0);
    }
}
