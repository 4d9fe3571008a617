//! What the top owns, kept equal in one region beside its rounds and under the same lease: at once after a change on
//! top, and all of it from time to time, since a region's own admins may change it there.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::{Rounds, worker};
use crate::app::App;
use crate::cascade::ensure::flavor::audit;
use crate::cascade::ensure::{key_pair_audit, server_group_audit};
use crate::config::ms;
use crate::db::leases::Lease;
use crate::regions::nova::RegionApi;

/// Time after which a region that could not be brought to what the top has is tried again.
const PATIENCE: Duration = Duration::from_secs(30);

/// Goes on for as long as the lease is held: the caller ends it. What it does may be cut off anywhere and done again.
pub(super) async fn keep(app: &Arc<App>, region_id: &str, lease: &Lease, rounds: &Rounds) {
    let mut pass_at = Instant::now();
    let mut behind_at = Instant::now();
    loop {
        let now = Instant::now();
        let Some(region) = app.registry.get(region_id) else { return };
        let api = worker::api(app, region);
        let mut results = Vec::new();
        if now >= pass_at {
            pass_at = now + Duration::from_secs(app.config.sync.owned_period_s);
            results.push(("key pairs", key_pair_audit::run(app, &api).await.map(|()| true)));
            results.push(("server groups", server_group_audit::run(app, &api).await.map(|()| true)));
            results.push(("flavors", audit::whole(app, &api).await.map(|done| flavors(&api, &done))));
        } else if now >= behind_at {
            results.push(("flavors", audit::behind(app, &api).await.map(|done| flavors(&api, &done))));
        }
        for (part, result) in results {
            if part == "flavors" && !matches!(result, Ok(true)) {
                behind_at = now + PATIENCE;
            }
            if let Err(error) = result {
                worker::failed(app, &api, lease, part, &error.into()).await;
            }
        }
        tokio::select! {
            () = tokio::time::sleep(ms(app.config.sync.poll_period_ms)) => {}
            () = rounds.owned.notified() => behind_at = Instant::now(),
        }
    }
}

/// Tells what came of a look at flavors; false where something is left to do.
fn flavors(api: &RegionApi, done: &[audit::Change]) -> bool {
    for change in done {
        let (flavor_id, what) = (&change.flavor_id, &change.what);
        tracing::info!(region = api.region().name(), flavor_id, what, "flavor audit");
    }
    !done.iter().any(|change| change.failed)
}
