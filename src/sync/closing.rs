//! Rows that are closed for their servers' absence: never on one word. The region's canary is heard before and after
//! each of them is asked for once more.

use super::canary::Canary;
use super::intake::Intake;
use super::round::SyncError;
use super::shows::{self, Shown};
use crate::db::cursors;
use crate::db::seq;
use crate::db::servers::{self, Known};
use crate::views::server::document;

/// Closes those of the rows that are surely gone. They were missing twice, or once after a delete that went through us.
pub(super) async fn close(intake: &mut Intake<'_>, rows: Vec<Known>) -> Result<(), SyncError> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut canary = match Canary::hear(intake).await? {
        Ok(canary) => canary,
        Err(doubt) => return doubted(intake, &doubt).await,
    };
    let mut gone = Vec::new();
    for row in rows {
        let Some(local_id) = row.local_id.clone() else { continue };
        let read_seq = seq::current(&intake.app.db, intake.api.region().id()).await?;
        if shows::show(intake, &local_id).await? == Shown::Absent {
            gone.push((row, read_seq));
        }
    }
    if let Err(doubt) = canary.again(intake).await? {
        return doubted(intake, &doubt).await;
    }
    for (row, read_seq) in gone {
        tomb(intake, &row, read_seq).await?;
    }
    Ok(())
}

async fn tomb(intake: &mut Intake<'_>, row: &Known, read_seq: i64) -> Result<(), SyncError> {
    let names = intake.names().await?;
    let Some(change) = document::gone(row, &names, intake.began_at) else { return Ok(()) };
    let region = intake.api.region();
    tracing::info!(region = region.name(), server_id = row.id, deleting = row.deleting, "gone from its region");
    // The last look may have raised the row's counter; nothing newer than it may be overwritten all the same.
    let stored = servers::store(&intake.app.db, intake.lease, region.id(), read_seq, &[change]).await?;
    region.health.add_servers(-i64::try_from(stored).unwrap_or(0));
    intake.changed.extend(row.local_id.clone());
    Ok(())
}

/// What is missing stays: the region's word on absence is worth nothing now.
async fn doubted(intake: &Intake<'_>, doubt: &str) -> Result<(), SyncError> {
    let region = intake.api.region();
    tracing::warn!(region = region.name(), doubt, "servers are missing, and the region is not to be believed");
    metrics::counter!("cascade_sync_errors_total", "region" => region.name().to_owned(), "part" => "canary")
        .increment(1);
    Ok(cursors::note_error(&intake.app.db, intake.lease, region.id(), &format!("canary: {doubt}")).await?)
}
