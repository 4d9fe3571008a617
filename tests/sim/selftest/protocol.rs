//! Versions, headers, routes.

use super::{nova, one_region};
use crate::sim::{Client, Service};

#[tokio::test]
async fn version_documents_need_no_token() {
    let cloud = one_region().await;
    let region = cloud.region("RegionOne");
    region.nova.set_max_minor(96);
    let url = region.url(Service::Nova);
    for path in ["", "/"] {
        let document = Client::new(&url).get(path).await.json();
        assert_eq!(document["version"]["version"], "2.96");
    }
    let root = Client::new(url.trim_end_matches("/v2.1")).get("/").await;
    assert_eq!((root.status, root.json()["versions"][1]["id"].clone()), (200, "v2.1".into()));
    assert!(root.header("x-openstack-request-id").is_none());
    assert_eq!(Client::new(&url).get("/servers").await.status, 401);
}

#[tokio::test]
async fn microversions_are_negotiated_as_nova_does() {
    let cloud = one_region().await;
    let ok = nova(&cloud, "demo", "2.42").get("/servers").await;
    assert_eq!(ok.header("openstack-api-version"), Some("compute 2.42"));
    assert_eq!(ok.header("x-openstack-nova-api-version"), Some("2.42"));
    assert_eq!(ok.headers.get_all("vary").iter().count(), 2);
    assert!(ok.header("x-compute-request-id").unwrap().starts_with("req-"));
    let latest = nova(&cloud, "demo", "latest").get("/servers").await;
    assert_eq!(latest.header("x-openstack-nova-api-version"), Some("2.104"));
    let beyond = nova(&cloud, "demo", "2.999").get("/servers").await;
    assert_eq!((beyond.status, beyond.json()["computeFault"]["code"].clone()), (406, 406.into()));
    assert_eq!(beyond.header("x-openstack-nova-api-version"), Some("2.999"));
    let malformed = nova(&cloud, "demo", "two").get("/servers").await;
    assert_eq!(malformed.status, 400);
    assert!(malformed.header("openstack-api-version").is_none());
}

#[tokio::test]
async fn the_project_may_stand_in_the_url() {
    let cloud = one_region().await;
    let own = cloud.keystone.project_id("demo");
    let id = cloud.region("RegionOne").nova.add_server("demo", "a");
    let demo = nova(&cloud, "demo", "2.1");
    let shown = demo.get(&format!("/{own}/servers/{id}")).await.json();
    assert!(shown["server"]["links"][0]["href"].as_str().unwrap().contains(&own));
    let other = cloud.keystone.project_id("alt");
    assert_eq!(demo.get(&format!("/{other}/servers")).await.status, 400);
    assert_eq!(demo.get("/nonsense").await.status, 404);
    assert!(demo.get("/nonsense").await.header("vary").is_none());
    assert_eq!(demo.put("/flavors/1", serde_json::json!({})).await.json()["itemNotFound"]["code"], 404);
}
