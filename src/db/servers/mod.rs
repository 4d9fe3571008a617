//! Server rows: one for every server, with the region's last document and what filters, charges and sync need.

#[macro_use]
pub(in crate::db) mod charge;
pub mod attention;
mod audit;
mod sync;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::clock::{Clock, SECOND};
use super::quota::Charge;
use super::schema::{server_user_data, servers};
use super::{Db, DbResult};

pub use audit::{Audited, audited, closed, hand_over, live_after, recharge, reopen, suspect};
pub use charge::{Raise, lower, raise};
pub use sync::{
    Change, Documented, Known, any_unsettled, known, known_by_id, looked_at, note_missing, settle_quiet, store,
    unsettle_local,
};

/// A whole row, as it is inserted. Times are microseconds.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = servers)]
#[expect(missing_docs, reason = "schema/*/…/up.sql says what each column holds")]
pub struct ServerRow {
    pub id: String,
    pub region_id: Option<String>,
    pub local_id: Option<String>,
    pub intent_id: Option<String>,
    pub project_id: String,
    pub user_id: String,
    pub asked_zone: Option<String>,
    pub reservation_id: String,
    pub launch_index: i32,
    pub changed_at: i64,
    pub seq: i64,
    pub missing_since: Option<i64>,
    pub charged_instances: i32,
    pub charged_cores: i32,
    pub charged_ram_mb: i32,
    pub boot_request_id: String,
    pub last_request_id: String,
    pub group_id: Option<String>,
    pub loses_volumes: bool,
    #[diesel(embed)]
    pub told: Documented,
}

impl ServerRow {
    /// What it is charged.
    #[must_use]
    pub fn charge(&self) -> Charge {
        Charge { instances: self.charged_instances, cores: self.charged_cores, ram_mb: self.charged_ram_mb }
    }

    /// The same, charged otherwise.
    #[must_use]
    pub fn charged(self, charge: Charge) -> Self {
        let Charge { instances, cores, ram_mb } = charge;
        Self { charged_instances: instances, charged_cores: cores, charged_ram_mb: ram_mb, ..self }
    }
}

/// What a view needs of a row.
#[derive(Clone, Debug, Queryable, QueryableByName, Selectable)]
#[diesel(table_name = servers)]
#[expect(missing_docs, clippy::struct_excessive_bools, reason = "as in ServerRow")]
pub struct Shown {
    pub id: String,
    pub region_id: Option<String>,
    pub local_id: Option<String>,
    pub project_id: String,
    pub user_id: String,
    pub name: String,
    pub flavor_id: String,
    pub flavor_name: String,
    pub asked_zone: Option<String>,
    pub zone: String,
    pub reservation_id: String,
    pub launch_index: i32,
    pub deleted: bool,
    pub settled: bool,
    pub unknown: bool,
    pub has_user_data: bool,
    pub group_id: Option<String>,
    pub to_remove: bool,
    pub document: String,
}

/// One row for a view.
pub async fn shown(db: &Db, id: &str) -> DbResult<Option<Shown>> {
    let row = servers::table.filter(servers::id.eq(id));
    reading!(db, |conn| Ok(row.select(Shown::as_select()).first(conn).await.optional()?))
}

/// Ids of the live ones among these servers, and their regions.
pub async fn regions_of(db: &Db, ids: &[&str]) -> DbResult<Vec<(String, String)>> {
    let rows = servers::table.filter(servers::id.eq_any(ids)).filter(servers::deleted.eq(false));
    let placed = rows.filter(servers::region_id.is_not_null());
    let columns = (servers::id, servers::region_id.assume_not_null());
    reading!(db, |conn| Ok(placed.select(columns).load(conn).await?))
}

/// Where a live server is.
#[derive(Clone, Debug, Queryable)]
pub struct Placed {
    /// Its id on top.
    pub id: String,
    /// Its region.
    pub region_id: String,
    /// Its id there.
    pub local_id: String,
}

/// Where the live ones among these servers are; those of one project, or of all.
pub async fn placed(db: &Db, ids: &[&str], project_id: Option<&str>) -> DbResult<Vec<Placed>> {
    let rows = servers::table.filter(servers::id.eq_any(ids)).filter(servers::deleted.eq(false));
    let rows = rows.filter(servers::region_id.is_not_null()).filter(servers::local_id.is_not_null());
    let columns = (servers::id, servers::region_id.assume_not_null(), servers::local_id.assume_not_null());
    let rows = rows.select(columns);
    match project_id {
        Some(id) => reading!(db, |conn| Ok(rows.filter(servers::project_id.eq(id)).load(conn).await?)),
        None => reading!(db, |conn| Ok(rows.load(conn).await?)),
    }
}

/// User data of these servers, by server id.
pub async fn user_data(db: &Db, ids: &[&str]) -> DbResult<Vec<(String, String)>> {
    let rows = server_user_data::table.filter(server_user_data::server_id.eq_any(ids));
    let columns = (server_user_data::server_id, server_user_data::user_data);
    reading!(db, |conn| Ok(rows.select(columns).load(conn).await?))
}

/// Live servers by region.
pub async fn counts(db: &Db) -> DbResult<Vec<(Option<String>, i64)>> {
    let rows = servers::table.filter(servers::deleted.eq(false)).group_by(servers::region_id);
    reading!(db, |conn| Ok(rows.select((servers::region_id, diesel::dsl::count_star())).load(conn).await?))
}

/// Live servers of a project by region.
pub async fn counts_of(db: &Db, project_id: &str) -> DbResult<Vec<(String, i64)>> {
    let rows = servers::table.filter(servers::deleted.eq(false)).filter(servers::project_id.eq(project_id));
    let counted = rows.group_by(servers::region_id).select((servers::region_id, diesel::dsl::count_star()));
    let counts: Vec<(Option<String>, i64)> = reading!(db, |conn| counted.load(conn).await?);
    Ok(counts.into_iter().filter_map(|(region_id, count)| Some((region_id?, count))).collect())
}

/// What a change on its way, or answered, does to its server's row.
#[derive(Clone, Debug, Default)]
pub struct Unsettling {
    /// Microseconds from now that the row counts as unsettled at least.
    pub hold_us: i64,
    /// The region's list does not tell of the change: a single show is due.
    pub undocumented: bool,
    /// What ends the hold earlier (`views::server::Awaited`).
    pub awaits: Option<String>,
    /// The region refused: nothing of it is waited for.
    pub refused: bool,
    /// Whether a delete goes through us; none: as before.
    pub deleting: Option<bool>,
}

/// The hold of a change that awaits nothing ([`crate::routes::Unsettles::hold_s`]).
const MOMENT_US: i64 = SECOND;

impl Unsettling {
    /// What a row awaits, and until when, with this change beside what it awaits already. Two at once have no one end: the
    /// later time alone ends them. What is over in a moment without an end of its own counts as over.
    fn beside(&self, (standing, until): (Option<String>, i64), now: i64) -> (Option<String>, i64) {
        let end = now + self.hold_us;
        let over = until <= if standing.is_none() { now + MOMENT_US } else { now };
        if over || standing == self.awaits {
            (self.awaits.clone().filter(|_| !self.refused), end)
        } else if self.awaits.is_none() {
            (standing, until.max(end))
        } else {
            (standing.filter(|_| self.refused), until.max(end))
        }
    }
}

/// Notes that a change goes to the server's region, or was answered by it: nothing read before now may be stored over
/// it. Returns false for a row that is gone, or no longer in that region.
pub async fn unsettle(db: &Db, region_id: &str, id: &str, request_id: &str, what: &Unsettling) -> DbResult<bool> {
    writing!(db, "servers.unsettle", |conn| {
        let seq = next_seq!(conn, region_id);
        let now = conn.now().await?;
        let row = servers::table
            .filter(servers::id.eq(id))
            .filter(servers::region_id.eq(region_id))
            .filter(servers::deleted.eq(false));
        let columns = (servers::seq.eq(seq), servers::settled.eq(false), servers::last_request_id.eq(request_id));
        if diesel::update(row).set(columns).execute(conn).await? == 0 {
            return Ok(false);
        }
        let standing = row.select((servers::awaits, servers::hold_until, servers::documented, servers::deleting));
        let (awaits, hold_until, documented, deleting) = standing.first(conn).await?;
        let (awaits, hold_until) = what.beside((awaits, hold_until), now);
        let columns = (
            servers::awaits.eq(awaits),
            servers::hold_until.eq(hold_until),
            servers::documented.eq(documented && !what.undocumented),
            servers::deleting.eq(what.deleting.unwrap_or(deleting)),
        );
        diesel::update(row).set(columns).execute(conn).await?;
        Ok(true)
    })
}

/// Sets the zone of the top that a server is pinned to.
pub async fn pin(db: &Db, id: &str, zone: Option<&str>) -> DbResult<()> {
    writing!(db, "servers.pin", |conn| {
        let row = servers::table.filter(servers::id.eq(id));
        diesel::update(row).set(servers::asked_zone.eq(zone)).execute(conn).await?;
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_at_once_are_waited_for_until_the_last_is_over() {
        const S: i64 = SECOND;
        let change = |awaits: Option<&str>, hold_us, refused| Unsettling {
            hold_us,
            awaits: awaits.map(str::to_owned),
            refused,
            ..Unsettling::default()
        };
        let beside = |what: &Unsettling, standing: (Option<&str>, i64)| {
            what.beside((standing.0.map(str::to_owned), standing.1), 100 * S)
        };
        let named = |name: &str, until| (Some(name.to_owned()), until);
        // Alone, or the same one's second word.
        assert_eq!(beside(&change(Some("a"), 60 * S, false), (None, 0)), named("a", 160 * S));
        assert_eq!(beside(&change(Some("a"), 60 * S, false), (None, 101 * S)), named("a", 160 * S));
        assert_eq!(beside(&change(Some("a"), 60 * S, false), (Some("b"), 90 * S)), named("a", 160 * S));
        assert_eq!(beside(&change(Some("a"), 60 * S, false), (Some("a"), 130 * S)), named("a", 160 * S));
        assert_eq!(beside(&change(Some("a"), 0, true), (Some("a"), 130 * S)), (None, 100 * S));
        assert_eq!(beside(&change(None, S, false), (None, 130 * S)), (None, 101 * S));
        // Beside another.
        assert_eq!(beside(&change(Some("b"), 60 * S, false), (Some("a"), 150 * S)), (None, 160 * S));
        assert_eq!(beside(&change(Some("b"), 60 * S, false), (None, 150 * S)), (None, 160 * S));
        assert_eq!(beside(&change(Some("b"), 0, true), (Some("a"), 150 * S)), named("a", 150 * S));
        assert_eq!(beside(&change(None, S, false), (Some("a"), 150 * S)), named("a", 150 * S));
    }
}
