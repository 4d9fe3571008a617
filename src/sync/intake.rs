//! What a read of a region told, stored into the rows.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use serde_json::Value;

use super::round::SyncError;
use super::{names, second_name, strangers};
use crate::app::App;
use crate::cascade::boot;
use crate::db::leases::Lease;
use crate::db::servers::{self, Change, Known, attention};
use crate::db::{DbResult, clock::local_now, cursors, set_aside};
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
    /// Servers of the region that are set aside.
    aside: Option<HashSet<String>>,
}

impl<'a> Intake<'a> {
    pub fn new(app: &'a Arc<App>, api: &'a RegionApi, lease: &'a Lease) -> Self {
        Self {
            app,
            api,
            lease,
            began_at: local_now(),
            changed: BTreeSet::new(),
            newest_change: None,
            names: None,
            aside: None,
        }
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
        let new = told.iter().filter(|told| !told.is_deleted() && !rows.contains_key(told.local_id.as_str()));
        let new: Vec<&str> = new.map(|told| told.local_id.as_str()).collect();
        let elsewhere = second_name::elsewhere(self.app, &region, &new).await?;
        let (mut changes, mut changed_ids): (Vec<Change>, Vec<String>) = (Vec::new(), Vec::new());
        let mut placed: Vec<String> = Vec::new();
        for told in told {
            let (local_id, updated) = (told.local_id.clone(), told.updated);
            let row = rows.get(local_id.as_str());
            if row.is_some() || told.is_deleted() {
                placed.push(local_id.clone());
            }
            let is_news = match row {
                // A tombstone is never dug up: ids are not used twice. One that was set without a last word takes it.
                Some(row) if row.deleted && (row.documented || !told.is_deleted()) => false,
                Some(row) => {
                    let change = told.change(row, &names, self.began_at, listed);
                    let differs = change.as_ref().is_some_and(|change| change.differs);
                    changed_ids.extend(change.is_some().then(|| local_id.clone()));
                    changes.extend(change);
                    differs
                }
                None => match elsewhere.get(&local_id) {
                    Some(other) => self.set_aside(&local_id, &format!("{other} has a server of this id")).await?,
                    None => self.unmapped(told, &names).await?,
                },
            };
            if is_news {
                self.changed.insert(local_id);
                self.newest_change = self.newest_change.max(Some(updated));
            }
        }
        let stored = self.change(read_seq, &changes, &changed_ids, &mut placed).await?;
        self.take_back(&placed).await?;
        Ok(newest.filter(|_| stored == changes.len()))
    }

    /// Stores changes of rows; what is refused is taken out of `placed`. Returns how many are stored, or never will be.
    async fn change(
        &mut self,
        read_seq: i64,
        changes: &[Change],
        local_ids: &[String],
        placed: &mut Vec<String>,
    ) -> DbResult<usize> {
        if changes.is_empty() {
            return Ok(0);
        }
        let region = self.api.region().clone();
        let stored = match servers::store(&self.app.db, self.lease, region.id(), read_seq, changes).await {
            Err(error) if error.is_of_row() => self.singly(read_seq, changes, local_ids, placed).await?,
            result => result?,
        };
        let closed = changes.iter().filter(|change| change.columns.deleted).count();
        region.health.add_servers(-i64::try_from(closed).unwrap_or(0));
        Ok(stored)
    }

    /// What does not fit our columns must not hold the others up, now or ever: it counts as stored.
    async fn singly(
        &mut self,
        read_seq: i64,
        changes: &[Change],
        local_ids: &[String],
        placed: &mut Vec<String>,
    ) -> DbResult<usize> {
        let mut stored = 0;
        for (change, local_id) in changes.iter().zip(local_ids) {
            let one = std::slice::from_ref(change);
            match servers::store(&self.app.db, self.lease, self.api.region().id(), read_seq, one).await {
                Err(error) if error.is_of_row() => {
                    self.set_aside(local_id, &error.to_string()).await?;
                    placed.retain(|id| id != local_id);
                    stored += 1;
                }
                result => stored += result?,
            }
        }
        Ok(stored)
    }

    async fn aside(&mut self) -> DbResult<&mut HashSet<String>> {
        let known = match self.aside.take() {
            Some(known) => known,
            None => set_aside::ids(&self.app.db, self.api.region().id()).await?,
        };
        Ok(self.aside.insert(known))
    }

    /// Keeps in mind, and tells, that a server cannot be stored; once for each. It is no news: false.
    async fn set_aside(&mut self, local_id: &str, reason: &str) -> DbResult<bool> {
        if !self.aside().await?.insert(local_id.to_owned()) {
            return Ok(false);
        }
        let region = self.api.region();
        let error = format!("server {local_id} is not stored: {reason}");
        tracing::error!(region = region.name(), error, "a server cannot be kept equal");
        metrics::counter!("cascade_sync_set_aside_total", "region" => region.name().to_owned()).increment(1);
        set_aside::note(&self.app.db, region.id(), local_id, reason).await?;
        cursors::note_error(&self.app.db, self.lease, region.id(), &error).await?;
        Ok(false)
    }

    /// These are not set aside any more.
    async fn take_back(&mut self, local_ids: &[String]) -> DbResult<()> {
        let aside = self.aside().await?;
        let back: Vec<String> = local_ids.iter().filter(|id| aside.remove(*id)).cloned().collect();
        if back.is_empty() {
            return Ok(());
        }
        set_aside::clear(&self.app.db, self.api.region().id(), &back).await
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
    async fn unmapped(&mut self, mut told: Told, names: &Names) -> Result<bool, SyncError> {
        if !told.is_deleted() {
            match boot::claim(self.app, &mut told, self.api.region().id(), names).await {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                Err(error) if error.is_of_row() => {
                    return Ok(self.set_aside(&told.local_id, &error.to_string()).await?);
                }
                Err(error) => return Err(error.into()),
            }
        }
        strangers::meet(self.app, self.api, self.lease, told, self.began_at).await?;
        Ok(false)
    }
}
