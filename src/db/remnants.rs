//! What is left of a server in a region that it has left, when it has been launched there after all.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::clock::Clock;
use super::intents::phase;
use super::removals::Removal;
use super::schema::{intents, removals, server_mappings, servers};
use super::{Db, DbResult};

/// How its server stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stand {
    /// Deleted by its owner.
    Deleted,
    /// In no region: it is in this one again, and not to be deleted.
    Alone,
    /// Another region runs it.
    Runs,
    /// On its way in another region.
    Open,
}

/// Puts a server that is in no region back into the one that has launched it; its boot goes nowhere else then, unless its
/// request has left.
pub async fn take_back(db: &Db, removal: &Removal) -> DbResult<Stand> {
    let Removal { region_id, local_id, server_id, .. } = removal;
    writing!(db, "remnants.take_back", |conn| {
        let seq = next_seq!(conn, region_id);
        let now = conn.now().await?;
        let row = servers::table.filter(servers::id.eq(server_id)).filter(servers::deleted.eq(false));
        let place = row.select((servers::local_id, servers::launched_at));
        match place.first::<(Option<String>, Option<i64>)>(conn).await.optional()? {
            None => return Ok(Stand::Deleted),
            // Another process was quicker.
            Some((Some(there), _)) if there == *local_id => return Ok(Stand::Open),
            Some((Some(_), Some(_))) => return Ok(Stand::Runs),
            Some((Some(_), None)) => return Ok(Stand::Open),
            Some((None, _)) => {}
        }
        let next = intents::table.filter(intents::server_id.eq(server_id));
        diesel::delete(next.filter(intents::phase.eq(phase::PLANNED))).execute(conn).await?;
        if next.select(intents::id).first::<String>(conn).await.optional()?.is_some() {
            return Ok(Stand::Open);
        }
        let place = (servers::region_id.eq(region_id), servers::local_id.eq(local_id));
        let unseen = (servers::settled.eq(false), servers::documented.eq(false), servers::hold_until.eq(now));
        let bookkeeping = (servers::seq.eq(seq), servers::changed_at.eq(now), servers::missing_since.eq(None::<i64>));
        let alone = row.filter(servers::region_id.is_null());
        if diesel::update(alone).set((place, unseen, bookkeeping)).execute(conn).await? == 0 {
            return Ok(Stand::Open);
        }
        let mapping = server_mappings::table.find((region_id, local_id));
        diesel::update(mapping).set(server_mappings::current.eq(true)).execute(conn).await?;
        diesel::delete(removals::table.find((region_id, local_id))).execute(conn).await?;
        Ok(Stand::Alone)
    })
}
