//! All servers of a region, page by page in the order of their ids, which no change moves.

use http::Method;
use serde_json::Value;

use crate::db::clock::local_now;
use crate::regions::CallError;
use crate::regions::nova::RegionApi;
use crate::views::server::document::Told;

/// A reading of all servers of a region.
pub struct Pages<'a> {
    api: &'a RegionApi,
    limit: usize,
    /// The last server read; none: at the beginning.
    marker: Option<String>,
    done: bool,
}

/// Some of them.
#[derive(Debug)]
pub struct Page {
    /// Their documents.
    pub told: Vec<Told>,
    /// How many the page has that tell nothing, as those of a cell that is down.
    pub silent: usize,
    /// Our clock, before they were asked for.
    pub read_at: i64,
}

impl<'a> Pages<'a> {
    /// Begins one, of `limit` servers a page.
    #[must_use]
    pub fn new(api: &'a RegionApi, limit: usize) -> Self {
        Self { api, limit, marker: None, done: false }
    }

    /// The next page; none behind the last.
    ///
    /// # Errors
    /// [`CallError`] where the region does not answer with a list: the same page is asked for again then.
    pub async fn next(&mut self) -> Result<Option<Page>, CallError> {
        if self.done {
            return Ok(None);
        }
        let read_at = local_now();
        let region = self.api.region();
        let marker = self.marker.as_ref().map(|id| format!("&marker={id}")).unwrap_or_default();
        // Without the last filter Nova leaves softly deleted servers out, which can be restored.
        let filters = format!("all_tenants=1&limit={}&soft_deleted=True", self.limit);
        let path = format!("/servers/detail?{filters}&sort_key=uuid&sort_dir=asc{marker}");
        let mut answer = self.api.compute(Method::GET, &path, region.microversion(), None).await?.json(region)?;
        let no_list = || CallError::new(region.name(), crate::regions::Sent::Maybe, "its answer is no list of servers");
        let Some(Value::Array(documents)) = answer.get_mut("servers").map(Value::take) else { return Err(no_list()) };
        let last = documents.last().and_then(|last| last["id"].as_str()).map(str::to_owned);
        self.done = last.is_none() || answer.get("servers_links").is_none();
        self.marker = last.or_else(|| self.marker.take());
        let count = documents.len();
        let told: Vec<Told> = documents.into_iter().filter_map(Told::read).collect();
        Ok(Some(Page { silent: count - told.len(), told, read_at }))
    }
}
