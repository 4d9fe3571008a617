//! One round over a region's servers: what changed since the newest change stored, then what a round cannot tell.

use std::collections::HashMap;
use std::sync::Arc;

use http::{Method, StatusCode};
use serde_json::Value;

use super::{names, strangers};
use crate::app::App;
use crate::cascade::adopt::AdoptError;
use crate::cascade::boot;
use crate::db::clock::{SECOND, iso, local_now};
use crate::db::cursors;
use crate::db::leases::Lease;
use crate::db::servers::{self, Change, Known};
use crate::db::{DbError, seq};
use crate::regions::CallError;
use crate::regions::nova::RegionApi;
use crate::views::server::document::{self, Names, STABLE, Told};

/// Why a round did not end.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The region did not answer, or not with what it should.
    #[error(transparent)]
    Region(#[from] CallError),
    /// Our database did not.
    #[error(transparent)]
    Db(#[from] DbError),
}

impl From<AdoptError> for SyncError {
    fn from(error: AdoptError) -> Self {
        match error {
            AdoptError::Region(error) => error.into(),
            AdoptError::Db(error) => error.into(),
        }
    }
}

/// Runs one. Returns whether something is still unsettled, and whether a document changed.
///
/// # Errors
/// [`SyncError`]; what was stored before it stays, and the cursor stays where it was.
pub async fn run(app: &Arc<App>, api: &RegionApi, lease: &Lease) -> Result<(bool, bool), SyncError> {
    let region = api.region();
    let round_at = local_now();
    let read_seq = seq::current(&app.db, region.id()).await?;
    let cursor = cursors::get(&app.db, region.id()).await?;
    let mut round =
        Round { app, api, lease, began_at: round_at, names: None, newest: cursor.changes_since, changed: false };
    round.changes(cursor.changes_since).await?;
    round.shows().await?;
    servers::settle_quiet(&app.db, lease, region.id(), read_seq, round_at, &STABLE).await?;
    cursors::complete(&app.db, lease, region.id(), round.newest, round_at).await?;
    region.health.set_round_at(round_at);
    let unsettled = servers::any_unsettled(&app.db, region.id()).await?;
    Ok((unsettled, round.changed))
}

struct Round<'a> {
    app: &'a Arc<App>,
    api: &'a RegionApi,
    lease: &'a Lease,
    /// Its start, in our clock.
    began_at: i64,
    names: Option<Names>,
    /// Newest `updated` stored.
    newest: Option<i64>,
    changed: bool,
}

impl Round<'_> {
    /// Pages through what changed; everything that is there, before there is a cursor. By id, since what changes while
    /// pages are read must not move between them; not by `updated_at`, since Nova 34 answers 500 while two servers are
    /// being scheduled (`nova/objects/build_request.py`, `_sort_build_requests` compares two times that are not set).
    async fn changes(&mut self, since: Option<i64>) -> Result<(), SyncError> {
        let settings = &self.app.config.sync;
        let since = since.map(|at| iso(at - settings.overlap_s * SECOND));
        let filter = since.map(|at| format!("&changes-since={at}")).unwrap_or_default();
        let order = "&sort_key=uuid&sort_dir=asc";
        let mut marker = String::new();
        loop {
            let read_seq = seq::current(&self.app.db, self.api.region().id()).await?;
            let path = format!("/servers/detail?all_tenants=1&limit={}{order}{filter}{marker}", settings.page_size);
            let version = self.api.region().microversion();
            let mut page = self.api.compute(Method::GET, &path, version, None).await?.json(self.api.region())?;
            let Some(Value::Array(documents)) = page.get_mut("servers").map(Value::take) else { return Ok(()) };
            let more = documents.len() >= settings.page_size;
            let last = documents.last().and_then(|last| last["id"].as_str()).map(str::to_owned);
            let newest = self.store(documents, read_seq, true).await?;
            self.newest = self.newest.max(newest);
            match last.filter(|_| more) {
                Some(last) => marker = format!("&marker={last}"),
                None => return Ok(()),
            }
        }
    }

    /// Stores what one read told; a document that is no server's is left out and does not end the round. Returns the
    /// newest `updated` in it.
    async fn store(&mut self, documents: Vec<Value>, read_seq: i64, listed: bool) -> Result<Option<i64>, SyncError> {
        let told: Vec<Told> = documents.into_iter().filter_map(Told::read).collect();
        if told.is_empty() {
            return Ok(None);
        }
        let region_id = self.api.region().id().to_owned();
        if self.names.is_none() {
            self.names = Some(names::of_region(self.app, &region_id).await?);
        }
        let names = self.names.as_ref().unwrap_or(&EMPTY);
        let newest = told.iter().map(|told| told.updated).max();
        let ids: Vec<&str> = told.iter().map(|told| told.local_id.as_str()).collect();
        let rows = servers::known(&self.app.db, &region_id, &ids).await?;
        let rows: HashMap<&str, &Known> = rows.iter().filter_map(|row| Some((row.local_id.as_deref()?, row))).collect();
        let mut changes: Vec<Change> = Vec::new();
        for told in told {
            match rows.get(told.local_id.as_str()) {
                // A tombstone is never dug up: ids are not used twice. One that was set without a last word takes it.
                Some(row) if row.deleted && (row.documented || !told.is_deleted()) => {}
                Some(row) => changes.extend(told.change(row, names, self.began_at, listed)),
                None => self.changed |= self.unmapped(told, &region_id, names).await?,
            }
        }
        self.changed |= changes.iter().any(|change| change.differs);
        let closed = changes.iter().filter(|change| change.columns.deleted).count();
        self.api.region().health.add_servers(-i64::try_from(closed).unwrap_or(0));
        if !changes.is_empty() {
            servers::store(&self.app.db, self.lease, &region_id, read_seq, &changes).await?;
        }
        Ok(newest)
    }

    /// A server that has no row: one of ours by its marker, or a stranger.
    async fn unmapped(&self, told: Told, region_id: &str, names: &Names) -> Result<bool, SyncError> {
        if !told.is_deleted() && boot::claim(self.app, &told, region_id, names).await? {
            return Ok(true);
        }
        strangers::meet(self.app, self.api, told, self.began_at).await?;
        Ok(false)
    }

    /// Single shows of rows that have had no document yet, whose delete went through us, or that have been unsettled for
    /// long: a list need not tell of them (a server deleted before it was scheduled leaves no trace in it).
    async fn shows(&mut self) -> Result<(), SyncError> {
        let settings = &self.app.config.sync;
        let region_id = self.api.region().id().to_owned();
        let before = self.began_at - micros(settings.show_after_s);
        let due = servers::due_for_show(&self.app.db, &region_id, before, settings.shows_per_round).await?;
        for row in due {
            let Some(local_id) = row.local_id.clone() else { continue };
            let read_seq = seq::current(&self.app.db, &region_id).await?;
            let version = self.api.region().microversion();
            let answer = self.api.compute(Method::GET, &format!("/servers/{local_id}"), version, None).await?;
            if answer.status == StatusCode::NOT_FOUND {
                self.missing(&row, read_seq).await?;
            } else {
                let mut shown = answer.json(self.api.region())?;
                let document = shown.get_mut("server").map(Value::take);
                self.store(document.into_iter().collect(), read_seq, false).await?;
            }
            servers::looked_at(&self.app.db, self.lease, &region_id, &row.id, read_seq).await?;
        }
        Ok(())
    }

    /// 404 closes a row only the second time, `sync.missing_confirm_s` after the first, and this round's list must
    /// have been answered to the same account (else a lost role would close everything).
    async fn missing(&mut self, row: &Known, read_seq: i64) -> Result<(), SyncError> {
        let confirm_us = micros(self.app.config.sync.missing_confirm_s);
        let confirmed = row.deleting || row.missing_since.is_some_and(|at| self.began_at - at >= confirm_us);
        if !confirmed {
            return Ok(servers::note_missing(&self.app.db, self.lease, &row.id, read_seq).await?);
        }
        let names = names::of_region(self.app, self.api.region().id()).await?;
        if let Some(change) = document::gone(row, &names, self.began_at) {
            self.changed = true;
            self.api.region().health.add_servers(-1);
            servers::store(&self.app.db, self.lease, self.api.region().id(), read_seq, &[change]).await?;
        }
        Ok(())
    }
}

fn micros(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX / SECOND) * SECOND
}

static EMPTY: std::sync::LazyLock<Names> = std::sync::LazyLock::new(Names::default);
