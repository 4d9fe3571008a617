//! The brake: where more servers of a region are missing than is plausible, none is closed for that.

use super::intake::Intake;
use super::round::SyncError;
use crate::db::cursors::{self, Cursor};
use crate::db::servers::attention;

/// Counts what is missing and puts the brake on or takes it off. What an operator has said to be gone does not count
/// (`region release`); deletes that went through us have a reason. Returns since when a row may be missing at most to be
/// closed: none is while others have only just gone missing, for they may be the first of many.
pub(super) async fn look(intake: &Intake<'_>, cursor: &Cursor, missing_before: i64) -> Result<i64, SyncError> {
    let (db, region) = (&intake.app.db, intake.api.region());
    let most = intake.app.config.sync.max_closed_per_round;
    let missing = attention::missing(db, region.id(), cursor.brake_released_at).await?;
    let fresh = attention::missing(db, region.id(), missing_before.max(cursor.brake_released_at)).await?;
    let on = u64::try_from(missing).unwrap_or(0) > most;
    let closable = if on || fresh > 0 { cursor.brake_released_at } else { i64::MAX };
    if on == (cursor.brake_at > 0) {
        return Ok(closable);
    }
    cursors::set_brake(db, intake.lease, region.id(), on).await?;
    if on {
        tracing::error!(
            region = region.name(),
            missing,
            most,
            "more servers are missing than sync.max_closed_per_round: none is closed. If they are really gone: \
             nova-cascade region release {}",
            region.name(),
        );
    } else {
        tracing::info!(region = region.name(), missing, "the brake is off");
    }
    Ok(closable)
}
