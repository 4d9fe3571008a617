//! Servers that were booted directly in a region: which they are, and how they get on the map. Nothing here needs the
//! region's lease: a server is mapped once, by (region, id there), whoever of several comes first.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::clock::Clock;
use super::mappings::Mapping;
use super::quota::{Account, Charge};
use super::schema::{intents, server_mappings, server_tags, server_user_data, servers};
use super::servers::ServerRow;
use super::{Db, DbResult};

/// A server that is to be adopted.
#[derive(Clone, Debug)]
pub struct Stranger {
    /// Its row; in a region, with an id there.
    pub row: ServerRow,
    /// Its tags.
    pub tags: Vec<String>,
    /// base64 text.
    pub user_data: Option<String>,
}

/// What became of them; those of which there is no word were mapped already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Adopted {
    /// Ids of those that have rows now.
    pub ids: Vec<String>,
    /// Ids that a server of another region has on top.
    pub clashes: Vec<String>,
}

/// Those of the ids of a region's servers that are on no map, not even as an earlier placement.
pub async fn unmapped(db: &Db, region_id: &str, local_ids: &[&str]) -> DbResult<BTreeSet<String>> {
    let rows = server_mappings::table
        .filter(server_mappings::region_id.eq(region_id))
        .filter(server_mappings::local_id.eq_any(local_ids))
        .select(server_mappings::local_id);
    let known: HashSet<String> = reading!(db, |conn| rows.load(conn).await?).into_iter().collect();
    Ok(local_ids.iter().filter(|id| !known.contains(**id)).map(|id| (*id).to_owned()).collect())
}

/// User id and name of the servers that open boots may have made in a region, of these projects.
pub async fn awaited(db: &Db, region_id: &str, project_ids: &[&str]) -> DbResult<HashSet<(String, String)>> {
    let rows = intents::table
        .filter(intents::region_id.eq(region_id))
        .filter(intents::project_id.eq_any(project_ids))
        .select((intents::user_id, intents::name));
    Ok(reading!(db, |conn| rows.load(conn).await?).into_iter().collect())
}

/// Gives them rows, in one transaction, and charges them whatever the limits say.
pub async fn adopt(db: &Db, region_id: &str, strangers: &[Stranger]) -> DbResult<Adopted> {
    let ids: Vec<&str> = strangers.iter().map(|stranger| stranger.row.id.as_str()).collect();
    let groups: BTreeSet<&String> = strangers.iter().filter_map(|stranger| stranger.row.group_id.as_ref()).collect();
    writing!(db, "strangers.adopt", |conn| {
        let mut held: HashSet<&String> = HashSet::new();
        for &group in &groups {
            if hold_group!(conn, group) {
                held.insert(group);
            }
        }
        let seq = next_seq!(conn, region_id);
        let now = conn.now().await?;
        let taken = servers::table.filter(servers::id.eq_any(&ids)).select(servers::id);
        let taken: HashSet<String> = taken.load::<String>(conn).await?.into_iter().collect();
        let nothing = Charge::default();
        let mut charges = BTreeMap::new();
        let mut adopted = Adopted::default();
        for Stranger { row, tags, user_data } in strangers {
            let mapping = Mapping {
                region_id: region_id.to_owned(),
                local_id: row.local_id.clone().unwrap_or_else(|| row.id.clone()),
                server_id: row.id.clone(),
                current: true,
                intent_id: None,
                created_at: now,
            };
            if diesel::insert_or_ignore_into(server_mappings::table).values(&mapping).execute(conn).await? == 0 {
                continue;
            }
            if taken.contains(&row.id) {
                let mapping = server_mappings::table.find((region_id, &mapping.local_id));
                diesel::delete(mapping).execute(conn).await?;
                adopted.clashes.push(row.id.clone());
                continue;
            }
            let sums = charges.entry((&row.project_id, &row.user_id)).or_insert_with(|| nothing.resources());
            for (sum, (_, amount)) in sums.iter_mut().zip(row.charge().resources()) {
                sum.1 += amount;
            }
            let group_id = row.group_id.clone().filter(|id| held.contains(id));
            let row = ServerRow { seq, changed_at: now, group_id, ..row.clone() };
            diesel::insert_into(servers::table).values(&row).execute(conn).await?;
            for tag in tags {
                let values = (server_tags::server_id.eq(&row.id), server_tags::tag.eq(tag));
                diesel::insert_or_ignore_into(server_tags::table).values(values).execute(conn).await?;
            }
            if let Some(text) = user_data {
                let values = (server_user_data::server_id.eq(&row.id), server_user_data::user_data.eq(text));
                diesel::insert_or_ignore_into(server_user_data::table).values(values).execute(conn).await?;
            }
            adopted.ids.push(row.id);
        }
        for ((project_id, user_id), sums) in charges {
            charge!(conn, Account::new(project_id, user_id), sums);
        }
        Ok(adopted)
    })
}
