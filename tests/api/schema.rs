//! `src/db/schema.rs` against a migrated database of each backend, and `api-ref/README.md` against the route table.

use std::collections::BTreeSet;
use std::sync::Arc;

use nova_cascade::db;

use crate::support::{Backend, Database, on_each_database, run};

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

/// On MariaDB alone: a file has one process.
mod alone {
    mod mysql {
        use super::super::{Backend, one_process_migrates_at_a_time, processes_that_start_at_once_migrate_once, run};

        #[test]
        fn one_at_a_time() {
            run(Backend::Mysql, one_process_migrates_at_a_time);
        }

        #[test]
        fn at_once() {
            run(Backend::Mysql, processes_that_start_at_once_migrate_once);
        }
    }
}

/// As seen from another node of a cluster, which shares rows and no named locks.
async fn one_process_migrates_at_a_time(database: Arc<Database>) {
    let now = "CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED)";
    let first = include_str!("../../schema/mysql/00000000000001_first/up.sql");
    let leases = first.split("CREATE TABLE").find(|statement| statement.starts_with(" IF NOT EXISTS leases "));
    database.execute(&format!("CREATE TABLE{}", leases.expect("a statement"))).await;
    let another = "INSERT INTO leases (name, owner, epoch, expires_at) VALUES ('migrations', 'another', 1,";
    database.execute(&format!("{another} {now} + 2000000)")).await;
    let ends_at = database.texts("SELECT CAST(expires_at AS CHAR) AS text FROM leases").await.remove(0);
    assert!(db::migrate(&database.open()).await.expect("a schema") > 0);
    let waited = database.texts(&format!("SELECT CAST({now} >= {ends_at} AS CHAR) AS text")).await;
    assert_eq!(waited, ["1"], "the other's lease had not ended");
    assert!(database.texts("SELECT owner AS text FROM leases").await.is_empty(), "the lease was given back");
}

async fn processes_that_start_at_once_migrate_once(database: Arc<Database>) {
    let processes: Vec<_> = (0..3).map(|_| database.open()).collect();
    let migrating = processes.iter().map(|db| {
        let db = db.clone();
        tokio::spawn(async move { db::migrate(&db).await })
    });
    let mut applied = Vec::new();
    for process in migrating.collect::<Vec<_>>() {
        applied.push(process.await.expect("an end").expect("a schema"));
    }
    applied.sort_unstable();
    assert!(applied[2] > 0 && applied[..2] == [0, 0], "{applied:?}");
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
