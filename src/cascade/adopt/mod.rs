//! Strangers: servers that were booted directly in a region get a row on top (D4). The sync does it as it meets them,
//! the command line for a whole region; both may at once.

pub mod audit;
mod boots;
mod difference;
mod flavor;
mod pages;
mod region;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use self::pages::{Page, Pages};
pub use self::region::{Tally, count, take_over};

use self::flavor::Flavors;
use crate::app::App;
use crate::cascade::boot::row;
use crate::db::DbError;
use crate::db::clock::{local_now, micros};
use crate::db::quota::Charge;
use crate::db::strangers::{self, Adopted, Stranger};
use crate::regions::CallError;
use crate::regions::nova::RegionApi;
use crate::sync::names;
use crate::views::server::document::{Names, Told};

/// Why strangers were not adopted, or not all.
#[derive(Debug, thiserror::Error)]
pub enum AdoptError {
    /// The region did not answer, or not with what it should.
    #[error(transparent)]
    Region(#[from] CallError),
    /// Our database did not.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// What became of strangers; those of which there is no word are gone, or were mapped already.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Ids of those that have rows now.
    pub adopted: Vec<String>,
    /// Those that an open boot may have made: it is asked again when that has ended.
    pub waiting: Vec<Told>,
    /// Ids of those that cannot be adopted, and why.
    pub refused: BTreeMap<String, String>,
}

/// Adopts servers of a region that were read at `read_at` (our clock) and have no row: with their own id, project, user
/// and document; their flavors are mapped, and they are charged whatever the limits say. To be called again with the
/// same ones at will.
///
/// # Errors
/// [`AdoptError`]; nothing or all of it is done.
pub async fn adopt(app: &Arc<App>, api: &RegionApi, told: Vec<Told>, read_at: i64) -> Result<Outcome, AdoptError> {
    let region = api.region();
    let mut names = names::of_region(app, region.id()).await?;
    let mut outcome = Outcome::default();
    let told = boots::left_over(app, region, told, &names, &mut outcome).await?;
    let mut flavors = Flavors::read(app, region.id()).await?;
    let mut strangers = Vec::new();
    for told in told {
        match flavors.find(app, api, &told, &mut names).await? {
            flavor::Found::Known => strangers.push(told),
            flavor::Found::Gone => {}
            flavor::Found::Unreadable(why) => {
                outcome.refused.insert(told.local_id, why);
            }
        }
    }
    let reach_us = micros(app.config.sync.overlap_s) / 2;
    // What was read longer ago may have changed behind the sync's cursor.
    let fresh = local_now().saturating_sub(read_at) < reach_us;
    let strangers: Vec<Stranger> =
        strangers.into_iter().map(|told| stranger(&told, region.id(), &names, fresh)).collect();
    if strangers.is_empty() {
        return Ok(outcome);
    }
    let adopted = match strangers::adopt(&app.db, region.id(), &strangers).await {
        Err(DbError::Query(_)) => singly(app, region.id(), &strangers, &mut outcome).await?,
        result => result?,
    };
    for id in adopted.clashes {
        outcome.refused.insert(id, "a server of another region has its id on top".into());
    }
    region.health.add_servers(i64::try_from(adopted.ids.len()).unwrap_or(0));
    outcome.adopted = adopted.ids;
    Ok(outcome)
}

/// One that the database does not take must not hold the others up.
async fn singly(
    app: &App,
    region_id: &str,
    strangers: &[Stranger],
    outcome: &mut Outcome,
) -> Result<Adopted, AdoptError> {
    let mut all = Adopted::default();
    for stranger in strangers {
        match strangers::adopt(&app.db, region_id, std::slice::from_ref(stranger)).await {
            Ok(one) => {
                all.ids.extend(one.ids);
                all.clashes.extend(one.clashes);
            }
            Err(DbError::Query(error)) => {
                outcome.refused.insert(stranger.row.id.clone(), error.to_string());
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(all)
}

fn stranger(told: &Told, region_id: &str, names: &Names, fresh: bool) -> Stranger {
    let mut row = row::from_document(told, None, region_id, names);
    row.told.documented = fresh && told.is_whole();
    row.told.has_user_data = told.user_data.is_some();
    // No boot of ours is under way: whole rounds settle it.
    row.told.hold_until = 0;
    if row.told.status == "SOFT_DELETED" {
        row = row.charged(Charge::default());
    }
    Stranger { row, tags: told.tags(), user_data: told.user_data.clone() }
}
