//! Regular expressions in `SQLite`, which `MariaDB` has by itself.

use std::sync::{Mutex, PoisonError};

use diesel::QueryResult;

use crate::db::pools::AsyncSqlite;

mod sqlite {
    use diesel::sql_types::{Nullable, Text};
    #[diesel::declare_sql_function]
    extern "SQL" {
        /// What `SQLite` calls for `text REGEXP pattern`.
        fn regexp(pattern: Text, text: Nullable<Text>) -> Bool;
    }
}

/// Patterns that a connection keeps compiled: a list has few, and each is asked of every row.
const KEPT: usize = 16;

/// Patterns, compiled where they can be.
#[derive(Default)]
struct Patterns(Vec<(String, Option<regex::Regex>)>);

impl Patterns {
    fn matches(&mut self, pattern: &str, text: &str) -> bool {
        let known = self.0.iter().position(|(known, _)| known == pattern);
        let at = known.unwrap_or_else(|| {
            self.0.truncate(KEPT - 1);
            self.0.insert(0, (pattern.to_owned(), regex::Regex::new(pattern).ok()));
            0
        });
        self.0[at].1.as_ref().is_some_and(|regex| regex.is_match(text))
    }
}

/// Gives a `SQLite` connection the operator that `MariaDB` has by itself; NULL matches nothing.
pub(in crate::db) async fn register_regexp(conn: &mut AsyncSqlite) -> QueryResult<()> {
    let patterns = Mutex::new(Patterns::default());
    conn.spawn_blocking(move |conn| {
        sqlite::regexp_utils::register_impl(conn, move |pattern: String, text: Option<String>| {
            let mut patterns = patterns.lock().unwrap_or_else(PoisonError::into_inner);
            text.is_some_and(|text| patterns.matches(&pattern, &text))
        })
    })
    .await
}
