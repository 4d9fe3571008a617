//! What goes wrong on demand.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::time::timeout;

use super::{boot, nova, one_region};
use crate::sim::{Fault, Kind, Service};

fn on_create(kind: Kind) -> Fault {
    Fault::new(kind).on(Service::Nova).method("POST").path("/v2.1/servers").times(1)
}

#[tokio::test]
async fn answers_that_are_none_of_ours() {
    let cloud = one_region().await;
    let region = cloud.region("RegionOne");
    let demo = nova(&cloud, "demo", "2.42");
    region.faults.push(Fault::new(Kind::Answer(503, "busy")).times(1));
    let busy = demo.get("/servers").await;
    assert_eq!((busy.status, busy.json()["serviceUnavailable"]["message"].clone()), (503, json!("busy")));
    assert_eq!(busy.header("x-openstack-nova-api-version"), Some("2.42"));
    region.faults.push(Fault::new(Kind::Garbage(200, "<html>")).times(1));
    assert_eq!(demo.get("/servers").await.body.as_ref(), b"<html>");
    region.faults.push(Fault::new(Kind::NotFound).on(Service::Nova));
    assert_eq!(demo.get("/servers").await.status, 404);
    region.faults.clear();
    assert_eq!(demo.get("/servers").await.status, 200);
}

#[tokio::test]
async fn connections_close_before_and_after_the_effect() {
    let cloud = one_region().await;
    let region = cloud.region("RegionOne");
    let demo = nova(&cloud, "demo", "2.42");
    let cases = [(Kind::CloseBeforeBody, 0), (Kind::CloseBeforeEffect, 0), (Kind::CloseAfterEffect, 1), (Kind::Cut, 2)];
    for (kind, servers) in cases {
        region.faults.push(on_create(kind.clone()));
        let answer = demo.send("POST", "/servers", Some(boot(region, "web"))).await;
        assert!(answer.is_err(), "{kind:?}");
        assert_eq!(region.nova.ids().len(), servers, "{kind:?}");
    }
    assert_eq!(demo.post("/servers", boot(region, "web")).await.status, 202);
}

#[tokio::test]
async fn delays_and_silence() {
    let cloud = one_region().await;
    let region = cloud.region("RegionOne");
    let demo = nova(&cloud, "demo", "2.42");
    let pause = Duration::from_millis(150);
    region.faults.push(on_create(Kind::DelayAfter(pause)));
    let started = Instant::now();
    assert_eq!(demo.post("/servers", boot(region, "a")).await.status, 202);
    assert!(started.elapsed() >= pause);
    // The client gives up, the region does not.
    region.faults.push(on_create(Kind::DelayBefore(pause)));
    assert!(timeout(pause / 3, demo.send("POST", "/servers", Some(boot(region, "b")))).await.is_err());
    assert_eq!(region.nova.ids().len(), 1);
    tokio::time::sleep(pause * 2).await;
    assert_eq!(region.nova.ids().len(), 2);
    region.faults.push(on_create(Kind::Hang));
    assert!(timeout(pause, demo.send("POST", "/servers", Some(boot(region, "c")))).await.is_err());
    assert_eq!(region.nova.ids().len(), 2);
    region.faults.push(on_create(Kind::HangAfter));
    assert!(timeout(pause, demo.send("POST", "/servers", Some(boot(region, "d")))).await.is_err());
    assert_eq!(region.nova.ids().len(), 3);
}

#[tokio::test]
async fn a_region_that_is_down_refuses_connects() {
    let cloud = one_region().await;
    let region = cloud.region("RegionOne");
    let demo = nova(&cloud, "demo", "2.1");
    region.down().await;
    let refused = demo.send("GET", "/servers", None).await.unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    region.up();
    assert_eq!(demo.get("/servers").await.status, 200);
    region.down_service(Service::Neutron).await;
    assert_eq!(demo.get("/servers").await.status, 200);
    region.up();
}

#[tokio::test]
async fn some_servers_are_left_out_or_unknown() {
    let cloud = one_region().await;
    let region = cloud.region("RegionOne");
    let made = region.nova.add_servers(200);
    let count = async |path: &str, version: &str| {
        nova(&cloud, "demo", version).get(path).await.json()["servers"].as_array().unwrap().len()
    };
    region.faults.push(Fault::new(Kind::HideServers(0.5)));
    let half = count("/servers", "2.1").await;
    assert!((70..130).contains(&half), "{half}");
    assert_eq!(count("/servers", "2.1").await, half);
    region.faults.clear();
    region.faults.push(Fault::new(Kind::DownCell(1.0)));
    assert_eq!((count("/servers/detail", "2.1").await, count("/servers/detail?limit=9", "2.69").await), (0, 0));
    let unknown = nova(&cloud, "demo", "2.69").get("/servers/detail").await.json()["servers"][0].clone();
    assert_eq!((&unknown["status"], unknown.get("name")), (&json!("UNKNOWN"), None));
    let path = format!("/servers/{}", made[0]);
    assert_eq!(nova(&cloud, "demo", "2.1").get(&path).await.status, 500);
    assert_eq!(nova(&cloud, "demo", "2.69").get(&path).await.json()["server"]["status"], "UNKNOWN");
}

#[tokio::test]
async fn faults_skip_and_run_out() {
    let cloud = one_region().await;
    cloud.region("RegionOne").faults.push(Fault::new(Kind::Answer(500, "third")).after(2).times(1));
    let demo = nova(&cloud, "demo", "2.1");
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(demo.get("/servers").await.status);
    }
    assert_eq!(seen, [200, 200, 500, 200]);
}
