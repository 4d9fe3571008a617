//! What groups are called in regions. A row is written before the group is made there, so that a crash in between leaves
//! word of it; one whose group is gone on top waits for its deletion in the region.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::clock::Clock;
use crate::db::schema::{server_group_regions, server_groups};
use crate::db::{Db, DbResult};

/// A group in a region.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = server_group_regions)]
pub struct GroupRegion {
    /// The top's id.
    pub group_id: String,
    /// The region.
    pub region_id: String,
    /// Its id there; "" while it is being made.
    pub local_id: String,
    /// Microseconds.
    pub created_at: i64,
}

/// The group's id in a region, where it is known to be there.
pub async fn in_region(db: &Db, group_id: &str, region_id: &str) -> DbResult<Option<String>> {
    let row = server_group_regions::table.find((group_id, region_id)).select(server_group_regions::local_id);
    let found: Option<String> = reading!(db, |conn| row.first(conn).await.optional()?);
    Ok(found.filter(|id| !id.is_empty()))
}

/// All groups known to be in a region, or being made there.
pub async fn known_in(db: &Db, region_id: &str) -> DbResult<Vec<GroupRegion>> {
    let rows = server_group_regions::table.filter(server_group_regions::region_id.eq(region_id));
    reading!(db, |conn| Ok(rows.select(GroupRegion::as_select()).load(conn).await?))
}

/// Groups of a region that are gone on top.
pub async fn left_in(db: &Db, region_id: &str) -> DbResult<Vec<String>> {
    let rows = server_group_regions::table
        .left_join(server_groups::table.on(server_groups::id.eq(server_group_regions::group_id)))
        .filter(server_group_regions::region_id.eq(region_id))
        .filter(server_groups::serial.nullable().is_null());
    reading!(db, |conn| Ok(rows.select(server_group_regions::group_id).load(conn).await?))
}

/// Notes that a group is about to be made in a region; false where it is gone on top.
pub async fn announce(db: &Db, group_id: &str, region_id: &str) -> DbResult<bool> {
    writing!(db, "server_groups.announce", |conn| {
        if !hold_group!(conn, group_id) {
            return Ok(false);
        }
        let row = GroupRegion {
            group_id: group_id.to_owned(),
            region_id: region_id.to_owned(),
            local_id: String::new(),
            created_at: conn.now().await?,
        };
        diesel::insert_or_ignore_into(server_group_regions::table).values(&row).execute(conn).await?;
        Ok(true)
    })
}

/// Notes what the region calls the group, unless another process was first. Returns the id that counts; `None` where the
/// group was deleted everywhere meanwhile.
pub async fn settle(db: &Db, group_id: &str, region_id: &str, local_id: &str) -> DbResult<Option<String>> {
    writing!(db, "server_groups.settle", |conn| {
        let row = server_group_regions::table.find((group_id, region_id));
        let fresh = row.filter(server_group_regions::local_id.eq(""));
        diesel::update(fresh).set(server_group_regions::local_id.eq(local_id)).execute(conn).await?;
        Ok(row.select(server_group_regions::local_id).first(conn).await.optional()?)
    })
}

/// Forgets what a region calls a group, unless it is called otherwise by now.
pub async fn forget_in_region(db: &Db, group_id: &str, region_id: &str, local_id: &str) -> DbResult<()> {
    writing!(db, "server_groups.forget_in_region", |conn| {
        let row = server_group_regions::table.find((group_id, region_id));
        diesel::delete(row.filter(server_group_regions::local_id.eq(local_id))).execute(conn).await?;
        Ok(())
    })
}
