//! The append-only record of what operators and the service itself changed.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::clock::Clock;
use super::schema::audit;
use super::{Db, DbResult};

/// Appends one line: who did what to what.
pub async fn record(db: &Db, actor: &str, action: &str, target: &str, detail: &str) -> DbResult<()> {
    writing!(db, "audit.record", |conn| {
        let now = conn.now().await?;
        let line = (
            audit::at.eq(now),
            audit::actor.eq(actor),
            audit::action.eq(action),
            audit::target.eq(target),
            audit::detail.eq(detail),
        );
        diesel::insert_into(audit::table).values(line).execute(conn).await?;
        Ok(())
    })
}
