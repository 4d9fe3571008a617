//! What the sync reads and stores of server rows. Every write needs the region's lease and leaves alone what was touched
//! since the region was asked (invariant 7).

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::clock::Clock;
use crate::db::leases::Lease;
use crate::db::quota::Charge;
use crate::db::schema::{server_mappings, server_tags, server_user_data, servers};
use crate::db::text::{ID_MAX, LONG_MAX, NAME_MAX, cut};
use crate::db::{Db, DbResult};

/// What the sync needs to know of a row before it stores a newer document.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = servers)]
#[expect(missing_docs, clippy::struct_excessive_bools, reason = "as in ServerRow")]
pub struct Known {
    pub id: String,
    pub local_id: Option<String>,
    pub project_id: String,
    pub user_id: String,
    pub boot_request_id: String,
    pub flavor_id: String,
    pub flavor_name: String,
    pub asked_zone: Option<String>,
    pub deleted: bool,
    pub settled: bool,
    pub hold_until: i64,
    pub awaits: Option<String>,
    pub deleting: bool,
    pub missing_since: Option<i64>,
    pub documented: bool,
    pub to_remove: bool,
    pub unknown: bool,
    pub has_user_data: bool,
    pub loses_volumes: bool,
    pub document: String,
}

/// The columns a document of the region decides.
#[derive(Clone, Debug, Default, Insertable, AsChangeset)]
#[diesel(table_name = servers, treat_none_as_null = true)]
#[expect(missing_docs, clippy::struct_excessive_bools, reason = "as in ServerRow")]
pub struct Documented {
    pub name: String,
    pub status: String,
    pub vm_state: String,
    pub task_state: Option<String>,
    pub host: Option<String>,
    pub flavor_id: String,
    pub flavor_name: String,
    pub image_id: Option<String>,
    pub zone: String,
    pub created_at: i64,
    pub updated_at: i64,
    pub launched_at: Option<i64>,
    pub deleted: bool,
    pub deleted_at: Option<i64>,
    pub settled: bool,
    pub hold_until: i64,
    pub awaits: Option<String>,
    pub deleting: bool,
    pub documented: bool,
    pub unknown: bool,
    pub has_user_data: bool,
    pub document: String,
    pub hostname: Option<String>,
    pub node: Option<String>,
    pub key_name: Option<String>,
    pub config_drive: Option<String>,
    pub locked: bool,
    pub progress: i32,
    pub power_state: i32,
    pub description: Option<String>,
    pub access_ip_v4: Option<String>,
    pub access_ip_v6: Option<String>,
    pub root_device_name: Option<String>,
    pub kernel_id: Option<String>,
    pub ramdisk_id: Option<String>,
    pub auto_disk_config: Option<bool>,
    pub terminated_at: Option<i64>,
    pub ips: Option<String>,
}

impl Documented {
    /// With text that fits its columns.
    #[must_use]
    pub fn fit(mut self) -> Self {
        let required = [
            (&mut self.name, NAME_MAX),
            (&mut self.status, 32),
            (&mut self.vm_state, 32),
            (&mut self.flavor_id, NAME_MAX),
            (&mut self.flavor_name, NAME_MAX),
            (&mut self.zone, NAME_MAX),
        ];
        let optional = [
            (&mut self.task_state, 64),
            (&mut self.host, NAME_MAX),
            (&mut self.image_id, ID_MAX),
            (&mut self.hostname, NAME_MAX),
            (&mut self.node, NAME_MAX),
            (&mut self.key_name, NAME_MAX),
            (&mut self.config_drive, 16),
            (&mut self.description, NAME_MAX),
            (&mut self.access_ip_v4, 64),
            (&mut self.access_ip_v6, 64),
            (&mut self.root_device_name, NAME_MAX),
            (&mut self.kernel_id, NAME_MAX),
            (&mut self.ramdisk_id, NAME_MAX),
            (&mut self.ips, LONG_MAX),
        ];
        let optional = optional.into_iter().filter_map(|(text, most)| Some((text.as_mut()?, most)));
        for (text, most) in required.into_iter().chain(optional) {
            cut(text, most);
        }
        self
    }
}

/// A newer state of one row.
#[derive(Clone, Debug)]
pub struct Change {
    /// The server, by its id on top.
    pub id: String,
    /// The columns.
    pub columns: Documented,
    /// What the server is charged from now on; none: as before.
    pub charge: Option<Charge>,
    /// The document as shown differs from the stored one.
    pub differs: bool,
    /// base64 text, where the document carried it.
    pub user_data: Option<String>,
    /// All tags, where they may differ from those stored.
    pub tags: Option<Vec<String>>,
}

/// The rows of a region's servers, by their ids there; earlier placements are left out.
pub async fn known(db: &Db, region_id: &str, local_ids: &[&str]) -> DbResult<Vec<Known>> {
    let rows = server_mappings::table
        .inner_join(servers::table.on(servers::id.eq(server_mappings::server_id)))
        .filter(server_mappings::region_id.eq(region_id))
        .filter(server_mappings::local_id.eq_any(local_ids))
        .filter(server_mappings::current.eq(true));
    reading!(db, |conn| Ok(rows.select(Known::as_select()).load(conn).await?))
}

/// One live row.
pub async fn known_by_id(db: &Db, id: &str) -> DbResult<Option<Known>> {
    let row = servers::table.filter(servers::id.eq(id)).filter(servers::deleted.eq(false));
    reading!(db, |conn| Ok(row.select(Known::as_select()).first(conn).await.optional()?))
}

/// Some live row of a region is not settled.
pub async fn any_unsettled(db: &Db, region_id: &str) -> DbResult<bool> {
    let rows = of_region(region_id).filter(servers::settled.eq(false));
    reading!(db, |conn| Ok(rows.select(servers::id).first::<String>(conn).await.optional()?.is_some()))
}

/// Puts a row that was looked at behind those that were not (see [`super::attention::Due`]).
pub async fn looked_at(db: &Db, lease: &Lease, region_id: &str, id: &str, read_seq: i64) -> DbResult<()> {
    writing!(db, "servers.looked_at", |conn| {
        require_lease!(conn, lease);
        let seq = next_seq!(conn, region_id);
        diesel::update(untouched(region_id, id, read_seq)).set(servers::seq.eq(seq)).execute(conn).await?;
        Ok(())
    })
}

/// Stores what one read of a region told, if nothing has touched the rows since `read_seq`; a loser is dropped and its
/// row stays unsettled. Returns how many rows were stored.
///
/// # Errors
/// [`super::DbError::LeaseLost`] where another process does this region now.
pub async fn store(db: &Db, lease: &Lease, region_id: &str, read_seq: i64, changes: &[Change]) -> DbResult<usize> {
    writing!(db, "servers.store", |conn| {
        require_lease!(conn, lease);
        let seq = next_seq!(conn, region_id);
        let now = conn.now().await?;
        let mut stored = 0;
        for change in changes {
            let row = untouched(region_id, &change.id, read_seq);
            let bookkeeping = (servers::seq.eq(seq), servers::missing_since.eq(None::<i64>));
            let done = diesel::update(row).set((&change.columns, bookkeeping)).execute(conn).await?;
            stored += done;
            if done == 0 {
                continue;
            }
            let row = servers::table.filter(servers::id.eq(&change.id));
            if change.differs {
                // The later of both clocks: a region's may be ahead of ours (D12).
                let changed_at = now.max(change.columns.updated_at);
                diesel::update(row).set(servers::changed_at.eq(changed_at)).execute(conn).await?;
            }
            if let Some(charge) = change.charge {
                charge_row!(conn, &change.id, charge);
            }
            if let Some(tags) = &change.tags {
                let known = server_tags::table.filter(server_tags::server_id.eq(&change.id));
                diesel::delete(known).execute(conn).await?;
                for tag in tags {
                    let values = (server_tags::server_id.eq(&change.id), server_tags::tag.eq(tag));
                    diesel::insert_or_ignore_into(server_tags::table).values(values).execute(conn).await?;
                }
            }
            if let Some(text) = &change.user_data {
                let values = (server_user_data::server_id.eq(&change.id), server_user_data::user_data.eq(text));
                let inserted = diesel::insert_or_ignore_into(server_user_data::table).values(values);
                if inserted.execute(conn).await? == 0 {
                    let row = server_user_data::table.find(&change.id);
                    diesel::update(row).set(server_user_data::user_data.eq(text)).execute(conn).await?;
                }
            }
        }
        Ok(stored)
    })
}

/// Settles the rows that a whole round did not speak of: they did not change, nothing is under way, and no hold runs.
pub async fn settle_quiet(
    db: &Db,
    lease: &Lease,
    region_id: &str,
    read_seq: i64,
    round_at: i64,
    stable: &[&str],
) -> DbResult<usize> {
    writing!(db, "servers.settle_quiet", |conn| {
        require_lease!(conn, lease);
        let quiet = of_region(region_id)
            .filter(servers::settled.eq(false))
            .filter(servers::seq.le(read_seq))
            .filter(servers::hold_until.le(round_at))
            .filter(servers::documented.eq(true))
            .filter(servers::deleting.eq(false))
            .filter(servers::to_remove.eq(false))
            .filter(servers::missing_since.is_null())
            .filter(servers::task_state.is_null())
            .filter(servers::status.eq_any(stable));
        let columns = (servers::settled.eq(true), servers::awaits.eq(None::<String>));
        Ok(diesel::update(quiet).set(columns).execute(conn).await?)
    })
}

/// Remembers when a single show first answered 404.
pub async fn note_missing(db: &Db, lease: &Lease, region_id: &str, id: &str, read_seq: i64) -> DbResult<()> {
    writing!(db, "servers.note_missing", |conn| {
        require_lease!(conn, lease);
        let now = conn.now().await?;
        let row = untouched(region_id, id, read_seq);
        diesel::update(row.filter(servers::missing_since.is_null()))
            .set(servers::missing_since.eq(now))
            .execute(conn)
            .await?;
        Ok(())
    })
}

/// Unsettles the servers of these ids in a region: something their `updated` does not tell has changed.
pub async fn unsettle_local(db: &Db, lease: &Lease, region_id: &str, local_ids: &[String]) -> DbResult<()> {
    writing!(db, "servers.unsettle_local", |conn| {
        require_lease!(conn, lease);
        let seq = next_seq!(conn, region_id);
        let rows = of_region(region_id).filter(servers::local_id.eq_any(local_ids));
        diesel::update(rows)
            .set((servers::settled.eq(false), servers::documented.eq(false), servers::seq.eq(seq)))
            .execute(conn)
            .await?;
        Ok(())
    })
}

/// A row that is still in the region it was read from, and that nothing has touched since (invariant 7). Each region counts
/// for itself: the number of another says nothing.
#[diesel::dsl::auto_type]
#[allow(clippy::elidable_lifetime_names, reason = "auto_type needs the name")]
fn untouched<'a>(region_id: &'a str, id: &'a str, read_seq: i64) -> _ {
    servers::table.filter(servers::id.eq(id)).filter(servers::region_id.eq(region_id)).filter(servers::seq.le(read_seq))
}

#[diesel::dsl::auto_type]
#[allow(clippy::elidable_lifetime_names, reason = "auto_type needs the name")]
pub(super) fn of_region<'a>(region_id: &'a str) -> _ {
    servers::table.filter(servers::region_id.eq(region_id)).filter(servers::deleted.eq(false))
}
