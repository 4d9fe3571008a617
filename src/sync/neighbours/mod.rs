//! What stands beside a region's servers and shows in their documents without touching `updated`: ports, floating ips,
//! hosts. Read as light pages beside the rounds and under the same lease; a difference unsettles the servers concerned.

mod expect;
mod floating_ips;
mod hosts;
mod page;
mod port;
mod ports;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::round::SyncError;
use super::worker;
use crate::app::App;
use crate::config::ms;
use crate::db::leases::Lease;
use crate::regions::nova::RegionApi;

pub(super) use page::END;
pub(super) use ports::keep_changed;

/// Goes on for as long as the lease is held: the caller ends it. What it does may be cut off anywhere and done again.
pub(super) async fn keep(app: &Arc<App>, region_id: &str, lease: &Lease) {
    let settings = &app.config.sync;
    let mut kinds = [Kind::Ports, Kind::FloatingIps, Kind::Hosts].map(|kind| (kind, Instant::now()));
    loop {
        for (kind, due_at) in &mut kinds {
            if Instant::now() < *due_at {
                continue;
            }
            let Some(region) = app.registry.get(region_id) else { return };
            let api = worker::api(app, region);
            let count = match kind.read(app, &api, lease).await {
                Ok(count) => count,
                Err(error) => {
                    worker::failed(app, &api, lease, kind.name(), &error).await;
                    0
                }
            };
            // The more there are, the more rarely: so many a second at most.
            let spread = Duration::from_secs(u64::try_from(count).unwrap_or(0) / settings.neighbours_per_s.max(1));
            *due_at = Instant::now() + spread.max(ms(settings.neighbours_period_ms));
        }
        let next = kinds.iter().map(|(_, due_at)| *due_at).min().unwrap_or_else(Instant::now);
        tokio::time::sleep_until(next).await;
    }
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Ports,
    FloatingIps,
    Hosts,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Ports => "ports",
            Self::FloatingIps => "floating ips",
            Self::Hosts => "hosts",
        }
    }

    async fn read(self, app: &Arc<App>, api: &RegionApi, lease: &Lease) -> Result<usize, SyncError> {
        match self {
            Self::Hosts => hosts::all(app, api, lease).await,
            _ if api.region().row.network_url.is_empty() => Ok(0),
            Self::Ports => ports::all(app, api, lease).await,
            Self::FloatingIps => floating_ips::all(app, api, lease).await,
        }
    }
}
