//! How the database would read a page.

use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};

use super::{Page, rows};
use crate::db::{Db, DbResult};

/// A step of `SQLite`'s.
#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// A table in the order in which `MariaDB` reads them.
#[derive(QueryableByName)]
struct Table {
    #[diesel(sql_type = Nullable<Text>, column_name = "table")]
    name: Option<String>,
    #[diesel(sql_type = Nullable<Text>, column_name = "type")]
    access: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    key: Option<String>,
    #[diesel(sql_type = Nullable<Text>, column_name = "Extra")]
    extra: Option<String>,
}

/// The steps of a page's statement in the database's words, a line each; nothing is read.
pub async fn plan(db: &Db, page: &Page) -> DbResult<Vec<String>> {
    let mut statement = page.statement(db);
    if db.is_embedded() {
        statement.sql.insert_str(0, "EXPLAIN QUERY PLAN ");
        let steps: Vec<Step> = rows(db, statement).await?;
        return Ok(steps.into_iter().map(|step| step.detail).collect());
    }
    statement.sql = statement.sql.replacen("SELECT ", "EXPLAIN SELECT ", 1);
    let tables: Vec<Table> = rows(db, statement).await?;
    let line = |table: Table| {
        let words = [table.name, table.access, table.key, table.extra];
        words.map(|word| word.unwrap_or_else(|| "-".into())).join(" ")
    };
    Ok(tables.into_iter().map(line).collect())
}
