//! Servers of one request that must be on one host (policy `affinity`). Nova schedules those of a request one after the
//! other; ours reach their region as requests of their own, and of two that it schedules at once each finds the group
//! empty. So the first gets its host before the others are asked for.

use std::time::Duration;

use super::order::Order;
use super::saga::Made;
use crate::config::ms;
use crate::db::DbResult;
use crate::db::placings::{self, Watched};
use crate::db::server_groups::ServerGroup;

/// Time between two looks at the row, which the sync keeps.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Waits until the region has found a host for the first server, or given it up; `boot.first_host_wait_ms` at most.
pub async fn wait(order: &Order, first: &Made) {
    let settings = &order.call.app.config.boot;
    let keeps_together = order.hinted.group.as_ref().is_some_and(ServerGroup::keeps_together);
    if !keeps_together || order.request.most < 2 || first.place.is_none() {
        return;
    }
    let known = tokio::time::timeout(ms(settings.first_host_wait_ms), found(order, &first.id)).await;
    match known {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::warn!(server_id = first.id, %error, "the host of a group's first server is not known");
        }
        Err(_) => {
            tracing::warn!(server_id = first.id, "a group's first server has no host yet: the others go on without");
        }
    }
}

async fn found(order: &Order, server_id: &str) -> DbResult<()> {
    while placings::get(&order.call.app.db, server_id).await?.is_some_and(|row| may_get_one(&row)) {
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(())
}

/// It has no host yet, and its region still builds it.
fn may_get_one(row: &Watched) -> bool {
    row.host.is_none() && row.status == "BUILD" && !row.deleted && !row.deleting
}
