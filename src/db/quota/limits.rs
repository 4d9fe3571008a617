//! Which limit holds: the user's in the project, else the project's, else the default class's, else the configuration's.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{RESOURCES, UNLIMITED};
use crate::config;
use crate::db::schema::{quota_classes, quota_usage};
use crate::db::{Db, DbResult};

/// Limits of a project, or of a user in it, by resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits(BTreeMap<&'static str, i64>);

impl Limits {
    /// The configuration's, with `rows` over them: the more special later.
    pub(in crate::db) fn new(defaults: &config::Quota, rows: &[(String, i64)]) -> Self {
        let mut limits: BTreeMap<_, _> = RESOURCES.map(|resource| (resource, defaults.of(resource))).into();
        for (name, limit) in rows {
            if let Some(known) = limits.get_mut(name.as_str()) {
                *known = *limit;
            }
        }
        Self(limits)
    }

    /// Of a resource; -1: none.
    #[must_use]
    pub fn get(&self, resource: &str) -> i64 {
        self.0.get(resource).copied().unwrap_or(UNLIMITED)
    }

    /// True where so many are not too many.
    #[must_use]
    pub fn allow(&self, resource: &str, count: usize) -> bool {
        let limit = self.get(resource);
        limit < 0 || i64::try_from(count).is_ok_and(|count| count <= limit)
    }
}

/// Those of a user in a project; with `user_id` "" those of the project, with both "" the defaults.
pub async fn of(db: &Db, defaults: &config::Quota, project_id: &str, user_id: &str) -> DbResult<Limits> {
    reading!(db, |conn| Ok(limits!(conn, defaults, project_id, user_id)))
}

/// Those of a class.
pub async fn of_class(db: &Db, defaults: &config::Quota, name: &str) -> DbResult<Limits> {
    let rows = quota_classes::table.filter(quota_classes::name.eq(name));
    let columns = (quota_classes::resource, quota_classes::hard_limit);
    let rows: Vec<(String, i64)> = reading!(db, |conn| rows.select(columns).load(conn).await?);
    Ok(Limits::new(defaults, &rows))
}

/// What a project uses, or with a user id what the user uses in it, by resource.
pub async fn in_use(db: &Db, project_id: &str, user_id: &str) -> DbResult<BTreeMap<String, i64>> {
    let rows =
        quota_usage::table.filter(quota_usage::project_id.eq(project_id)).filter(quota_usage::user_id.eq(user_id));
    let columns = (quota_usage::resource, quota_usage::in_use);
    let rows: Vec<(String, i64)> = reading!(db, |conn| rows.select(columns).load(conn).await?);
    Ok(rows.into_iter().collect())
}
