//! Setting limits.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::resource::{CORES, FIXED_IPS, FLOATING_IPS, INSTANCES, RAM, SERVER_GROUPS};
use super::{Account, RESOURCES, UNLIMITED};
use crate::config;
use crate::db::schema::{quota_classes, quota_limits};
use crate::db::{Db, DbResult};

/// Resources that are counted.
const COUNTED: [&str; 4] = [INSTANCES, CORES, RAM, SERVER_GROUPS];

/// Resources that no user has a limit of their own of (`quota_get_per_project_resources`).
const PER_PROJECT: [&str; 2] = [FIXED_IPS, FLOATING_IPS];

/// Why a limit was not set.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the words of the fault say what they are")]
pub enum Unfit {
    /// Below what is in use, or what users of the project have been given.
    Used { resource: String, limit: i64, used: i64 },
    /// Above what the project has left to give to the user.
    Beyond { resource: String, limit: i64, most: i64 },
}

/// Between what a limit may lie; -1 is no bound.
struct Bounds {
    least: i64,
    most: i64,
}

impl Bounds {
    fn check(&self, resource: &str, limit: i64) -> Result<(), Unfit> {
        let size = |number: i64| if number == UNLIMITED { i64::MAX } else { number };
        let resource = resource.to_owned();
        if size(limit) < size(self.least) {
            Err(Unfit::Used { resource, limit, used: self.least })
        } else if size(limit) > size(self.most) {
            Err(Unfit::Beyond { resource, limit, most: self.most })
        } else {
            Ok(())
        }
    }
}

/// Sets limits of a project, or with a user id those of the user in it; all or none. What is in use cannot grow
/// meanwhile. Nova's rules, `get_settable_quotas` (nova/quota.py).
pub async fn set_limits(
    db: &Db,
    defaults: &config::Quota,
    (project_id, user_id): (&str, &str),
    wanted: &[(String, i64)],
    force: bool,
) -> DbResult<Result<(), Unfit>> {
    writing!(db, "quota.set_limits", |conn| {
        let account = Account::new(project_id, user_id);
        let headroom = headroom!(conn, defaults, account, COUNTED);
        let of_project = limits!(conn, defaults, project_id, "");
        let users = quota_limits::table
            .filter(quota_limits::project_id.eq(project_id))
            .filter(quota_limits::user_id.ne(""))
            .select((quota_limits::user_id, quota_limits::resource, quota_limits::hard_limit));
        let mut given: BTreeMap<String, i64> = BTreeMap::new();
        let mut own: BTreeMap<String, i64> = BTreeMap::new();
        for (user, resource, limit) in users.load::<(String, String, i64)>(conn).await? {
            *given.entry(resource.clone()).or_default() += limit;
            if user == user_id {
                own.insert(resource, limit);
            }
        }
        for (resource, limit) in wanted.iter().filter(|_| !force) {
            let (total, given) = (of_project.get(resource), given.get(resource).copied().unwrap_or(0));
            let (left, used) = (total - given, headroom.in_use(resource, user_id));
            let bounds = if user_id.is_empty() {
                let given = if total <= UNLIMITED || left <= UNLIMITED { UNLIMITED } else { total - left };
                Bounds { least: given.max(used), most: UNLIMITED }
            } else {
                let own = own.get(resource).copied().unwrap_or(0);
                let most = if left <= UNLIMITED || own <= UNLIMITED { UNLIMITED } else { left + own };
                Bounds { least: used, most }
            };
            if let Err(unfit) = bounds.check(resource, *limit) {
                return Ok(Err(unfit));
            }
        }
        for (resource, limit) in wanted.iter().filter(|(resource, _)| RESOURCES.contains(&resource.as_str())) {
            let user_id = if PER_PROJECT.contains(&resource.as_str()) { "" } else { user_id };
            let row = quota_limits::table.find((project_id, user_id, resource));
            let known = diesel::update(row).set(quota_limits::hard_limit.eq(limit)).execute(conn).await? > 0;
            if !known {
                let fresh = (
                    quota_limits::project_id.eq(project_id),
                    quota_limits::user_id.eq(user_id),
                    quota_limits::resource.eq(resource),
                    quota_limits::hard_limit.eq(limit),
                );
                // The same limit as before counts as no change on MariaDB.
                diesel::insert_or_ignore_into(quota_limits::table).values(fresh).execute(conn).await?;
            }
        }
        Ok(Ok(()))
    })
}

/// Forgets the limits of a project and its users, or those of one user.
pub async fn forget_limits(db: &Db, project_id: &str, user_id: Option<&str>) -> DbResult<()> {
    writing!(db, "quota.forget_limits", |conn| {
        let rows = quota_limits::table.filter(quota_limits::project_id.eq(project_id));
        match user_id {
            None => diesel::delete(rows).execute(conn).await?,
            Some(user_id) => diesel::delete(rows.filter(quota_limits::user_id.eq(user_id))).execute(conn).await?,
        };
        Ok(())
    })
}

/// Sets limits of a class.
pub async fn set_class(db: &Db, name: &str, wanted: &[(String, i64)]) -> DbResult<()> {
    writing!(db, "quota.set_class", |conn| {
        for (resource, limit) in wanted {
            let row = quota_classes::table.find((name, resource));
            if diesel::update(row).set(quota_classes::hard_limit.eq(limit)).execute(conn).await? == 0 {
                let fresh = (
                    quota_classes::name.eq(name),
                    quota_classes::resource.eq(resource),
                    quota_classes::hard_limit.eq(limit),
                );
                diesel::insert_or_ignore_into(quota_classes::table).values(fresh).execute(conn).await?;
            }
        }
        Ok(())
    })
}
