//! Counting again: the sums against the rows that they are the sums of.

use std::collections::BTreeMap;

use diesel::dsl::{count_star, sum};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::Account;
use super::resource::{CORES, INSTANCES, KEY_PAIRS, RAM, SERVER_GROUPS};
use crate::db::schema::{intents, key_pairs, quota_usage, server_groups, servers};
use crate::db::{Db, DbResult};

/// A sum that is not what its rows add up to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// The project; "" for what a user has whatever the project.
    pub project_id: String,
    /// The user; "" for the sum over the project.
    pub user_id: String,
    /// The resource.
    pub resource: String,
    /// What the sum says.
    pub noted: i64,
    /// What the rows add up to.
    pub counted: i64,
}

/// What rows add up to, by project, user and resource.
#[derive(Default)]
struct Sums(BTreeMap<(String, String, String), i64>);

impl Sums {
    fn add(&mut self, account: Account<'_>, amounts: impl IntoIterator<Item = (&'static str, i64)>) {
        for (resource, amount) in amounts {
            for (project_id, user_id) in account.sums() {
                let key = (project_id.to_owned(), user_id.to_owned(), resource.to_owned());
                *self.0.entry(key).or_default() += amount;
            }
        }
    }

    /// Those that differ from what is noted.
    fn drift(mut self, noted: Vec<(String, String, String, i64)>) -> Vec<Drift> {
        let mut all = Vec::new();
        let mut compare = |(project_id, user_id, resource), noted, counted| {
            if noted != counted {
                all.push(Drift { project_id, user_id, resource, noted, counted });
            }
        };
        for (project_id, user_id, resource, in_use) in noted {
            let key = (project_id, user_id, resource);
            let counted = self.0.remove(&key).unwrap_or(0);
            compare(key, in_use, counted);
        }
        for (key, counted) in self.0 {
            compare(key, 0, counted);
        }
        all
    }
}

/// Compares all sums with their rows, and with `fix` sets them right; what is charged meanwhile stays charged.
pub async fn audit(db: &Db, fix: bool) -> DbResult<Vec<Drift>> {
    type Charged = (String, String, Option<i64>, Option<i64>, Option<i64>);
    writing!(db, "quota.audit", |conn| {
        let mut sums = Sums::default();
        let rows = servers::table.group_by((servers::project_id, servers::user_id)).select((
            servers::project_id,
            servers::user_id,
            sum(servers::charged_instances),
            sum(servers::charged_cores),
            sum(servers::charged_ram_mb),
        ));
        let mut charged = rows.load::<Charged>(conn).await?;
        let rows = intents::table.group_by((intents::project_id, intents::user_id)).select((
            intents::project_id,
            intents::user_id,
            sum(intents::charged_instances),
            sum(intents::charged_cores),
            sum(intents::charged_ram_mb),
        ));
        charged.extend(rows.load::<Charged>(conn).await?);
        for (project_id, user_id, instances, cores, ram_mb) in charged {
            let amounts = [(INSTANCES, instances), (CORES, cores), (RAM, ram_mb)];
            let amounts = amounts.map(|(resource, amount)| (resource, amount.unwrap_or(0)));
            sums.add(Account::new(&project_id, &user_id), amounts);
        }
        let rows = server_groups::table.group_by((server_groups::project_id, server_groups::user_id));
        let rows = rows.select((server_groups::project_id, server_groups::user_id, count_star()));
        for (project_id, user_id, count) in rows.load::<(String, String, i64)>(conn).await? {
            sums.add(Account::new(&project_id, &user_id), [(SERVER_GROUPS, count)]);
        }
        let rows = key_pairs::table.group_by(key_pairs::user_id).select((key_pairs::user_id, count_star()));
        for (user_id, count) in rows.load::<(String, i64)>(conn).await? {
            sums.add(Account::of_user("", &user_id), [(KEY_PAIRS, count)]);
        }
        let noted = quota_usage::table.load::<(String, String, String, i64)>(conn).await?;
        let drift = sums.drift(noted);
        for one in drift.iter().filter(|_| fix) {
            let row = quota_usage::table.find((&one.project_id, &one.user_id, &one.resource));
            let moved = quota_usage::in_use.eq(quota_usage::in_use + (one.counted - one.noted));
            if diesel::update(row).set(moved).execute(conn).await? == 0 {
                let fresh = (
                    quota_usage::project_id.eq(&one.project_id),
                    quota_usage::user_id.eq(&one.user_id),
                    quota_usage::resource.eq(&one.resource),
                    quota_usage::in_use.eq(one.counted),
                );
                diesel::insert_into(quota_usage::table).values(fresh).execute(conn).await?;
            }
        }
        Ok(drift)
    })
}
