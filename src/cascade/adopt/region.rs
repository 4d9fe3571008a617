//! A region that already runs servers joins: all that have no row get one.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::Method;

use super::{AdoptError, Outcome, Pages, adopt};
use crate::app::App;
use crate::db::strangers;
use crate::microversion::MIN;
use crate::regions::nova::RegionApi;

/// How far it has come.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Servers of the region looked at.
    pub seen: usize,
    /// Those that got rows.
    pub adopted: usize,
    /// Those that had rows.
    pub known: usize,
    /// Those that wait for an open boot.
    pub waiting: usize,
    /// Those that tell nothing: their cell is down.
    pub silent: usize,
    /// Ids of those that cannot be adopted, and why.
    pub refused: BTreeMap<String, String>,
}

/// How many servers the region runs, where its hypervisors tell (to 2.87); for people.
pub async fn count(api: &RegionApi) -> Option<usize> {
    let answer = api.compute(Method::GET, "/os-hypervisors/statistics", MIN, None).await.ok()?;
    let told = answer.json(api.region()).ok()?;
    told["hypervisor_statistics"]["running_vms"].as_u64().and_then(|count| usize::try_from(count).ok())
}

/// Adopts all servers of a region, a page at a time, and tells of each page. What was cut off is taken up where it
/// stood by running it again: those that have rows cost little.
///
/// # Errors
/// [`AdoptError`]; the pages before it stay adopted.
pub async fn take_over(app: &Arc<App>, api: &RegionApi, mut tell: impl FnMut(&Tally)) -> Result<Tally, AdoptError> {
    let mut tally = Tally::default();
    let mut pages = Pages::new(api, app.config.sync.page_size);
    while let Some(page) = pages.next().await? {
        let ids: Vec<&str> = page.told.iter().map(|told| told.local_id.as_str()).collect();
        let count = ids.len();
        let new = strangers::unmapped(&app.db, api.region().id(), &ids).await?;
        let strangers = page.told.into_iter().filter(|told| new.contains(&told.local_id)).collect();
        let Outcome { adopted, waiting, refused } = adopt(app, api, strangers, page.read_at).await?;
        tally.seen += count + page.silent;
        tally.silent += page.silent;
        tally.known += count - new.len();
        tally.adopted += adopted.len();
        tally.waiting += waiting.len();
        tally.refused.extend(refused);
        tell(&tally);
    }
    Ok(tally)
}
