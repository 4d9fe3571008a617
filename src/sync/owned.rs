//! What the top owns, kept equal in one region beside its rounds and under the same lease: at once after a change on
//! top, and all of it from time to time, since a region's own admins may change it there.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::round::SyncError;
use super::{Rounds, worker};
use crate::app::App;
use crate::cascade::ensure::flavor::audit;
use crate::config::ms;

/// Time after which a region that could not be brought to what the top has is tried again.
const PATIENCE: Duration = Duration::from_secs(30);

/// Goes on for as long as the lease is held: the caller ends it. What it does may be cut off anywhere and done again.
pub(super) async fn keep(app: &Arc<App>, region_id: &str, rounds: &Rounds) {
    let mut audit_at = Instant::now();
    let mut behind_at = Instant::now();
    loop {
        let now = Instant::now();
        let Some(region) = app.registry.get(region_id) else { return };
        let api = worker::api(app, region.clone());
        let result = if now >= audit_at {
            audit_at = now + Duration::from_secs(app.config.sync.flavors_period_s);
            audit::whole(app, &api).await
        } else if now >= behind_at {
            audit::behind(app, &api).await
        } else {
            Ok(Vec::new())
        };
        match result {
            Ok(done) => {
                for change in done {
                    tracing::info!(
                        region = region.name(),
                        flavor_id = change.flavor_id,
                        what = change.what,
                        "flavor audit"
                    );
                    if change.failed {
                        behind_at = now + PATIENCE;
                    }
                }
            }
            Err(error) => {
                worker::note(&region, "flavors", &SyncError::from(error));
                behind_at = now + PATIENCE;
            }
        }
        tokio::select! {
            () = tokio::time::sleep(ms(app.config.sync.poll_period_ms)) => {}
            () = rounds.owned.notified() => behind_at = Instant::now(),
        }
    }
}
