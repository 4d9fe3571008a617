//! Bringing the schema up to what this binary knows.

use std::time::Duration;

use diesel::backend::Backend;
use diesel_async::{AsyncConnection, AsyncMigrationHarness, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::leases::{self, Lease};
use super::pools::Pools;
use super::{Db, DbError, DbResult};

const SQLITE: EmbeddedMigrations = embed_migrations!("schema/sqlite");
const MYSQL: EmbeddedMigrations = embed_migrations!("schema/mysql");

/// Several processes start at once; one migrates, the others wait and then find nothing to do. It is a row that keeps
/// them apart: a named lock (`GET_LOCK`) is one node's of a Galera cluster.
const LEASE: &str = "migrations";

/// How long the others wait for one that died; it is renewed at each third of it.
const LEASE_S: u64 = 60;

/// How often the others look.
const LOOK: Duration = Duration::from_secs(1);

/// The table of leases, before the first migration has made it: the same statement.
const LEASES: &str = "CREATE TABLE IF NOT EXISTS leases (name VARCHAR(64) NOT NULL PRIMARY KEY, \
    owner VARCHAR(36) NOT NULL, epoch BIGINT NOT NULL, expires_at BIGINT NOT NULL) \
    ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin";

/// Applies the migrations that are not applied yet; returns how many. Needs tokio's multi-thread runtime.
///
/// # Errors
/// [`DbError::Setup`] names the migration that failed.
pub async fn migrate(db: &Db) -> DbResult<usize> {
    match db.pools() {
        Pools::Sqlite { write, .. } => run(acquire!(write), SQLITE),
        Pools::Mysql(pool) => {
            acquire!(pool).batch_execute(LEASES).await?;
            let lease = lease(db).await?;
            let mut renewing = JoinSet::new();
            renewing.spawn(renew(db.clone(), lease.clone()));
            let result = match pool.get().await {
                Ok(conn) => run(conn, MYSQL),
                Err(error) => Err(DbError::Unreachable(error.to_string())),
            };
            renewing.shutdown().await;
            // It ends by itself otherwise.
            if let Err(error) = leases::remove(db, &lease).await {
                tracing::warn!("the lease of the migrations was not given back: {error}");
            }
            result
        }
    }
}

/// Waits for it as long as another process renews it: there is nothing to do without the schema.
async fn lease(db: &Db) -> DbResult<Lease> {
    let owner = Uuid::new_v4().to_string();
    let mut waits = false;
    loop {
        match leases::hold(db, LEASE, &owner, LEASE_S, false).await {
            Ok(Some(lease)) => return Ok(lease),
            Err(error) if !error.is_conflict() => return Err(error),
            Ok(None) | Err(_) => {}
        }
        if !waits {
            tracing::info!("another process migrates the database, or died while it did; waiting for it");
        }
        waits = true;
        tokio::time::sleep(LOOK).await;
    }
}

/// Until it is aborted.
async fn renew(db: Db, lease: Lease) {
    loop {
        tokio::time::sleep(Duration::from_secs(LEASE_S / 3)).await;
        match leases::hold(&db, LEASE, &lease.owner, LEASE_S, false).await {
            Ok(Some(held)) if held.epoch == lease.epoch => {}
            // Every statement of a migration can run again, so that two at once do no harm but that one of them fails.
            Ok(_) => tracing::warn!("the lease of the migrations was lost to another process"),
            Err(error) => tracing::warn!("the lease of the migrations was not renewed: {error}"),
        }
    }
}

fn run<C>(conn: C, migrations: EmbeddedMigrations) -> DbResult<usize>
where
    C: AsyncConnection + 'static,
    C::Backend: Backend,
    AsyncMigrationHarness<C>: MigrationHarness<C::Backend>,
{
    let mut harness = AsyncMigrationHarness::new(conn);
    let applied = harness.run_pending_migrations(migrations).map(|versions| versions.len());
    applied.map_err(|e| DbError::Setup(format!("migration failed: {e}")))
}
