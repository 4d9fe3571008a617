//! What a region says: text that is longer than its column keeps nothing else from being stored.

use std::sync::Arc;

use serde_json::json;

use crate::support::{Database, World, ids, on_each_database, wait_until};

on_each_database!(a_region_that_says_too_much_is_kept_up_with);

async fn a_region_that_says_too_much_is_kept_up_with(database: Arc<Database>) {
    let world = World::start(&database).await;
    let long = |length: usize| "\u{1f600}".repeat(length);
    let nova = &world.one().nova;
    nova.set_zones(&[long(250).as_str(), "az"]);
    let marker = || json!([uuid::Uuid::new_v4().to_string()]);
    let large = nova.add_server_with("demo", "large", |server| {
        server.hints.insert("cascade_intent".into(), marker());
        server.name = long(300);
        server.description = Some(long(300));
        server.hostname = long(300);
        server.task_state = Some(long(100));
        server.host = Some(long(300));
        server.image = Some(long(60));
        server.key_name = Some(long(300));
        server.config_drive = long(40);
        server.access_ip_v4 = long(100);
        server.access_ip_v6 = long(100);
        server.reservation_id = long(100);
        server.zone = long(300);
        server.tags = vec![long(100), "a\0b".into(), "t".into()];
        server.metadata.insert(long(300), json!(long(300)));
        server.addresses = json!({(long(300)): [{"addr": long(100), "version": 4, "OS-EXT-IPS:type": "fixed"}]});
    });
    // Anyone can give a server of the region's own any hint.
    nova.add_server_with("demo", "foreign", |server| {
        server.hints.insert("cascade_intent".into(), json!([long(300)]));
    });
    let small = nova.add_server_with("demo", "small", |server| {
        server.hints.insert("cascade_intent".into(), marker());
    });
    let demo = world.user("demo", "2.104");
    wait_until("rows of both servers", async || {
        let listed = ids(&demo.get("/servers").await);
        listed.contains(&large) && listed.contains(&small)
    })
    .await;
    nova.fail(&large, &long(70_000));
    world.wait_status(&large, "ERROR").await;
    nova.edit(&large, |server| server.settle("active"));
    nova.edit(&small, |server| server.settle("stopped"));
    world.wait_status(&small, "SHUTOFF").await;
    let shown = world.wait_status(&large, "ACTIVE").await;
    assert_eq!(shown["name"], long(300), "the document is whole");
    let found = demo.get("/servers?tags=t&key_name=%F0%9F%98%80").await;
    assert_eq!(ids(&found), [large]);
    world.synced().await;
    let errors = world.database.texts("SELECT error AS text FROM cursors WHERE error <> ''").await;
    assert!(errors.is_empty(), "{errors:?}");
}
