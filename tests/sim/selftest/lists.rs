//! Lists of servers: order, pages, filters, size.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{nova, one_region};
use crate::sim::{Client, Service};

fn ids(answer: &crate::sim::Answer) -> Vec<String> {
    let servers = answer.json()["servers"].as_array().cloned().unwrap_or_default();
    servers.iter().map(|server| server["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn pages_follow_one_another() {
    let cloud = one_region().await;
    let region = cloud.region("RegionOne");
    let mut made = region.nova.add_servers(4);
    made.iter().zip(1..).for_each(|(id, second)| region.nova.edit_quietly(id, |server| server.created = second));
    made.reverse();
    let demo = nova(&cloud, "demo", "2.1");
    let first = demo.get("/servers?limit=2").await;
    assert_eq!(ids(&first), made[..2]);
    let next = first.json()["servers_links"][0]["href"].as_str().unwrap().to_owned();
    let second = Client::new(next).token(&cloud.token("demo")).get("").await;
    assert_eq!(ids(&second), made[2..]);
    // The last page is full, so it has a link all the same.
    assert!(second.json()["servers_links"].is_array());
    assert!(demo.get("/servers?limit=9").await.json().get("servers_links").is_none());
    assert_eq!(demo.get("/servers?limit=0").await.json(), json!({"servers": []}));
    let unknown = demo.get("/servers?marker=x").await.json();
    assert_eq!(unknown["badRequest"]["message"], "marker [x] not found");
    let sorted = demo.get("/servers?sort_key=display_name&sort_dir=asc&limit=1").await;
    assert_eq!(ids(&sorted), made[3..]);
}

#[tokio::test]
async fn filters_narrow_and_tenants_stay_apart() {
    let cloud = one_region().await;
    let region = cloud.region("RegionOne");
    let (web, database) = (region.nova.add_server("demo", "web-1"), region.nova.add_server("demo", "db"));
    let other = region.nova.add_server("alt", "web-2");
    region.nova.set_status(&database, "stopped");
    let demo = nova(&cloud, "demo", "2.1");
    assert_eq!(ids(&demo.get("/servers?name=%5Ewe.-").await), [web.as_str()]);
    assert_eq!(ids(&demo.get("/servers?status=SHUTOFF").await), [database.as_str()]);
    assert_eq!(ids(&demo.get("/servers?status=nonsense").await), [""; 0]);
    assert_eq!(nova(&cloud, "demo", "2.38").get("/servers?status=nonsense").await.status, 400);
    assert_eq!(nova(&cloud, "demo", "2.75").get("/servers?odd=1").await.status, 400);
    assert_eq!(demo.get("/servers?all_tenants=1").await.status, 403);
    let admin = nova(&cloud, "admin", "2.1");
    assert_eq!(ids(&admin.get("/servers").await).len(), 0);
    assert_eq!(ids(&admin.get("/servers?all_tenants=True").await).len(), 3);
    let project = cloud.keystone.project_id("alt");
    assert_eq!(ids(&admin.get(&format!("/servers?all_tenants=1&project_id={project}")).await), [other]);
}

#[tokio::test]
async fn changes_since_follow_the_regions_clock() {
    let cloud = one_region().await;
    let region = cloud.region("RegionOne");
    region.set_clock_offset(-3600);
    let made = region.nova.add_servers(3);
    region.set_clock_offset(0);
    let since = crate::sim::clock::iso(chrono::Utc::now().timestamp() - 60);
    let list = format!("/servers/detail?changes-since={since}");
    let demo = nova(&cloud, "demo", "2.100");
    assert_eq!(ids(&demo.get(&list).await), [""; 0]);
    region.nova.rename(&made[1], "new");
    region.nova.edit_quietly(&made[0], |server| server.tags.push("quiet".into()));
    region.nova.edit_quietly(&made[2], |server| server.updated = None);
    assert_eq!(ids(&demo.get(&list).await), [made[1].clone()]);
    let ever = demo.get("/servers/detail?changes-since=2020-01-01T00:00:00Z").await;
    assert_eq!(ids(&ever).len(), 2);
}

#[tokio::test]
async fn ten_thousand_servers_are_listed_quickly() {
    let cloud = one_region().await;
    let region = cloud.region("RegionOne");
    region.set_clock_offset(-3600);
    let made = region.nova.add_servers(10_000);
    region.set_clock_offset(0);
    region.nova.rename(&made[5000], "new");
    let since = crate::sim::clock::iso(chrono::Utc::now().timestamp() - 60);
    let admin = nova(&cloud, "admin", "2.104");
    let started = Instant::now();
    for _ in 0..20 {
        let changed = admin.get(&format!("/servers/detail?all_tenants=1&changes-since={since}")).await;
        assert_eq!(ids(&changed), [made[5000].clone()]);
    }
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    let (mut marker, mut seen) = (String::new(), 0);
    loop {
        let page = ids(&admin.get(&format!("/servers?all_tenants=1{marker}")).await);
        seen += page.len();
        let Some(last) = page.last() else { break };
        marker = format!("&marker={last}");
    }
    assert_eq!(seen, 10_000);
    let ports = super::at(&cloud, Service::Neutron, "admin");
    let page = ports.get("/v2.0/ports?fields=id&fields=status&sort_key=id&limit=500").await.json();
    assert_eq!(page["ports"].as_array().unwrap().len(), 500);
}
