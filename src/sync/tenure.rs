//! How long a process may work on a region: for as long as it is sure of the lease.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use crate::app::App;
use crate::db::leases::{self, Lease};

/// Time between two tries while the database does not answer.
const AGAIN: Duration = Duration::from_secs(1);

/// Renews a lease that was asked for then, at each third of its time. Ends when it is another's, or may be soon: whoever
/// works under it must stop. Beside the work, since a round may take longer than a lease.
pub(super) async fn keep(app: &App, region_id: &str, lease: &Lease, mut asked_at: Instant) {
    let lease_s = app.config.sync.lease_s;
    let time = Duration::from_secs(lease_s);
    let mut pause = time / 3;
    loop {
        sleep(pause).await;
        // Counted from before it was asked for, so that it never ends later here than in the database.
        let ends_at = asked_at + time;
        let now = Instant::now();
        match timeout_at(ends_at, leases::hold(&app.db, &lease.name, &app.process_id, lease_s, false)).await {
            Ok(Ok(Some(held))) if held.epoch == lease.epoch => (asked_at, pause) = (now, time / 3),
            Ok(Ok(_)) => return tracing::warn!(region_id, "another process does this region now"),
            Ok(Err(error)) => {
                tracing::warn!(region_id, %error, "the lease of a region could not be renewed");
                pause = AGAIN;
            }
            Err(_) => return tracing::warn!(region_id, "the lease of a region has run out"),
        }
    }
}
