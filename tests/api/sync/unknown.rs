//! A cell that is down (minimal records, 2.69), and a region that is.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::sim::{Fault, Kind, Service};
use crate::support::{Database, World, ids, on_each_database, wait_until};

on_each_database!(
    a_minimal_record_marks_the_row_and_keeps_its_document,
    a_region_that_is_down_is_shown_so_under_filters_and_paging,
);

async fn a_minimal_record_marks_the_row_and_keeps_its_document(database: Arc<Database>) {
    let world = World::start(&database).await;
    let made = world.populate(world.one(), 5).await;
    let region_id = world.region_id("RegionOne");
    let documents = "SELECT document AS text FROM servers ORDER BY id";
    let path = |id: &str| format!("/servers/{id}");
    let (old, new) = (world.user("admin", "2.68"), world.user("admin", "2.69"));
    world.top.app.sync.touch(&region_id, made.clone());
    let settled = "SELECT id AS text FROM servers WHERE settled AND documented AND unknown = FALSE";
    world.rounds(world.one(), 3).await;
    wait_until("settled", async || database.texts(settled).await.len() == 5).await;
    let stored = database.texts(documents).await;
    let before = new.get(&path(&made[0])).await.json();
    world.one().faults.push(Fault::new(Kind::DownCell(1.0)).on(Service::Nova));
    world.top.app.sync.touch(&region_id, made.clone());
    wait_until("UNKNOWN", async || {
        let list = new.get("/servers/detail?all_tenants=1&limit=3&status=ACTIVE").await.json();
        let servers = list["servers"].as_array().cloned().unwrap_or_default();
        servers.len() == 3 && servers.iter().all(|server| server["status"] == "UNKNOWN")
    })
    .await;
    let mut known = before.clone();
    let changed =
        [("status", json!("UNKNOWN")), ("OS-EXT-STS:power_state", json!(0)), ("OS-EXT-STS:task_state", Value::Null)];
    for (key, value) in changed {
        known["server"][key] = value;
    }
    assert_eq!(new.get(&path(&made[0])).await.json(), known);
    assert_eq!(old.get(&path(&made[0])).await.json()["server"]["status"], "ACTIVE");
    world.rounds(world.one(), 5).await;
    assert_eq!(database.texts(documents).await, stored);
    assert_eq!(world.live(world.one()).await, made);
    world.one().faults.clear();
    for id in &made {
        wait_until("ACTIVE", async || new.get(&path(id)).await.json()["server"]["status"] == "ACTIVE").await;
    }
    assert_eq!(new.get(&path(&made[0])).await.json(), before);
    assert_eq!(database.texts(documents).await, stored);
}

async fn a_region_that_is_down_is_shown_so_under_filters_and_paging(database: Arc<Database>) {
    let world = World::with(&database, |config| config.region.unknown_after_s = 1).await;
    let mut made = vec![world.boot("RegionOne", "web").await];
    made.push(world.boot("RegionTwo", "web").await);
    made.push(world.boot("RegionTwo", "web").await);
    let statuses = async |version: &str, query: &str| {
        let answer = world.user("demo", version).get(&format!("/servers/detail?{query}")).await;
        let servers = answer.json()["servers"].as_array().cloned().unwrap_or_default();
        let mut statuses: Vec<String> =
            servers.iter().map(|server| server["status"].as_str().unwrap_or_default().to_owned()).collect();
        statuses.sort();
        (statuses, answer.header("x-cascade-stale").map(str::to_owned))
    };
    world.two().down().await;
    for query in ["", "status=ACTIVE", "name=web", "vm_state=active", "sort_key=display_name&sort_dir=asc"] {
        wait_until(query, async || statuses("2.69", query).await.0 == ["ACTIVE", "UNKNOWN", "UNKNOWN"]).await;
        wait_until(query, async || {
            let (old, stale) = statuses("2.68", query).await;
            old == ["ACTIVE"; 3] && stale.is_some_and(|stale| stale.starts_with("RegionTwo;age="))
        })
        .await;
    }
    // Page by page, every server once.
    let (mut seen, mut marker) = (Vec::new(), String::new());
    loop {
        let page = world.user("demo", "2.69").get(&format!("/servers?limit=1&status=ACTIVE{marker}")).await;
        let Some(id) = ids(&page).pop() else { break };
        marker = format!("&marker={id}");
        seen.push(id);
    }
    seen.sort();
    made.sort();
    assert_eq!(seen, made);
    world.two().up();
    wait_until("back", async || statuses("2.69", "").await == (vec!["ACTIVE".to_owned(); 3], None)).await;
}
