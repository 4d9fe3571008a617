//! Servers that a region has accepted are watched until it has launched them: one that it never launches is placed again
//! ([`super::again`]). What that takes, the request's body and token, is in memory only (D2).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::again;
use super::saga::{Made, Saga};
use crate::app::App;
use crate::config::ms;
use crate::db::clock::{local_now, micros};
use crate::db::placings::{self, Watched};
use crate::db::{DbError, DbResult};
use futures_util::StreamExt;

/// Boots whose servers may have to be placed again, by server id.
#[derive(Default)]
pub struct Placings {
    sagas: Mutex<HashMap<String, Arc<Saga>>>,
    most: usize,
}

impl Placings {
    /// None yet, and so many at most.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { most, ..Self::default() }
    }

    /// Keeps a boot that made a server in a region. Beyond `boot.watched_max` a server stays where it is.
    pub fn remember(&self, saga: Saga, made: &Made) {
        if made.place.is_none() {
            return;
        }
        let password = made.server["adminPass"].as_str().map(str::to_owned).or(saga.password);
        // Its own from here on: where it is tried in vain is no word on the request's other servers.
        let passed = Arc::new((*saga.passed).clone());
        let saga = Saga { password, passed, selection: crate::selector::Selection::default(), ..saga };
        let mut sagas = self.sagas.lock().unwrap_or_else(PoisonError::into_inner);
        if sagas.len() < self.most {
            sagas.insert(made.id.clone(), Arc::new(saga));
        } else {
            tracing::warn!(server_id = made.id, "boot.watched_max servers are watched: this one is not placed again");
        }
    }

    /// Keeps one that was taken out and could not be placed yet.
    pub fn put_back(&self, server_id: &str, saga: Arc<Saga>) {
        self.sagas.lock().unwrap_or_else(PoisonError::into_inner).insert(server_id.to_owned(), saga);
    }

    /// Servers whose boots are kept.
    fn known(&self) -> Vec<String> {
        self.sagas.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }

    /// Forgets all: a process that ends places nothing again.
    pub fn clear(&self) {
        self.sagas.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Takes one out.
    #[must_use]
    pub fn take(&self, server_id: &str) -> Option<Arc<Saga>> {
        self.sagas.lock().unwrap_or_else(PoisonError::into_inner).remove(server_id)
    }
}

/// What is to be done about a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Its region still builds it.
    Wait,
    /// It was launched, or nobody wants it any more.
    Settled,
    /// Its region gave it up before a host had it.
    Failed,
    /// Its region has built it for longer than `boot.build_deadline_s`; whether that counts, [`super::evidence`] tells.
    Overdue,
}

/// By what its row says at `now`; without a deadline a region may take as long as it likes.
#[must_use]
pub fn fate(row: &Watched, now: i64, deadline_us: Option<i64>) -> Fate {
    if row.deleted || row.launched_at.is_some() || row.region_id.is_none() {
        return Fate::Settled;
    }
    // Its region may refuse the delete.
    if row.deleting {
        return Fate::Wait;
    }
    match row.status.as_str() {
        "ERROR" if row.host.is_none() => Fate::Failed,
        "BUILD" if deadline_us.is_some_and(|deadline_us| now - row.begun_at > deadline_us) => Fate::Overdue,
        "BUILD" => Fate::Wait,
        _ => Fate::Settled,
    }
}

/// Watches for as long as the process runs.
pub async fn run(app: Arc<App>) {
    tokio::select! {
        () = show_life(&app) => {}
        () = look(&app) => {}
        () = app.shutdown.cancelled() => app.placings.clear(),
    }
}

/// Beside the looks, since to place many servers again takes longer than others wait for a sign of life.
async fn show_life(app: &Arc<App>) {
    let takeover_s = app.config.boot.intent_takeover_s;
    loop {
        if let Err(error) = placings::take_over(&app.db, &app.process_id, takeover_s, app.db.is_embedded()).await {
            tracing::error!(%error, "servers that are not launched yet could not be taken over");
        }
        tokio::time::sleep(ms(takeover_s * 1_000 / 4)).await;
    }
}

async fn look(app: &Arc<App>) {
    loop {
        if let Err(error) = round(app).await {
            tracing::error!(%error, "servers that are not launched yet could not be looked at");
        }
        tokio::time::sleep(ms(app.config.boot.watch_period_ms)).await;
    }
}

async fn round(app: &Arc<App>) -> DbResult<()> {
    let settings = &app.config.boot;
    // One is kept after its row is there, so that those without one have been launched or deleted meanwhile.
    let mut done = app.placings.known();
    let deadline_us = Some(settings.build_deadline_s).filter(|seconds| *seconds > 0).map(micros);
    let now = local_now();
    let mut settled = Vec::new();
    let mut unlaunched = Vec::new();
    for row in placings::of_owner(&app.db, &app.process_id).await? {
        done.retain(|id| *id != row.server_id);
        match fate(&row, now, deadline_us) {
            Fate::Wait => {}
            Fate::Settled => settled.push(row.server_id),
            fate => unlaunched.push((row, fate)),
        }
    }
    for id in &done {
        let _ = app.placings.take(id);
    }
    if !settled.is_empty() {
        for id in &settled {
            let _ = app.placings.take(id);
        }
        placings::forget(&app.db, &settled.iter().map(String::as_str).collect::<Vec<_>>()).await?;
    }
    let moves = unlaunched.into_iter().map(|(row, fate)| async move {
        if let Err(error) = again::place(app, &row, &fate).await {
            tracing::error!(server_id = row.server_id, error = error.message, "a server could not be placed again");
        }
    });
    futures_util::stream::iter(moves).buffer_unordered(settings.replace_concurrent_max).collect::<Vec<()>>().await;
    Ok::<_, DbError>(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_placed_again_only_before_it_ever_ran() {
        let row = Watched {
            server_id: "s".into(),
            region_id: Some("r".into()),
            local_id: Some("l".into()),
            begun_at: 0,
            status: "BUILD".into(),
            host: None,
            launched_at: None,
            deleted: false,
            deleting: false,
        };
        let fate = |row: &Watched| super::fate(row, 100, Some(50));
        assert_eq!(fate(&row), Fate::Overdue);
        assert_eq!(super::fate(&row, i64::MAX, None), Fate::Wait);
        assert_eq!(fate(&Watched { begun_at: 60, ..row.clone() }), Fate::Wait);
        let error = Watched { status: "ERROR".into(), ..row.clone() };
        assert_eq!(fate(&error), Fate::Failed);
        assert_eq!(fate(&Watched { deleting: true, ..error.clone() }), Fate::Wait);
        for settled in [
            Watched { host: Some("h".into()), ..error.clone() },
            Watched { launched_at: Some(1), ..error.clone() },
            Watched { region_id: None, ..error },
            Watched { status: "ACTIVE".into(), ..row },
        ] {
            assert_eq!(fate(&settled), Fate::Settled, "{settled:?}");
        }
    }
}
