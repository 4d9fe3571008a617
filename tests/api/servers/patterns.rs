//! Regular expressions in the filters of a list: the same on both databases, and bounded whatever they are.

use std::sync::Arc;

use diesel_async::{AsyncConnection, AsyncMysqlConnection, SimpleAsyncConnection};
use futures_util::future::join_all;
use serde_json::json;

use crate::sim::Answer;
use crate::support::{DEADLINE, Database, World, names, on_each_database, refused, sorted, wait_until};

on_each_database!(
    expressions_find_the_same_on_both_databases,
    endless_expressions_hold_nobody_up,
    expressions_are_bounded,
    pages_go_on_where_the_last_one_ended,
    a_list_does_not_take_longer_than_it_may,
);

/// Rows of these names, without a boot.
async fn populate(world: &World, servers: &[&str]) {
    for name in servers {
        world.one().nova.add_server_with("demo", name, |server| {
            server.hints.insert("cascade_intent".into(), json!([uuid::Uuid::new_v4().to_string()]));
        });
    }
    let rows = "SELECT id AS text FROM servers";
    wait_until("rows of all servers", async || world.database.texts(rows).await.len() >= servers.len()).await;
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// An expression, and what it finds of [`NAMES`].
const FOUND: [(&str, &str); 18] = [
    ("web", "WEB-2 web-1"),
    ("^web-[0-9]$", "WEB-2 web-1"),
    ("^eb", ""),
    ("b-", "WEB-2 web-1"),
    ("a_b", "a_b"),
    ("a%b", "a%b"),
    ("a.b", r"a%b a\b a_b axb a|b"),
    ("a|b", "a|b"),
    (r"a\\b", r"a\b"),
    ("É", "É2 é1"),
    (r"^\w\d$", "É2 é1"),
    // A sign and a letter that are k and s without regard to case.
    ("KELVIN", "\u{212a}elvin"),
    ("store", "\u{17f}tore"),
    ("^.tore$", "\u{17f}tore"),
    ("(q+)+$", ""),
    ("\u{1f600}", ""),
    ("x{2}", ""),
    ("web-1", "web-1"),
];

const NAMES: [&str; 10] = ["web-1", "WEB-2", "a_b", "a%b", "axb", "a|b", r"a\b", "é1", "É2", "\u{212a}elvin"];

async fn expressions_find_the_same_on_both_databases(database: Arc<Database>) {
    let world = World::start(&database).await;
    populate(&world, &[&NAMES[..], &["\u{17f}tore"]].concat()).await;
    for (pattern, expected) in FOUND {
        let found = names(&world.demo().get(&format!("/servers?name={}", encoded(pattern))).await);
        assert_eq!(sorted(found).join(" "), expected, "{pattern}");
    }
    // What is no text is searched for as its text.
    let admin = world.user("admin", "2.83");
    for (query, expected) in
        [("launch_index=%5E0%24", 11), ("power_state=%5E%5B14%5D", 11), ("created_at=%5E20..-", 11)]
    {
        let found = names(&admin.get(&format!("/servers?all_tenants=1&{query}")).await);
        assert_eq!(found.len(), expected, "{query}");
    }
}

/// On MariaDB each row once cost a third of a second of a connection.
async fn endless_expressions_hold_nobody_up(database: Arc<Database>) {
    let world = World::start(&database).await;
    let slow: Vec<String> = (0..60).map(|number| format!("{}{number}!", "a".repeat(40))).collect();
    populate(&world, &slow.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let demo = world.demo();
    let lists = join_all((0..8).map(|_| demo.get("/servers?name=%28a%2B%29%2B%24")));
    let ordinary = async {
        let mut answers = Vec::new();
        for _ in 0..5 {
            answers.push(demo.get("/servers?name=a&limit=1").await);
        }
        answers
    };
    let (lists, ordinary) = tokio::join!(lists, ordinary);
    for answer in &lists {
        assert!(names(answer).is_empty());
    }
    for answer in &ordinary {
        assert_eq!(names(answer).len(), 1);
    }
}

async fn expressions_are_bounded(database: Arc<Database>) {
    let mut world = World::with(&database, |config| config.api.pattern_time_max_ms = 0).await;
    populate(&world, &["web-1"]).await;
    let demo = world.user("demo", "2.102");
    let too_long = |answer: &Answer| {
        let message = refused(answer, 400);
        assert!(message.contains("take too long"), "{message}");
    };
    for path in ["/servers?name=%5Eweb", "/servers/detail?name=%5Eweb", "/flavors?name=%5Em1"] {
        too_long(&demo.get(path).await);
    }
    assert_eq!(names(&demo.get("/servers?name=web").await), ["web-1"], "plain text takes no time");
    world.restart(|_| {}).await;
    let demo = world.user("demo", "2.102");
    let large = encoded("((a{100}){100}){100}");
    for path in ["/servers?name=", "/servers?tags=", "/flavors?name="] {
        let message = refused(&demo.get(&format!("{path}{large}")).await, 400);
        assert!(message.contains("bytes when compiled"), "{message}");
    }
    let admin = world.user("admin", "2.1");
    let message = refused(&admin.get("/servers?launch_index=%5B").await, 400);
    assert!(message.ends_with("'[' is not a 'regex'"), "{message}");
}

async fn pages_go_on_where_the_last_one_ended(database: Arc<Database>) {
    let world = World::start(&database).await;
    // More than are looked through at once.
    world.populate(world.one(), 1_030).await;
    let demo = world.demo();
    let wanted = sorted((1_000..1_030).map(|number| format!("idle-{number}")));
    let pattern = "name=%5Eidle-10%5B0-9%5D%7B2%7D%24";
    assert_eq!(sorted(names(&demo.get(&format!("/servers?{pattern}")).await)), wanted);
    assert_eq!(sorted(names(&demo.get("/servers?name=idle-10").await)).len(), 30 + 11, "idle-10 and idle-100 too");
    let (mut found, mut marker) = (Vec::new(), String::new());
    loop {
        let answer = demo.get(&format!("/servers?{pattern}&limit=7{marker}")).await;
        let page = names(&answer);
        let Some(last) = answer.json()["servers"].as_array().and_then(|servers| servers.last()).cloned() else { break };
        found.extend(page);
        assert!(found.len() <= wanted.len(), "a page is repeated");
        marker = format!("&marker={}", last["id"].as_str().expect("an id"));
    }
    assert_eq!(sorted(found), wanted);
}

/// MariaDB ends the statement; SQLite's has nothing to wait for.
async fn a_list_does_not_take_longer_than_it_may(database: Arc<Database>) {
    let mut world = World::with(&database, |config| config.database.statement_timeout_ms = 300).await;
    if database.is_mysql() {
        let mut other = AsyncMysqlConnection::establish(database.url()).await.expect("a connection");
        other.batch_execute("LOCK TABLES servers WRITE").await.expect("a lock");
        for query in ["", "?name=web", "?name=%5Eweb"] {
            let demo = world.demo();
            let path = format!("/servers{query}");
            let asked = tokio::time::timeout(DEADLINE, demo.get(&path));
            let message = refused(&asked.await.expect("an answer"), 503);
            assert!(message.starts_with("The list takes too long"), "{message}");
        }
        other.batch_execute("UNLOCK TABLES").await.expect("no lock");
    }
    world.restart(|config| config.database.statement_timeout_ms = 0).await;
    let message = refused(&world.demo().get("/servers?name=%5Eweb").await, 503);
    assert!(message.starts_with("The list takes too long"), "{message}");
}
