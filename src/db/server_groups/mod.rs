//! Server groups of the top: their rows, their members, and what they are called in each region.
//!
//! A transaction that joins a group, lets a boot into a region for it, or ends it, holds the group first with
//! [`hold_group!`] and before it locks anything else, so that all of them are one after the other.

#[macro_use]
mod members;
mod regions;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::{Map, Value};

use super::clock::Clock;
use super::quota::{Account, Over, resource};
use super::schema::{intents, server_group_regions, server_groups, servers};
use super::{Db, DbResult};
use crate::config;

pub use members::{Claim, Member, claim, members, spread};
pub use regions::{GroupRegion, announce, forget_in_region, in_region, known_in, left_in, settle};

/// Policies, as Nova calls them.
pub mod policy {
    /// All members on one host, and so in one region.
    pub const AFFINITY: &str = "affinity";
    /// Each member on a host of its own.
    pub const ANTI_AFFINITY: &str = "anti-affinity";
    /// As [`AFFINITY`] where it can be.
    pub const SOFT_AFFINITY: &str = "soft-affinity";
    /// As [`ANTI_AFFINITY`] where it can be.
    pub const SOFT_ANTI_AFFINITY: &str = "soft-anti-affinity";
}

/// State of a server that is only to be deleted: it is shown nowhere as a member, as in Nova.
pub(in crate::db) const SOFT_DELETED: &str = "soft-delete";

/// A server group.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = server_groups)]
pub struct ServerGroup {
    /// Of the top.
    pub id: String,
    /// Whose it is.
    pub project_id: String,
    /// Who made it, and is charged for it.
    pub user_id: String,
    /// Any; more than one may have it.
    pub name: String,
    /// One of [`policy`].
    pub policy: String,
    /// JSON object.
    pub rules: String,
    /// See [`hold_group!`].
    pub revision: i64,
    /// Microseconds.
    pub created_at: i64,
}

impl ServerGroup {
    /// The rules as a JSON object.
    #[must_use]
    pub fn rules(&self) -> Map<String, Value> {
        serde_json::from_str(&self.rules).unwrap_or_default()
    }

    /// True where all members must be in one region.
    #[must_use]
    pub fn keeps_together(&self) -> bool {
        self.policy == policy::AFFINITY
    }
}

/// Writes a new group where the quota has room for it.
pub async fn create(db: &Db, defaults: &config::Quota, group: &ServerGroup) -> DbResult<Result<(), Over>> {
    writing!(db, "server_groups.create", |conn| {
        let owner = Account::new(&group.project_id, &group.user_id);
        let headroom = headroom!(conn, defaults, owner, [resource::SERVER_GROUPS]);
        if let Err(over) = headroom.check(&[(resource::SERVER_GROUPS, 1)], 1) {
            return Ok(Err(over));
        }
        charge!(conn, owner, [(resource::SERVER_GROUPS, 1)]);
        let row = ServerGroup { created_at: conn.now().await?, ..group.clone() };
        diesel::insert_into(server_groups::table).values(&row).execute(conn).await?;
        Ok(Ok(()))
    })
}

/// One group by its id.
pub async fn get(db: &Db, id: &str) -> DbResult<Option<ServerGroup>> {
    let row = server_groups::table.filter(server_groups::id.eq(id));
    reading!(db, |conn| Ok(row.select(ServerGroup::as_select()).first(conn).await.optional()?))
}

/// Groups of a project, or of all, in the order they were made.
pub async fn page(db: &Db, project_id: Option<&str>, offset: usize, limit: usize) -> DbResult<Vec<ServerGroup>> {
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let rows = server_groups::table.order(server_groups::serial).offset(count(offset)).limit(count(limit));
    match project_id {
        Some(id) => {
            let own = rows.filter(server_groups::project_id.eq(id));
            reading!(db, |conn| Ok(own.select(ServerGroup::as_select()).load(conn).await?))
        }
        None => reading!(db, |conn| Ok(rows.select(ServerGroup::as_select()).load(conn).await?)),
    }
}

/// Deletes a group: its members stay and are in none. Its rows of regions stay until it is deleted there
/// ([`forget_in_region`]). `None` where it is gone already.
pub async fn delete(db: &Db, id: &str) -> DbResult<Option<Vec<GroupRegion>>> {
    writing!(db, "server_groups.delete", |conn| {
        if !hold_group!(conn, id) {
            return Ok(None);
        }
        let group = server_groups::table.filter(server_groups::id.eq(id));
        let owner: (String, String) =
            group.select((server_groups::project_id, server_groups::user_id)).first(conn).await?;
        diesel::delete(group).execute(conn).await?;
        let none = None::<String>;
        diesel::update(servers::table.filter(servers::group_id.eq(id)))
            .set(servers::group_id.eq(&none))
            .execute(conn)
            .await?;
        diesel::update(intents::table.filter(intents::group_id.eq(id)))
            .set(intents::group_id.eq(&none))
            .execute(conn)
            .await?;
        charge!(conn, Account::new(&owner.0, &owner.1), [(resource::SERVER_GROUPS, -1)]);
        let regions = server_group_regions::table.filter(server_group_regions::group_id.eq(id));
        Ok(Some(regions.select(GroupRegion::as_select()).load(conn).await?))
    })
}
