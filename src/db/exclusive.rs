//! A connection while a transaction has it: one that is given up half-way is closed.

use std::ops::{Deref, DerefMut};

use deadpool::managed::{Manager, Object};

/// A pool's connection that goes back to it by [`release`](Self::release) alone. Dropped before, as when a client goes
/// away or a deadline passes inside a transaction, it is closed, so that the database rolls back and lets its locks go;
/// a pool would keep it, locks and all, until somebody took it out.
pub struct Exclusive<M: Manager>(Option<Object<M>>);

impl<M: Manager> Exclusive<M> {
    /// Of a connection just taken.
    pub fn new(held: Object<M>) -> Self {
        Self(Some(held))
    }

    /// The transaction is over, one way or the other.
    pub fn release(mut self) {
        drop(self.0.take());
    }
}

impl<M: Manager> Drop for Exclusive<M> {
    fn drop(&mut self) {
        drop(self.0.take().map(Object::take));
    }
}

impl<M: Manager> Deref for Exclusive<M> {
    type Target = M::Type;

    #[expect(clippy::expect_used, reason = "empty only in `release` and `drop`, which own it")]
    fn deref(&self) -> &M::Type {
        self.0.as_ref().expect("a connection")
    }
}

impl<M: Manager> DerefMut for Exclusive<M> {
    #[expect(clippy::expect_used, reason = "empty only in `release` and `drop`, which own it")]
    fn deref_mut(&mut self) -> &mut M::Type {
        self.0.as_mut().expect("a connection")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use secrecy::SecretString;

    use crate::config;
    use crate::db::{Db, DbResult};

    fn open(directory: &tempfile::TempDir) -> Db {
        let url = format!("sqlite://{}", directory.path().join("db").display());
        let settings =
            config::Database { url: SecretString::from(url), attempts_max: 1, ..config::Database::default() };
        Db::open(&settings).expect("a database")
    }

    async fn touch(db: &Db, hang: bool) -> DbResult<()> {
        use crate::db::schema::regions;
        use diesel::prelude::*;
        use diesel_async::RunQueryDsl;

        writing!(db, "touch", |conn| {
            diesel::update(regions::table).set(regions::seq.eq(regions::seq + 1)).execute(conn).await?;
            if hang {
                std::future::pending::<()>().await;
            }
            Ok(())
        })
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_transaction_that_is_given_up_lets_its_locks_go() {
        let directory = tempfile::tempdir().expect("a directory");
        let (db, other) = (open(&directory), open(&directory));
        crate::db::migrate(&db).await.expect("a schema");
        let given_up = tokio::time::timeout(Duration::from_millis(200), touch(&db, true)).await;
        assert!(given_up.is_err());
        touch(&other, false).await.expect("nobody holds a lock");
        touch(&db, false).await.expect("a connection");
    }
}
