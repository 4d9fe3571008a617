//! One round over a region's servers: what changed since the newest change stored, then what a list cannot tell.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::intake::Intake;
use super::shows::{self, Turns};
use super::{Rounds, list, worker};
use crate::app::App;
use crate::cascade::adopt::AdoptError;
use crate::db::clock::{SECOND, iso, local_now, micros};
use crate::db::cursors::{self, Completed, Cursor};
use crate::db::leases::Lease;
use crate::db::servers;
use crate::db::{DbError, seq};
use crate::regions::nova::RegionApi;
use crate::regions::{CallError, Sent};
use crate::views::server::document::STABLE;

/// Why a part of the sync did not end.
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

/// What a time of a region may be ahead of what we take its clock to be: that is known by whole seconds.
const SLACK_US: i64 = 2 * SECOND;

/// What one worker keeps in mind from round to round.
pub(super) struct Memory {
    quiet: Quiet,
    turns: Turns,
}

impl Memory {
    /// Nothing yet.
    pub fn new() -> Self {
        Self { quiet: Quiet::new(), turns: Turns::new() }
    }
}

/// For how long good rounds have found the newest change of a region to be the newest. Time in which none ended counts for
/// nothing: what was written in it has been read by nobody.
struct Quiet {
    newest: Option<i64>,
    since: Instant,
    /// When the last good round began.
    read_at: Instant,
}

impl Quiet {
    /// Nothing is known yet.
    fn new() -> Self {
        let now = Instant::now();
        Self { newest: None, since: now, read_at: now }
    }

    /// How far a round reaches back behind the newest change. A conductor whose clock is behind writes older times than
    /// another did before it, but not for longer than the clocks differ: what began after twice the overlap has read all
    /// that is older, and what changed in one burst is not read again and again. Durations are ours, so no clock is trusted.
    fn overlap(&self, newest: Option<i64>, overlap: Duration) -> i64 {
        let over = self.newest == newest && self.read_at.saturating_duration_since(self.since) >= overlap * 2;
        if over { 0 } else { i64::try_from(overlap.as_micros()).unwrap_or(0) }
    }

    /// A round that began then has ended well.
    fn note(&mut self, newest: Option<i64>, began: Instant, ended: Instant) {
        if self.newest != newest {
            (self.newest, self.since) = (newest, ended);
        }
        self.read_at = began;
    }
}

/// Runs one, for those who wait at `rounds`. Returns whether something is still unsettled.
///
/// # Errors
/// [`SyncError`]; what was stored before it stays, and the cursor stays where it was.
pub(super) async fn run(
    app: &Arc<App>,
    api: &RegionApi,
    lease: &Lease,
    rounds: &Rounds,
    memory: &mut Memory,
) -> Result<bool, SyncError> {
    let region = api.region();
    let began = Instant::now();
    let mut intake = Intake::new(app, api, lease);
    let began_at = intake.began_at;
    let touched = rounds.touched.take();
    if !touched.is_empty() {
        servers::unsettle_local(&app.db, lease, region.id(), &touched).await?;
    }
    let read_seq = seq::current(&app.db, region.id()).await?;
    let cursor = cursors::get(&app.db, region.id()).await?;
    let overlap = memory.quiet.overlap(cursor.changes_since, Duration::from_secs(app.config.sync.overlap_s));
    let seen = changes(&mut intake, &cursor, overlap).await?;
    match shows::run(&mut intake, &cursor, &mut memory.turns).await {
        // What the list told is stored: one server that its region does not show must not undo that.
        Err(error @ SyncError::Region(_)) => worker::failed(app, api, lease, "shows", &error).await,
        result => result?,
    }
    let unsettled = servers::any_unsettled(&app.db, region.id()).await?;
    if unsettled {
        servers::settle_quiet(&app.db, lease, region.id(), read_seq, began_at, &STABLE).await?;
    }
    let skew_us = seen.skew_us.or(cursor.skew_us);
    // What has an older time differs in what does not touch it, and says nothing of how long it took.
    let news = intake.newest_change.filter(|newest| cursor.changes_since.is_some_and(|known| known <= *newest));
    let lag_us = news.map(|newest| (local_now() - (newest - skew_us.unwrap_or(0))).max(0));
    let kept_lag_us = lag_us.or(cursor.lag_us);
    let round = Completed { changes_since: seen.newest, round_at: began_at, skew_us, lag_us: kept_lag_us };
    cursors::complete(&app.db, lease, region.id(), round).await?;
    memory.quiet.note(seen.newest, began, Instant::now());
    region.health.set_round_at(began_at);
    if let Some(lag_us) = lag_us {
        let seconds = Duration::from_micros(lag_us.unsigned_abs()).as_secs_f64();
        metrics::histogram!("cascade_sync_lag_seconds", "region" => region.name().to_owned()).record(seconds);
    }
    rounds.note_changed(intake.changed);
    Ok(servers::any_unsettled(&app.db, region.id()).await?)
}

/// What the pages of a round had.
struct Seen {
    /// The newest `updated` up to which everything is stored.
    newest: Option<i64>,
    skew_us: Option<i64>,
}

/// What changed since the newest change known. A time ahead of the region's clock is no measure of what comes next: a
/// conductor's clock was ahead, or the region's was put back.
async fn changes(intake: &mut Intake<'_>, cursor: &Cursor, overlap: i64) -> Result<Seen, SyncError> {
    let mut seen = pages(intake, cursor.changes_since, overlap).await?;
    let Some(skew_us) = seen.skew_us else { return Ok(seen) };
    // The last round saw all that was older than its beginning.
    let last = cursor.round_at + skew_us;
    if cursor.changes_since.is_some_and(|since| since > last + 2 * SLACK_US) {
        seen = pages(intake, Some(last), micros(intake.app.config.sync.overlap_s)).await?;
    }
    seen.newest = seen.newest.map(|newest| newest.min(intake.began_at + skew_us + SLACK_US));
    Ok(seen)
}

/// Pages through what changed; everything that is there, before there is a cursor.
async fn pages(intake: &mut Intake<'_>, since: Option<i64>, overlap: i64) -> Result<Seen, SyncError> {
    let filter = since.map_or_else(|| list::ALL.to_owned(), |at| format!("&changes-since={}", iso(at - overlap)));
    let mut seen = Seen { newest: since, skew_us: None };
    let mut complete = true;
    let (mut markers, mut marker, mut limit) = (HashSet::new(), String::new(), intake.app.config.sync.page_size);
    let region = intake.api.region().name();
    let lost = || CallError::new(region, Sent::Maybe, "its pages do not lead on");
    loop {
        let page = list::page_of(intake.app, intake.api, &filter, &marker, limit).await?.ok_or_else(lost)?;
        seen.skew_us = page.skew_us.or(seen.skew_us);
        let empty = page.documents.is_empty();
        let newest = intake.store(page.documents, page.read_seq, true).await?;
        complete &= empty || newest.is_some();
        seen.newest = seen.newest.max(newest);
        let Some(next) = page.next else { break };
        if (!page.circling || limit >= list::LARGEST) && markers.insert(next.clone()) {
            marker = next;
            continue;
        }
        // A page that has room for all that is to be scheduled leads on, from where this one began.
        if limit >= list::LARGEST {
            return Err(lost().into());
        }
        limit = (limit * 4).min(list::LARGEST);
        tracing::info!(region, limit, "more servers than a page has are to be scheduled; pages are larger");
        metrics::counter!("cascade_sync_larger_pages_total", "region" => region.to_owned()).increment(1);
    }
    if !complete {
        seen.newest = since;
    }
    Ok(seen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_reaches_back_until_good_rounds_have_found_nothing_newer() {
        let (overlap, start) = (Duration::from_secs(10), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut quiet = Quiet::new();
        let reach = |quiet: &Quiet, newest| quiet.overlap(Some(newest), overlap);
        assert_eq!(reach(&quiet, 1), 10_000_000);
        quiet.note(Some(1), at(0), at(1));
        quiet.note(Some(1), at(20), at(22));
        assert_eq!(reach(&quiet, 1), 10_000_000, "it began before twice the overlap was over");
        quiet.note(Some(1), at(21), at(22));
        assert_eq!((reach(&quiet, 1), reach(&quiet, 2)), (0, 10_000_000));
        // No round ends well for an hour: what was written early in it may be older than what is known.
        quiet.note(Some(2), at(24), at(25));
        assert_eq!(reach(&quiet, 2), 10_000_000);
        quiet.note(Some(2), at(3_600), at(3_601));
        assert_eq!(reach(&quiet, 2), 0);
    }
}
