//! Single shows, of rows that a list need not tell of: those that have had no document yet, whose delete went through
//! us (a server deleted before it was scheduled leaves no trace in a list), or that have been unsettled for long.

use std::collections::HashMap;
use std::time::Duration;

use http::{Method, StatusCode};
use serde_json::Value;
use tokio::time::Instant;

use super::intake::Intake;
use super::round::SyncError;
use super::{brake, closing};
use crate::config::ms;
use crate::db::clock::micros;
use crate::db::cursors::Cursor;
use crate::db::seq;
use crate::db::servers;
use crate::db::servers::attention::{self, Due};
use crate::views::server::document;

/// What one worker keeps in mind from turn to turn, so that servers that stay as they are cost little.
pub(super) struct Turns {
    /// When those have their turn again whose work has stood still: a server that never leaves `BUILD`, say.
    stuck_at: Instant,
    /// Servers whose show was not answered, by their ids in the region, and until when they are left alone.
    silent: HashMap<String, Instant>,
}

impl Turns {
    /// All are due.
    pub fn new() -> Self {
        Self { stuck_at: Instant::now(), silent: HashMap::new() }
    }

    /// Whether those that have stood still have their turn now.
    fn stuck(&mut self, period: Duration) -> bool {
        let now = Instant::now();
        let due = now >= self.stuck_at;
        if due {
            self.stuck_at = now + period;
        }
        due
    }
}

/// What a single show said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shown {
    /// The server, whole.
    There,
    /// A minimal record: its cell is down.
    Unknown,
    /// Nothing that can be understood.
    Nothing,
    /// 404.
    Absent,
}

/// The turn of those due, `sync.shows_per_round` at most.
///
/// # Errors
/// [`SyncError`]; of a server that is not shown in time, which is left alone for `sync.show_after_s`.
pub(super) async fn run(intake: &mut Intake<'_>, cursor: &Cursor, turns: &mut Turns) -> Result<(), SyncError> {
    let settings = &intake.app.config.sync;
    let region_id = intake.api.region().id().to_owned();
    let patience = Duration::from_secs(settings.show_after_s);
    turns.silent.retain(|_, until| *until > Instant::now());
    let due = Due {
        now: intake.began_at,
        still_since: intake.began_at - micros(settings.show_after_s),
        missing_since: intake.began_at - micros(settings.missing_confirm_s),
        stuck: turns.stuck(patience),
    };
    // Those left alone keep their places at the head.
    let rows = due.rows(&intake.app.db, &region_id, settings.shows_per_round + turns.silent.len()).await?;
    let closable = brake::look(intake, cursor, due.missing_since).await?.min(due.missing_since);
    let (mut gone, mut fresh) = (Vec::new(), false);
    for row in rows {
        let Some(local_id) = row.local_id.clone().filter(|id| !turns.silent.contains_key(id)) else { continue };
        let read_seq = seq::current(&intake.app.db, &region_id).await?;
        let shown = show(intake, &local_id).await;
        if let Err(SyncError::Region(_)) = &shown {
            turns.silent.insert(local_id, Instant::now() + patience);
        }
        if shown? == Shown::Absent {
            if row.deleting || row.missing_since.is_some_and(|at| at <= closable) {
                gone.push(row.clone());
            } else if row.missing_since.is_none() {
                servers::note_missing(&intake.app.db, intake.lease, &region_id, &row.id, read_seq).await?;
                fresh = true;
            }
        }
        servers::looked_at(&intake.app.db, intake.lease, &region_id, &row.id, read_seq).await?;
    }
    if fresh {
        // The brake is to count these before anything is closed for its absence alone.
        gone.retain(|row| row.deleting);
    }
    closing::close(intake, gone).await?;
    probe(intake).await
}

/// Shows a server and stores what it says.
pub(super) async fn show(intake: &mut Intake<'_>, local_id: &str) -> Result<Shown, SyncError> {
    let (app, api) = (intake.app, intake.api);
    let read_seq = seq::current(&app.db, api.region().id()).await?;
    let path = format!("/servers/{local_id}");
    let soon = api.within(ms(app.config.sync.show_timeout_ms));
    let answer = soon.compute(Method::GET, &path, api.region().microversion(), None).await?;
    if answer.status == StatusCode::NOT_FOUND {
        return Ok(Shown::Absent);
    }
    // One server that its region cannot show does not end the round: below 2.69 a cell that is down is a 500.
    let Ok(mut shown) = answer.json(api.region()) else { return Ok(Shown::Nothing) };
    let Some(document) = shown.get_mut("server").map(Value::take) else { return Ok(Shown::Nothing) };
    if document["id"] != local_id {
        return Ok(Shown::Nothing);
    }
    let unknown = document::of_a_cell_that_is_down(&document).is_some();
    intake.store(vec![document], read_seq, false).await?;
    Ok(if unknown { Shown::Unknown } else { Shown::There })
}

/// One server of a cell that is down: when it is shown whole again, all of them are looked at.
async fn probe(intake: &mut Intake<'_>) -> Result<(), SyncError> {
    let region_id = intake.api.region().id().to_owned();
    let Some(row) = attention::longest_unknown(&intake.app.db, &region_id).await? else { return Ok(()) };
    let Some(local_id) = row.local_id else { return Ok(()) };
    let read_seq = seq::current(&intake.app.db, &region_id).await?;
    match show(intake, &local_id).await? {
        Shown::There | Shown::Absent => {
            Ok(attention::unsettle_unknown(&intake.app.db, intake.lease, &region_id).await?)
        }
        Shown::Unknown | Shown::Nothing => {
            Ok(servers::looked_at(&intake.app.db, intake.lease, &region_id, &row.id, read_seq).await?)
        }
    }
}
