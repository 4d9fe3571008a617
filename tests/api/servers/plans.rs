//! How the databases read lists: no sort and no scan that grows with the table, or the bound that
//! docs/decisions/0031-plans-of-lists.md states.

use std::sync::Arc;

use nova_cascade::config;
use nova_cascade::db::listing::columns::{self as column, Column};
use nova_cascade::db::listing::{self, Condition, Direction, Order, Page, Tags};
use nova_cascade::db::{self, Db};
use nova_cascade::pattern::Matcher;

use crate::support::{Database, on_each_database};

on_each_database!(
    the_default_order_is_an_index_for_all_projects,
    what_leaves_few_rows_is_found_by_its_index,
    a_project_costs_its_own_rows_in_every_order,
);

/// Rows, a third of a second apart.
const ROWS: usize = 20_000;
const MARKER: &str = "id-109001";

/// Forty projects and users, ten times as many hosts, nearly all servers ACTIVE, a tenth deleted.
async fn filled(database: &Database) -> Db {
    let db = database.open();
    db::migrate(&db).await.expect("a schema");
    let rows = format!(
        "INSERT INTO servers (id, project_id, user_id, name, status, vm_state, task_state, host, flavor_id, flavor_name, \
         image_id, zone, reservation_id, launch_index, created_at, updated_at, deleted, changed_at, seq, settled, \
         hold_until, deleting, documented, charged_instances, charged_cores, charged_ram_mb, boot_request_id, \
         last_request_id, has_user_data, document) \
         WITH RECURSIVE n AS (SELECT 0 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 199) \
         SELECT CONCAT('id-', 100000 + r.i), CONCAT('p', r.i % 40), CONCAT('u', r.i % 40), CONCAT('web-', r.i % 977), \
         'ACTIVE', CASE WHEN r.i % 500 = 0 THEN 'error' ELSE 'active' END, \
         CASE WHEN r.i % 300 = 0 THEN 'rebooting' END, CONCAT('host-', r.i % 400), CONCAT('f', r.i % 5), 'm1', \
         CASE WHEN r.i % 5 > 0 THEN CONCAT('image-', r.i % 7) END, 'z', CONCAT('r-', 10000000 + r.i - r.i % 2), 0, \
         r.i * 333333, r.i * 333333, CASE WHEN r.i % 10 = 9 THEN 1 ELSE 0 END, r.i * 333333, 1, 1, 0, 0, 1, 1, 1, 1, \
         'q', 'q', 0, '{{}}' FROM (SELECT a.i * 100 + b.i AS i FROM n a CROSS JOIN n b WHERE b.i < 100) r \
         WHERE r.i < {ROWS}"
    );
    database.execute(&rows).await;
    let tags = "INSERT INTO server_tags (server_id, tag) SELECT id, 'web' FROM servers WHERE name = 'web-7'";
    database.execute(tags).await;
    // MariaDB counts by itself, some time later.
    if database.is_mysql() {
        database.execute("ANALYZE TABLE servers, server_tags").await;
    }
    db
}

/// What a plan says of the servers that are listed.
#[derive(Debug)]
struct Read {
    index: String,
    /// It begins at the marker.
    seeks: bool,
    sorts: bool,
}

/// `None` where the database finds that there are none.
fn read(plan: &[String]) -> Option<Read> {
    let sorts = plan.iter().any(|line| line.contains("filesort") || line.starts_with("USE TEMP B-TREE FOR"));
    // SQLite
    if let Some(line) = plan.iter().find(|line| line.starts_with("SEARCH s ") || line.starts_with("SCAN s")) {
        let index = line.split("INDEX ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap_or_default();
        return Some(Read {
            index: index.into(),
            seeks: line.contains("created_at<?") || line.contains("created_at>?"),
            sorts,
        });
    }
    // MariaDB: table, access, key, and what else.
    let line = plan.iter().find(|line| line.starts_with("s "))?;
    let words: Vec<&str> = line.split(' ').collect();
    let whole_table = matches!(words[1], "ALL" | "index");
    let index = if whole_table { "" } else { words[2].split(['|', ',']).next().unwrap_or_default() };
    Some(Read { index: index.into(), seeks: words[1].starts_with("range"), sorts })
}

async fn plan(db: &Db, conditions: Vec<Condition>, order: Order, deep: bool) -> (Option<Read>, String) {
    let marker = deep.then(|| MARKER.to_owned());
    let said = format!("{conditions:?} {order:?} {marker:?}");
    let page = Page { conditions, order, marker, limit: 1_000, documents: true };
    let plan = listing::plan(db, &page).await.expect(&said);
    (read(&plan), format!("{said}\n{}", plan.join("\n")))
}

fn by(column: Column, direction: Direction) -> Order {
    Order::new(vec![(column, direction)])
}

fn is(column: Column, value: &str) -> Condition {
    Condition::Is(column, value.into())
}

fn any(column: Column, values: &[&str]) -> Condition {
    Condition::IsAny(column, values.iter().map(|value| (*value).to_owned()).collect())
}

fn reservation() -> Condition {
    let matcher = Matcher::new(&config::Api::default());
    Condition::Matches(column::RESERVATION_ID, matcher.literal("r-10000010").expect("a literal"))
}

/// Filters of one value, and the index that has its rows in order.
fn in_order() -> Vec<(Option<Condition>, &'static str)> {
    vec![
        (None, "servers_by_newest"),
        (Some(is(column::USER_ID, "u3")), "servers_by_user_newest"),
        (Some(any(column::VM_STATE, &["active"])), "servers_by_state_newest"),
        (Some(any(column::VM_STATE, &["error"])), "servers_by_state_newest"),
        (Some(is(column::HOST, "host-3")), "servers_by_host_newest"),
        (Some(is(column::FLAVOR_ID, "f1")), "servers_by_flavor_newest"),
        (Some(is(column::IMAGE_ID, "image-1")), "servers_by_image_newest"),
        (Some(is(column::PROJECT_ID, "p3")), "servers_by_project_newest"),
        (Some(reservation()), "servers_by_reservation_newest"),
    ]
}

async fn the_default_order_is_an_index_for_all_projects(database: Arc<Database>) {
    let db = filled(&database).await;
    for (filter, index) in in_order() {
        for deep in [false, true] {
            let conditions = filter.iter().cloned().chain([Condition::Live(false)]).collect();
            let (read, said) = plan(&db, conditions, by(column::CREATED_AT, Direction::Descending), deep).await;
            let read = read.expect(&said);
            assert_eq!(read.index, index, "{said}");
            assert!(!read.sorts && read.seeks >= deep, "{said}");
        }
    }
    for deep in [false, true] {
        let oldest = by(column::CREATED_AT, Direction::Ascending);
        let (read, said) = plan(&db, vec![Condition::Live(false)], oldest, deep).await;
        let read = read.expect(&said);
        assert!(read.index == "servers_by_oldest" && !read.sorts && read.seeks >= deep, "{said}");
    }
}

/// They are sorted, whatever the order.
async fn what_leaves_few_rows_is_found_by_its_index(database: Arc<Database>) {
    let db = filled(&database).await;
    let live = Condition::Live(false);
    let since = Condition::AtLeast(column::CHANGED_AT, 19_000 * 333_333);
    let tagged = Condition::Tagged(Tags::Any, vec!["web".into()]);
    // The embedded database reads these two in order; its bound is the number of its rows.
    let mut few = vec![
        (vec![is(column::ID, "id-100010"), live.clone()], ["id", "sqlite_autoindex_servers_1"]),
        (vec![since.clone()], ["servers_by_change", "servers_by_change"]),
        (vec![is(column::PROJECT_ID, "p3"), since], ["servers_by_project_change", "servers_by_change"]),
    ];
    if database.is_mysql() {
        let both = Condition::Tagged(Tags::All, vec!["web".into(), "db".into()]);
        few.extend([tagged, both].map(|tagged| (vec![tagged, live.clone()], ["id", "id"])));
        let task = any(column::TASK_STATE, &["rebooting", "reboot_pending"]);
        few.push((vec![any(column::VM_STATE, &["active"]), task, live], ["servers_by_task", "servers_by_task"]));
    }
    for (conditions, indexes) in few {
        for direction in [Direction::Descending, Direction::Ascending] {
            for deep in [false, true] {
                let (read, said) = plan(&db, conditions.clone(), by(column::CREATED_AT, direction), deep).await;
                assert!(read.is_none_or(|read| indexes.contains(&read.index.as_str())), "{said}");
            }
        }
    }
}

/// What `sort_key` may be (`api/servers/query/sort.rs`).
const KEYS: [Column; 30] = [
    column::ACCESS_IP_V4,
    column::ACCESS_IP_V6,
    column::AUTO_DISK_CONFIG,
    column::CHANGED_AT,
    column::CONFIG_DRIVE,
    column::CREATED_AT,
    column::DESCRIPTION,
    column::FLAVOR_ID,
    column::HOST,
    column::HOSTNAME,
    column::ID,
    column::IMAGE_ID,
    column::KERNEL_ID,
    column::KEY_NAME,
    column::LAUNCHED_AT,
    column::LAUNCH_INDEX,
    column::LOCKED,
    column::NAME,
    column::NODE,
    column::POWER_STATE,
    column::PROGRESS,
    column::PROJECT_ID,
    column::RAMDISK_ID,
    column::ROOT_DEVICE_NAME,
    column::TASK_STATE,
    column::TERMINATED_AT,
    column::UPDATED_AT,
    column::USER_ID,
    column::VM_STATE,
    column::ZONE,
];

/// Indexes that lead to rows of one project, or to the few of another filter.
fn leads_to_few(index: &str) -> bool {
    let few = ["project", "user", "host", "reservation", "image", "flavor", "state", "usage", "task", "change"];
    few.iter().any(|of| index.starts_with(&format!("servers_by_{of}")))
        || ["id", "sqlite_autoindex_servers_1"].contains(&index)
}

async fn a_project_costs_its_own_rows_in_every_order(database: Arc<Database>) {
    let db = filled(&database).await;
    for key in KEYS {
        for (filter, _) in in_order() {
            for direction in [Direction::Descending, Direction::Ascending] {
                for deep in [false, true] {
                    let project = is(column::PROJECT_ID, "p3");
                    let conditions = [project, Condition::Live(false)].into_iter().chain(filter.clone()).collect();
                    let (read, said) = plan(&db, conditions, by(key, direction), deep).await;
                    assert!(read.is_none_or(|read| leads_to_few(&read.index)), "{said}");
                }
            }
        }
    }
}
