//! How a query gets its connection: two macros, so that its body is written once for all backends.

/// A connection of a pool, within `database.acquire_timeout_ms`.
macro_rules! acquire {
    ($pool:expr) => {
        $pool.get().await.map_err(|e| $crate::db::DbError::Unreachable(e.to_string()))?
    };
}

/// `reading!(db, |conn| query.load(conn).await?)`: evaluates the expression with a reading connection.
macro_rules! reading {
    ($db:expr, |$conn:ident| $body:expr) => {
        match $db.pools() {
            $crate::db::pools::Pools::Sqlite { read, .. } => {
                let mut held = acquire!(read);
                let $conn = &mut *held;
                $body
            }
            $crate::db::pools::Pools::Mysql(pool) => {
                let mut held = acquire!(pool);
                let $conn = &mut *held;
                $body
            }
        }
    };
}

/// `writing!(db, "name", |conn| { …; Ok(value) })`: one transaction, run again (with jitter, at most
/// `database.attempts_max` times) when it lost against another. The body must not have effects of its own. Dropped
/// half-way, it is rolled back at once.
macro_rules! writing {
    ($db:expr, $name:literal, |$conn:ident| $body:expr) => {{
        let mut attempt = 1u32;
        loop {
            let result: $crate::db::DbResult<_> = match $db.pools() {
                $crate::db::pools::Pools::Sqlite { write, .. } => {
                    let mut held = $crate::db::exclusive::Exclusive::new(acquire!(write));
                    let result = held.immediate_transaction(async |$conn| $body).await;
                    held.release();
                    result
                }
                $crate::db::pools::Pools::Mysql(pool) => {
                    let mut held = $crate::db::exclusive::Exclusive::new(acquire!(pool));
                    #[expect(clippy::disallowed_methods, reason = "this is the wrapper that retries")]
                    let result = diesel_async::AsyncConnection::transaction(&mut *held, async |$conn| $body).await;
                    held.release();
                    result
                }
            };
            match result {
                Err(error) if error.is_conflict() && attempt < $db.attempts_max() => {
                    metrics::counter!("cascade_db_conflicts_total", "transaction" => $name).increment(1);
                    $crate::db::pools::back_off(attempt).await;
                    attempt += 1;
                }
                other => {
                    if other.is_ok() {
                        tracing::trace!(target: "nova_cascade::db::committed", transaction = $name);
                    }
                    break other;
                }
            }
        }
    }};
}

/// Inside [`writing!`]: the next value of a region's counter (invariant 7); also serialises stores of that region.
macro_rules! next_seq {
    ($conn:ident, $region_id:expr) => {{
        use $crate::db::schema::regions;
        let region = regions::table.filter(regions::id.eq($region_id));
        diesel::update(region).set(regions::seq.eq(regions::seq + 1)).execute($conn).await?;
        regions::table.filter(regions::id.eq($region_id)).select(regions::seq).first::<i64>($conn).await?
    }};
}

/// Inside [`writing!`]: fails unless the lease is still held at this epoch, so that two processes never both write. The
/// row is written, not read alone: whoever takes the lease waits for this transaction, or conflicts with it.
macro_rules! require_lease {
    ($conn:ident, $lease:expr) => {{
        use $crate::db::schema::leases;
        let held = leases::table
            .filter(leases::name.eq(&$lease.name))
            .filter(leases::owner.eq(&$lease.owner))
            .filter(leases::epoch.eq($lease.epoch))
            .filter(leases::expires_at.gt($conn.now().await?));
        let touched = leases::expires_at.eq(leases::expires_at + 1);
        if diesel::update(held).set(touched).execute($conn).await? == 0 {
            return Err($crate::db::DbError::LeaseLost($lease.name.clone()));
        }
    }};
}
