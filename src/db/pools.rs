//! Connections: one writer and many readers for `SQLite`, one pool for `MariaDB`.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use deadpool::managed::Manager;
use diesel::{ConnectionError, SqliteConnection};
use diesel_async::pooled_connection::deadpool::Pool;
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, ManagerConfig};
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use diesel_async::{AsyncConnection, AsyncMysqlConnection, SimpleAsyncConnection};
use rand::Rng;
use secrecy::ExposeSecret;

use super::{DbError, DbResult, collation, files, mysql};
use crate::config;

/// `SQLite` behind an async face; each statement runs on a blocking thread.
pub type AsyncSqlite = SyncConnectionWrapper<SqliteConnection>;

/// The pools of the configured backend.
pub enum Pools {
    /// One file; a single writer, since `SQLite` has one.
    Sqlite { write: Pool<AsyncSqlite>, read: Pool<AsyncSqlite>, file: PathBuf },
    /// `MariaDB`, alone or as Galera.
    Mysql(Pool<AsyncMysqlConnection>),
}

/// The database; cheap to clone.
#[derive(Clone)]
pub struct Db {
    pools: Arc<Pools>,
    attempts_max: u32,
    statement_timeout: Duration,
}

/// Held by the one process that serves from a `SQLite` file.
pub struct SqliteLock(#[expect(dead_code, reason = "the lock lives as long as the open file")] File);

impl Db {
    /// Opens the database that `settings.url` names; does not touch its schema.
    ///
    /// # Errors
    /// [`DbError::Setup`] for a URL that is neither `sqlite://` nor `mysql://`, or a file that cannot be made or used.
    pub fn open(settings: &config::Database) -> DbResult<Self> {
        let url = settings.url.expose_secret();
        let wait = config::ms(settings.acquire_timeout_ms);
        let pools = if let Some(path) = url.strip_prefix("sqlite://") {
            files::prepare(path).map_err(DbError::Setup)?;
            Pools::Sqlite {
                write: sqlite_pool(path, 1, wait)?,
                read: sqlite_pool(path, settings.connections_max, wait)?,
                file: PathBuf::from(path),
            }
        } else if url.starts_with("mysql://") {
            Pools::Mysql(pool(mysql::manager(settings)?, settings.connections_max, wait)?)
        } else {
            let text = "database.url must begin with sqlite:// or mysql://";
            return Err(DbError::Setup(text.into()));
        };
        let statement_timeout = config::ms(settings.statement_timeout_ms);
        Ok(Self { pools: Arc::new(pools), attempts_max: settings.attempts_max, statement_timeout })
    }

    pub(in crate::db) fn pools(&self) -> &Pools {
        &self.pools
    }

    pub(in crate::db) fn attempts_max(&self) -> u32 {
        self.attempts_max
    }

    /// How long a list may take.
    pub(in crate::db) fn statement_timeout(&self) -> Duration {
        self.statement_timeout
    }

    /// Takes the file lock that makes this the only serving process on a `SQLite` file; nothing to take on `MariaDB`.
    ///
    /// # Errors
    /// [`DbError::Setup`] when another process holds it.
    pub fn lock_for_serving(&self) -> DbResult<Option<SqliteLock>> {
        let Pools::Sqlite { file, .. } = self.pools() else { return Ok(None) };
        let lock = files::open_private(&files::beside(file, files::LOCK)).map_err(DbError::Setup)?;
        lock.try_lock().map_err(|_| {
            DbError::Setup(format!(
                "another nova-cascade serves from {}; stop it, or use mysql:// for several processes",
                file.display()
            ))
        })?;
        Ok(Some(SqliteLock(lock)))
    }

    /// True for the embedded database, where this is the only serving process.
    #[must_use]
    pub fn is_embedded(&self) -> bool {
        matches!(self.pools(), Pools::Sqlite { .. })
    }
}

fn sqlite_pool(path: &str, max: usize, wait: Duration) -> DbResult<Pool<AsyncSqlite>> {
    let mut settings = ManagerConfig::default();
    settings.custom_setup = Box::new(|path| {
        Box::pin(async move {
            let mut conn = AsyncSqlite::establish(path).await?;
            // The wait comes first: switching to WAL takes a lock itself.
            let pragmas = "PRAGMA busy_timeout=5000; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; \
                           PRAGMA foreign_keys=ON; PRAGMA cache_size=-65536;";
            conn.batch_execute(pragmas).await.map_err(ConnectionError::CouldntSetupConfiguration)?;
            // diesel hands over the right one first.
            let order = |right: &str, left: &str| collation::compare(left, right);
            let registered = conn.spawn_blocking(move |conn| conn.register_collation(collation::NAME, order)).await;
            registered.map_err(ConnectionError::CouldntSetupConfiguration)?;
            Ok(conn)
        })
    });
    let manager = AsyncDieselConnectionManager::<AsyncSqlite>::new_with_config(path, settings);
    pool(manager, max, wait)
}

fn pool<M: Manager>(manager: M, max: usize, wait: Duration) -> DbResult<deadpool::managed::Pool<M>> {
    deadpool::managed::Pool::builder(manager)
        .max_size(max)
        .runtime(deadpool::Runtime::Tokio1)
        .wait_timeout(Some(wait))
        .create_timeout(Some(wait))
        .build()
        .map_err(|e| DbError::Setup(e.to_string()))
}

/// Waits before a lost transaction is run again: random, growing, at most about a quarter of a second.
pub(in crate::db) async fn back_off(attempt: u32) {
    let most = 4u64 << attempt.min(6);
    let wait = rand::rng().random_range(1..=most);
    tokio::time::sleep(Duration::from_millis(wait)).await;
}
