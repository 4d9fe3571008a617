//! What transactions do with sums and limits; to be used inside [`writing!`].

/// The limits of a user in a project, as of this transaction.
macro_rules! limits {
    ($conn:ident, $defaults:expr, $project_id:expr, $user_id:expr) => {{
        use $crate::db::schema::{quota_classes, quota_limits};
        let class = quota_classes::table.filter(quota_classes::name.eq("default"));
        let mut rows: Vec<(String, i64)> =
            class.select((quota_classes::resource, quota_classes::hard_limit)).load($conn).await?;
        // '' sorts first: the project's before the user's.
        let own = quota_limits::table
            .filter(quota_limits::project_id.eq($project_id))
            .filter(quota_limits::user_id.eq_any(["", $user_id]))
            .order(quota_limits::user_id)
            .select((quota_limits::resource, quota_limits::hard_limit));
        rows.extend(own.load::<(String, i64)>($conn).await?);
        $crate::db::quota::Limits::new($defaults, &rows)
    }};
}

/// Locks the sums of `resources` of an account until the end of the transaction, and tells what still fits. To come
/// before every other read of the transaction: what was read before may be older than the sums.
macro_rules! headroom {
    ($conn:ident, $defaults:expr, $account:expr, $resources:expr) => {{
        use $crate::db::schema::quota_usage;
        let account: $crate::db::quota::Account<'_> = $account;
        let mut headroom = $crate::db::quota::Headroom::default();
        for resource in $resources {
            for (project_id, user_id) in account.sums() {
                // The update comes first: of a row that is there an insert takes but a shared lock, and two that then want
                // to write are in each other's way.
                let row = quota_usage::table.find((project_id, user_id, resource));
                let locks = diesel::update(row).set(quota_usage::in_use.eq(quota_usage::in_use + 0));
                if locks.execute($conn).await? == 0 {
                    let fresh = (
                        quota_usage::project_id.eq(project_id),
                        quota_usage::user_id.eq(user_id),
                        quota_usage::resource.eq(resource),
                        quota_usage::in_use.eq(0),
                    );
                    diesel::insert_or_ignore_into(quota_usage::table).values(fresh).execute($conn).await?;
                }
            }
        }
        let limits = [
            limits!($conn, $defaults, account.project_id, ""),
            limits!($conn, $defaults, account.project_id, account.user_id),
        ];
        for resource in $resources {
            for (project_id, user_id) in account.sums() {
                let row = quota_usage::table.find((project_id, user_id, resource)).select(quota_usage::in_use);
                let in_use = row.first::<i64>($conn).await?;
                headroom.add(resource, in_use, limits[usize::from(!user_id.is_empty())].get(resource));
            }
        }
        headroom
    }};
}

/// Moves the sums of an account by these amounts, whatever the limits say.
macro_rules! charge {
    ($conn:ident, $account:expr, $amounts:expr) => {{
        use $crate::db::schema::quota_usage;
        let account: $crate::db::quota::Account<'_> = $account;
        for (resource, amount) in $amounts {
            if amount == 0 {
                continue;
            }
            for (project_id, user_id) in account.sums() {
                let row = quota_usage::table.find((project_id, user_id, resource));
                let moved = diesel::update(row).set(quota_usage::in_use.eq(quota_usage::in_use + amount));
                if moved.execute($conn).await? == 0 {
                    let fresh = (
                        quota_usage::project_id.eq(project_id),
                        quota_usage::user_id.eq(user_id),
                        quota_usage::resource.eq(resource),
                        quota_usage::in_use.eq(amount),
                    );
                    diesel::insert_into(quota_usage::table).values(fresh).execute($conn).await?;
                }
            }
        }
    }};
}
