//! What a read of a region told, stored into the rows.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::Value;

use super::round::SyncError;
use super::{names, strangers};
use crate::app::App;
use crate::cascade::boot;
use crate::db::leases::Lease;
use crate::db::servers::{self, Change, Known, attention};
use crate::db::{DbResult, clock::local_now, cursors};
use crate::regions::nova::RegionApi;
use crate::views::server::document::{self, Names, Told};

/// The documents of one round, or of one page of a sweep.
pub(super) struct Intake<'a> {
    pub app: &'a Arc<App>,
    pub api: &'a RegionApi,
    pub lease: &'a Lease,
    /// When it began, in our clock.
    pub began_at: i64,
    /// Servers that changed, by their ids in the region.
    pub changed: BTreeSet<String>,
    /// The newest `updated` among them.
    pub newest_change: Option<i64>,
    names: Option<Arc<Names>>,
}

impl<'a> Intake<'a> {
    pub fn new(app: &'a Arc<App>, api: &'a RegionApi, lease: &'a Lease) -> Self {
        Self { app, api, lease, began_at: local_now(), changed: BTreeSet::new(), newest_change: None, names: None }
    }

    /// What the region's things are called on top; read once.
    pub async fn names(&mut self) -> DbResult<Arc<Names>> {
        if let Some(names) = &self.names {
            return Ok(names.clone());
        }
        let names = Arc::new(names::of_region(self.app, self.api.region().id()).await?);
        self.names = Some(names.clone());
        Ok(names)
    }

    /// Stores documents; one that is no server's is left out and ends nothing. Returns the newest `updated` among them:
    /// none where some could not be stored, since something else touched their rows meanwhile: they are to be told again.
    pub async fn store(
        &mut self,
        documents: Vec<Value>,
        read_seq: i64,
        listed: bool,
    ) -> Result<Option<i64>, SyncError> {
        self.unknown(&documents, read_seq).await?;
        let told: Vec<Told> = documents.into_iter().filter_map(Told::read).collect();
        if told.is_empty() {
            return Ok(None);
        }
        let names = self.names().await?;
        let region = self.api.region().clone();
        let newest = told.iter().map(|told| told.updated).max();
        let ids: Vec<&str> = told.iter().map(|told| told.local_id.as_str()).collect();
        let rows = servers::known(&self.app.db, region.id(), &ids).await?;
        let rows: HashMap<&str, &Known> = rows.iter().filter_map(|row| Some((row.local_id.as_deref()?, row))).collect();
        let mut changes: Vec<Change> = Vec::new();
        for told in told {
            let (local_id, updated) = (told.local_id.clone(), told.updated);
            let row = rows.get(local_id.as_str());
            let is_news = match row {
                // A tombstone is never dug up: ids are not used twice. One that was set without a last word takes it.
                Some(row) if row.deleted && (row.documented || !told.is_deleted()) => false,
                Some(row) => {
                    let change = told.change(row, &names, self.began_at, listed);
                    let differs = change.as_ref().is_some_and(|change| change.differs);
                    changes.extend(change);
                    differs
                }
                None => self.unmapped(told, &names).await?,
            };
            if is_news {
                self.changed.insert(local_id);
                self.newest_change = self.newest_change.max(Some(updated));
            }
        }
        if changes.is_empty() {
            return Ok(newest);
        }
        let stored = match servers::store(&self.app.db, self.lease, region.id(), read_seq, &changes).await {
            Err(error) if error.is_refusal() => self.singly(read_seq, &changes).await?,
            result => result?,
        };
        let closed = changes.iter().filter(|change| change.columns.deleted).count();
        region.health.add_servers(-i64::try_from(closed).unwrap_or(0));
        Ok(newest.filter(|_| stored == changes.len()))
    }

    /// What does not fit our columns must not hold the others up, now or ever: it counts as stored.
    async fn singly(&self, read_seq: i64, changes: &[Change]) -> DbResult<usize> {
        let region = self.api.region();
        let mut stored = 0;
        for change in changes {
            let one = std::slice::from_ref(change);
            match servers::store(&self.app.db, self.lease, region.id(), read_seq, one).await {
                Err(error) if error.is_refusal() => {
                    let error = format!("server {} is not stored: {error}", change.id);
                    tracing::error!(region = region.name(), error, "a server cannot be kept equal");
                    cursors::note_error(&self.app.db, self.lease, region.id(), &error).await?;
                    stored += 1;
                }
                result => stored += result?,
            }
        }
        Ok(stored)
    }

    /// Minimal records (2.69) say that a cell is down, and nothing of the servers.
    async fn unknown(&self, documents: &[Value], read_seq: i64) -> DbResult<()> {
        let ids: Vec<String> =
            documents.iter().filter_map(document::of_a_cell_that_is_down).map(str::to_owned).collect();
        if ids.is_empty() {
            return Ok(());
        }
        attention::note_unknown(&self.app.db, self.lease, self.api.region().id(), read_seq, &ids).await
    }

    /// A server that has no row: one of ours by its marker, or a stranger. True where it has a row now.
    async fn unmapped(&self, told: Told, names: &Names) -> Result<bool, SyncError> {
        if !told.is_deleted() && boot::claim(self.app, &told, self.api.region().id(), names).await? {
            return Ok(true);
        }
        strangers::meet(self.app, self.api, self.lease, told, self.began_at).await?;
        Ok(false)
    }
}
