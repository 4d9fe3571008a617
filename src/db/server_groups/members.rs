//! Who is in a group, and where.

use std::collections::BTreeMap;

use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::clock::Clock;
use crate::db::intents::phase;
use crate::db::schema::{intents, servers};
use crate::db::{Db, DbResult};

/// A live server of a group.
#[derive(Clone, Debug, Queryable)]
pub struct Member {
    /// The group.
    pub group_id: String,
    /// The server.
    pub id: String,
    /// Whose it is.
    pub project_id: String,
}

/// What becomes of a boot that is to be sent into a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It may go there.
    Sending,
    /// Its group is in another region.
    Elsewhere,
    /// Its intent is gone: it was given up.
    Gone,
}

/// Inside [`writing!`]: keeps a group as it is until the end of the transaction; false where it is gone. To come before
/// every lock and every read of the transaction.
macro_rules! hold_group {
    ($conn:ident, $group_id:expr) => {{
        use $crate::db::schema::server_groups;
        let group = server_groups::table.filter(server_groups::id.eq($group_id));
        diesel::update(group).set(server_groups::revision.eq(server_groups::revision + 1)).execute($conn).await? > 0
    }};
}

/// Inside [`writing!`], behind [`hold_group!`]: whether a group has room for so many servers more of a user. Open boots
/// count, so the intents of those that are to join must not be written yet.
macro_rules! group_has_room {
    ($conn:ident, $defaults:expr, $group_id:expr, $account:expr, $more:expr) => {{
        use $crate::db::schema::{intents, servers};
        let account: $crate::db::quota::Account<'_> = $account;
        let limits = limits!($conn, $defaults, account.project_id, account.user_id);
        let live = servers::table
            .filter(servers::group_id.eq($group_id))
            .filter(servers::user_id.eq(account.user_id))
            .filter(servers::deleted.eq(false))
            .filter(servers::vm_state.ne($crate::db::server_groups::SOFT_DELETED));
        // A server that is placed again is counted already.
        let open = intents::table
            .filter(intents::group_id.eq($group_id))
            .filter(intents::user_id.eq(account.user_id))
            .filter(intents::server_id.is_null());
        let count = live.count().get_result::<i64>($conn).await? + open.count().get_result::<i64>($conn).await?;
        let count = usize::try_from(count).unwrap_or(usize::MAX).saturating_add($more);
        limits.allow($crate::db::quota::resource::SERVER_GROUP_MEMBERS, count)
    }};
}

/// Live members of these groups, in the order in which their servers came. A server that is only to be deleted is none.
pub async fn members(db: &Db, group_ids: &[&str]) -> DbResult<Vec<Member>> {
    let rows = servers::table
        .filter(servers::group_id.eq_any(group_ids))
        .filter(servers::deleted.eq(false))
        .filter(servers::vm_state.ne(super::SOFT_DELETED))
        .order(servers::serial)
        .select((servers::group_id.assume_not_null(), servers::id, servers::project_id));
    reading!(db, |conn| Ok(rows.load(conn).await?))
}

/// How many servers of a group are in each region, or on their way there.
pub async fn spread(db: &Db, group_id: &str) -> DbResult<BTreeMap<String, i64>> {
    let live = servers::table
        .filter(servers::group_id.eq(group_id))
        .filter(servers::deleted.eq(false))
        .group_by(servers::region_id)
        .select((servers::region_id, count_star()));
    let sent = intents::table
        .filter(intents::group_id.eq(group_id))
        .group_by(intents::region_id)
        .select((intents::region_id, count_star()));
    let counts: Vec<(Option<String>, i64)> = reading!(db, |conn| {
        let mut counts = live.load(conn).await?;
        counts.extend(sent.load::<(Option<String>, i64)>(conn).await?);
        counts
    });
    let mut spread = BTreeMap::new();
    for (region_id, count) in counts {
        if let Some(region_id) = region_id {
            *spread.entry(region_id).or_default() += count;
        }
    }
    Ok(spread)
}

/// Sends a boot into a region for a group that is kept in one: its intent moves on to [`phase::SENDING`], unless members
/// are, or other boots on their way, in other regions alone. So of two first boots the second follows the first, and
/// the group is free again when nothing of it is left.
pub async fn claim(db: &Db, group_id: &str, intent_id: &str, region_id: &str) -> DbResult<Claim> {
    writing!(db, "server_groups.claim", |conn| {
        // One that is gone keeps nothing together.
        let _ = hold_group!(conn, group_id);
        let live = servers::table
            .filter(servers::group_id.eq(group_id))
            .filter(servers::deleted.eq(false))
            .select(servers::region_id)
            .distinct();
        let sent = intents::table
            .filter(intents::group_id.eq(group_id))
            .filter(intents::id.ne(intent_id))
            .select(intents::region_id)
            .distinct();
        let mut taken = live.load::<Option<String>>(conn).await?;
        taken.extend(sent.load::<Option<String>>(conn).await?);
        let mut taken = taken.iter().flatten().peekable();
        if taken.peek().is_some() && !taken.any(|id| id == region_id) {
            return Ok(Claim::Elsewhere);
        }
        let now = conn.now().await?;
        let sending =
            (intents::phase.eq(phase::SENDING), intents::region_id.eq(Some(region_id)), intents::updated_at.eq(now));
        let there = diesel::update(intents::table.find(intent_id)).set(sending).execute(conn).await? > 0;
        Ok(if there { Claim::Sending } else { Claim::Gone })
    })
}
