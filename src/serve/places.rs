//! How many connections are open: in all, and of one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::settings::Settings;
use crate::client::network;
use crate::config::TrustedProxies;

/// Time between two lines of the log on refused connections.
const LOG_PERIOD: Duration = Duration::from_secs(10);

/// Time after which another idle connection is asked for its place.
const ASK_PERIOD: Duration = Duration::from_millis(250);

/// The places of one listener.
pub(super) struct Places {
    free: Arc<Semaphore>,
    wanted: Arc<Notify>,
    per_address_max: usize,
    trusted: TrustedProxies,
    taken: Taken,
    logged_at: Mutex<Option<Instant>>,
}

/// Open connections by address.
type Taken = Arc<Mutex<HashMap<IpAddr, usize>>>;

impl Places {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            free: Arc::new(Semaphore::new(settings.connections_max)),
            wanted: Arc::default(),
            per_address_max: settings.connections_per_address_max,
            trusted: settings.trusted_proxies.clone(),
            taken: Taken::default(),
            logged_at: Mutex::default(),
        }
    }

    /// Notified once for each connection that waits for a place: one that is idle is to end.
    pub(super) fn wanted(&self) -> Arc<Notify> {
        self.wanted.clone()
    }

    /// Waits for a place; none only if the semaphore were closed, which it never is.
    pub(super) async fn take(&self) -> Option<OwnedSemaphorePermit> {
        if let Ok(place) = self.free.clone().try_acquire_owned() {
            return Some(place);
        }
        loop {
            self.wanted.notify_one();
            // One that was asked may still have something to do: then another one is.
            if let Ok(place) = tokio::time::timeout(ASK_PERIOD, self.free.clone().acquire_owned()).await {
                return place.ok();
            }
        }
    }

    /// Counts a connection of this address; `None` where it has its share already. Those of trusted proxies, which
    /// bring many clients, are not counted.
    pub(super) fn share(&self, peer: IpAddr) -> Option<Share> {
        if self.trusted.contains(peer) {
            return Some(Share(None));
        }
        let key = network(peer);
        {
            let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
            let count = taken.entry(key).or_default();
            if *count < self.per_address_max {
                *count += 1;
                return Some(Share(Some((self.taken.clone(), key))));
            }
        }
        metrics::counter!("cascade_connections_closed_total", "reason" => "address").increment(1);
        if self.may_log() {
            tracing::warn!(client = %peer, "connections are refused: listen.connections_per_address_max are open");
        }
        None
    }

    fn may_log(&self) -> bool {
        let mut logged_at = self.logged_at.lock().unwrap_or_else(PoisonError::into_inner);
        let due = logged_at.is_none_or(|at| at.elapsed() >= LOG_PERIOD);
        if due {
            *logged_at = Some(Instant::now());
        }
        due
    }
}

/// One connection of an address; given back when it is dropped.
pub(super) struct Share(Option<(Taken, IpAddr)>);

impl Drop for Share {
    fn drop(&mut self) {
        let Some((taken, key)) = self.0.take() else { return };
        let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&key) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn an_address_has_its_share_and_no_more() {
        let mut config = Config::default();
        config.listen.connections_per_address_max = Some(2);
        let places = Places::new(&Settings::of(&config));
        let of = |text: &str| places.share(text.parse().expect("an address"));
        let first = of("192.0.2.1");
        let second = of("::ffff:192.0.2.1");
        assert!(first.is_some() && second.is_some());
        assert!(of("192.0.2.1").is_none());
        let others = [of("192.0.2.2"), of("2001:db8::1"), of("2001:db8::2:1")];
        assert!(others.iter().all(Option::is_some));
        assert!(of("2001:db8::3").is_none(), "the same /64");
        assert!(of("2001:db8:0:1::3").is_some());
        drop(first);
        assert!(of("192.0.2.1").is_some());
        drop((second, others));
        assert!(places.taken.lock().expect("no panic").is_empty(), "nothing is kept of addresses without connections");
    }
}
