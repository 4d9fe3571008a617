//! Which regions a project's new servers may go to, where the operator has said so.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::clock::Clock;
use super::schema::project_regions;
use super::{Db, DbResult};

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = project_regions)]
pub struct Rule {
    /// Whose servers.
    pub project_id: String,
    /// The region.
    pub region_id: String,
    /// Only to regions with such a rule; else: not to this one.
    pub pinned: bool,
    /// Microseconds.
    pub created_at: i64,
}

/// The rules of a project.
pub async fn of_project(db: &Db, project_id: &str) -> DbResult<Vec<Rule>> {
    let rules = project_regions::table.filter(project_regions::project_id.eq(project_id));
    reading!(db, |conn| Ok(rules.select(Rule::as_select()).load(conn).await?))
}

/// The rules about a region, by project.
pub async fn of_region(db: &Db, region_id: &str) -> DbResult<Vec<Rule>> {
    let rules = project_regions::table.filter(project_regions::region_id.eq(region_id));
    let ordered = rules.order(project_regions::project_id);
    reading!(db, |conn| Ok(ordered.select(Rule::as_select()).load(conn).await?))
}

/// Makes a rule; it replaces an earlier one of the project about the region.
pub async fn set(db: &Db, project_id: &str, region_id: &str, pinned: bool) -> DbResult<()> {
    writing!(db, "project_regions.set", |conn| {
        let created_at = conn.now().await?;
        let rule = Rule { project_id: project_id.to_owned(), region_id: region_id.to_owned(), pinned, created_at };
        if diesel::insert_or_ignore_into(project_regions::table).values(&rule).execute(conn).await? == 0 {
            let known = project_regions::table.find((project_id, region_id));
            diesel::update(known).set(project_regions::pinned.eq(pinned)).execute(conn).await?;
        }
        Ok(())
    })
}

/// Takes a rule away; false where there was none.
pub async fn remove(db: &Db, project_id: &str, region_id: &str) -> DbResult<bool> {
    writing!(db, "project_regions.remove", |conn| {
        let rule = project_regions::table.find((project_id, region_id));
        Ok(diesel::delete(rule).execute(conn).await? > 0)
    })
}
