//! What must hold in the end, whatever went wrong.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;

use crate::support::{DEADLINE, World, ids, wait_for};

/// Waits until nothing is under way any more.
pub async fn quiet(world: &World) {
    let deadline = Instant::now() + DEADLINE;
    for table in ["intents", "removals", "placings"] {
        while !world.database.texts(&format!("SELECT 'open' AS text FROM {table}")).await.is_empty() {
            assert!(Instant::now() < deadline, "{table} stay open: {:#?}", rows(world).await);
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }
    world.synced().await;
}

/// What the rows say, for whoever reads a failure.
async fn rows(world: &World) -> Vec<String> {
    let tables = [
        (
            "servers",
            "id region_id local_id status task_state launched_at host settled documented deleting deleted changed_at",
        ),
        ("intents", "id server_id region_id phase owner created_at updated_at"),
        ("placings", "server_id owner begun_at touched_at"),
        ("removals", "local_id region_id reason created_at"),
        ("server_mappings", "server_id local_id region_id intent_id"),
    ];
    let mut told = vec![format!("served by {}", world.top.app.process_id)];
    for (table, columns) in tables {
        let columns: Vec<String> =
            columns.split(' ').map(|column| format!("'{column}=', COALESCE(CAST({column} AS CHAR), '-')")).collect();
        let sql = format!("SELECT CONCAT_WS(' ', {}) AS text FROM {table}", columns.join(", "));
        told.extend(world.database.texts(&sql).await.into_iter().map(|row| format!("{table}: {row}")));
    }
    told.extend(world.cloud.regions().map(|region| format!("{} has {:?}", region.name, region.nova.ids())));
    told
}

/// Every accepted server is shown exactly once, every server below is shown, no project is above its quota, no port is
/// orphaned; and all of it can be deleted again.
pub async fn nothing_is_lost(world: &World, what: &str, accepted: Option<&str>) {
    let demo = world.demo();
    let listed = wait_for(&format!("{what}: the same servers on top and below"), async || {
        let listed = ids(&demo.get("/servers").await);
        let below: BTreeSet<String> = world.cloud.regions().flat_map(|region| region.nova.ids()).collect();
        let mapped = "SELECT m.local_id AS text FROM server_mappings m JOIN servers s ON s.id = m.server_id AND \
                      s.region_id = m.region_id AND s.local_id = m.local_id WHERE NOT s.deleted";
        let mapped: BTreeSet<String> = world.database.texts(mapped).await.into_iter().collect();
        (below == mapped).then_some(listed)
    })
    .await;
    assert!(listed.len() <= 1, "{what}: doubled: {listed:?}");
    if let Some(id) = accepted {
        assert_eq!(listed, [id], "{what}: lost");
    }
    // The quota is one server: what is charged is what is there.
    assert_eq!(sums(world).await, listed.len().to_string(), "{what}: charged");
    for region in world.cloud.regions() {
        let live: BTreeSet<String> = region.nova.ids().into_iter().collect();
        for port in region.neutron.ports() {
            assert!(port.device_id.is_empty() || live.contains(&port.device_id), "{what}: an orphan: {port:?}");
        }
    }
    for id in listed {
        let shown = world.show(&id).await;
        assert!(["ACTIVE", "ERROR"].contains(&shown["status"].as_str().unwrap_or_default()), "{what}: {shown}");
        assert_eq!(demo.delete(&format!("/servers/{id}")).await.status, 204, "{what}");
        world.wait_gone(&id).await;
    }
    quiet(world).await;
    assert!(world.cloud.regions().all(|region| region.nova.ids().is_empty()), "{what}: left below");
    assert_eq!(sums(world).await, "0", "{what}: charged in the end");
}

async fn sums(world: &World) -> String {
    let sums = "SELECT CAST(COALESCE(SUM(in_use), 0) AS CHAR) AS text FROM quota_usage \
                WHERE user_id = '' AND resource = 'instances'";
    world.database.texts(sums).await.concat()
}
