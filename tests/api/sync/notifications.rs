//! A broker that is of no use holds nothing up: the sync polls as without one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use nova_cascade::config::Notifications;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use crate::sim::SimCloud;
use crate::support::{Database, World, on_each_database, wait_until};

on_each_database!(brokers_of_no_use_hold_nothing_up);

const REGIONS: [&str; 3] = ["RegionOne", "RegionTwo", "RegionThree"];

/// Takes every connection, says this, and keeps it; its URL and how many there were.
async fn broker(says: &'static [u8]) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("amqp://nova:secret@{}/nova", listener.local_addr().expect("an address"));
    let met = Arc::new(AtomicUsize::new(0));
    let count = met.clone();
    tokio::spawn(async move {
        let mut kept = Vec::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::Relaxed);
            let _ = stream.write_all(says).await;
            kept.push(stream);
        }
    });
    (url, met)
}

async fn brokers_of_no_use_hold_nothing_up(database: Arc<Database>) {
    let (mute, met_mute) = broker(b"").await;
    let (nonsense, met_nonsense) = broker(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    // Nobody listens there.
    let closed = "amqp://nova:secret@127.0.0.1:1/nova".to_owned();
    let entry = |(region, url): (&str, String)| {
        let (region, url) = (region.to_owned(), url.into());
        Notifications { region, url, connect_timeout_ms: 200, ..Notifications::default() }
    };
    let entries = REGIONS.into_iter().zip([mute, nonsense, closed]).map(entry).collect();
    let cloud = SimCloud::start(&REGIONS).await;
    let world = World::over(cloud, &database, |config| config.notifications = entries).await;
    wait_until("another attempt at each", async || {
        [&met_mute, &met_nonsense].iter().all(|met| met.load(Ordering::Relaxed) >= 2)
    })
    .await;
    for region in REGIONS {
        let id = world.boot(region, "before").await;
        let below = world.below(world.cloud.region(region), "demo", "2.1");
        let renamed = below.put(&format!("/servers/{id}"), json!({"server": {"name": "after"}})).await;
        assert_eq!(renamed.status, 200);
        wait_until("the new name on top", async || world.show(&id).await["name"] == "after").await;
    }
    world.top.stop().await;
}
