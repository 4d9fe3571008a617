//! Bringing the schema up to what this binary knows.

use diesel::backend::Backend;
use diesel_async::{AsyncConnection, AsyncMigrationHarness, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::pools::Pools;
use super::{Db, DbError, DbResult};

const SQLITE: EmbeddedMigrations = embed_migrations!("schema/sqlite");
const MYSQL: EmbeddedMigrations = embed_migrations!("schema/mysql");

/// Applies the migrations that are not applied yet; returns how many. Needs tokio's multi-thread runtime.
///
/// # Errors
/// [`DbError::Setup`] names the migration that failed.
pub async fn migrate(db: &Db) -> DbResult<usize> {
    match db.pools() {
        Pools::Sqlite { write, .. } => run(acquire!(write), SQLITE),
        Pools::Mysql(pool) => {
            // Several processes start at once; one migrates, the others wait and then find nothing to do.
            let mut holder = acquire!(pool);
            holder.batch_execute("DO GET_LOCK(CONCAT('nova-cascade.', MD5(DATABASE())), 300)").await?;
            let result = run(acquire!(pool), MYSQL);
            holder.batch_execute("DO RELEASE_LOCK(CONCAT('nova-cascade.', MD5(DATABASE())))").await?;
            result
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
