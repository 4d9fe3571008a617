//! `src/db/schema.rs` against a migrated database of each backend, and `api-ref/README.md` against the route table.

use std::collections::BTreeSet;
use std::sync::Arc;

use nova_cascade::db;

use crate::support::{Database, on_each_database};

on_each_database!(every_column_is_there_and_no_other, migrating_twice_changes_nothing);

/// Table, column, kind, and whether it may be null.
type Column = (String, String, &'static str, bool);

/// What diesel's `table!`s say.
fn declared() -> BTreeSet<Column> {
    let mut columns = BTreeSet::new();
    let mut table = String::new();
    for line in include_str!("../../src/db/schema.rs").lines().map(str::trim) {
        if let Some((name, kind)) = line.trim_end_matches(',').split_once(" -> ") {
            let inner = kind.strip_prefix("Nullable<").map(|inner| inner.trim_end_matches('>'));
            let kind = match inner.unwrap_or(kind) {
                "Text" => "text",
                "BigInt" | "Integer" => "integer",
                "Bool" => "boolean",
                "Double" => "double",
                other => panic!("a type that this test does not know: {other}"),
            };
            columns.insert((table.clone(), name.to_owned(), kind, inner.is_some()));
        } else if let Some((name, _)) = line.split_once(" (").filter(|_| line.ends_with(") {")) {
            name.clone_into(&mut table);
        }
    }
    assert!(columns.len() > 100, "the declarations were not read");
    columns
}

/// What the database has.
async fn migrated(database: &Database) -> BTreeSet<Column> {
    let sql = if database.is_mysql() {
        "SELECT CONCAT_WS(' ', table_name, column_name, column_type, IF(is_nullable = 'YES', 'null', 'not')) AS text \
         FROM information_schema.columns WHERE table_schema = DATABASE()"
    } else {
        "SELECT m.name || ' ' || c.name || ' ' || c.type || ' ' || CASE c.\"notnull\" WHEN 0 THEN 'null' ELSE 'not' \
         END AS text FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'"
    };
    let columns = database.texts(sql).await.into_iter().filter_map(|text| {
        let words: Vec<String> = text.to_lowercase().split(' ').map(str::to_owned).collect();
        let kind = match words[2].split('(').next().unwrap_or_default() {
            "boolean" | "tinyint" => "boolean",
            "varchar" | "text" | "mediumtext" => "text",
            "double" => "double",
            "integer" | "int" | "bigint" => "integer",
            other => other.to_owned().leak(),
        };
        let own = !words[0].starts_with("sqlite_") && words[0] != "__diesel_schema_migrations";
        own.then(|| (words[0].clone(), words[1].clone(), kind, words[3] == "null"))
    });
    columns.collect()
}

async fn every_column_is_there_and_no_other(database: Arc<Database>) {
    db::migrate(&database.open()).await.expect("a schema");
    let (declared, migrated) = (declared(), migrated(&database).await);
    let missing: Vec<&Column> = declared.difference(&migrated).collect();
    let undeclared: Vec<&Column> = migrated.difference(&declared).collect();
    assert!(
        missing.is_empty() && undeclared.is_empty(),
        "not in the database: {missing:?}; not declared: {undeclared:?}"
    );
    let tables: BTreeSet<&String> = declared.iter().map(|(table, ..)| table).collect();
    for table in tables {
        let columns: Vec<String> =
            declared.iter().filter(|(of, ..)| of == table).map(|(_, name, ..)| format!("{table}.{name}")).collect();
        database.execute(&format!("SELECT {} FROM {table}", columns.join(", "))).await;
    }
}

async fn migrating_twice_changes_nothing(database: Arc<Database>) {
    let db = database.open();
    assert!(db::migrate(&db).await.expect("a schema") > 0);
    assert_eq!(db::migrate(&db).await.expect("a schema"), 0);
    assert_eq!(db::migrate(&database.open()).await.expect("a schema"), 0);
}

#[test]
fn the_api_ref_is_the_route_table() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/api-ref/README.md");
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let now = nova_cascade::routes::api_ref();
    assert!(
        text.trim_end() == now,
        "api-ref/README.md is not what the route table says: run \
        `nova-cascade api-ref > api-ref/README.md`"
    );
}
