//! `/`, `/v2.1` and every path that is neither: no token, no microversion.

use std::sync::Arc;

use serde_json::json;

use crate::sim::{Client, SimCloud};
use crate::support::{Database, World, on_each_database, wait_until};

on_each_database!(the_documents_need_no_token, the_newest_is_the_lowest_of_the_regions);

async fn the_documents_need_no_token(database: Arc<Database>) {
    let world = World::start(&database).await;
    let (root, url) = (Client::new(&world.top.url), &world.top.url);
    let list = root.get("/").await;
    assert_eq!(list.status, 200);
    assert!(list.header("openstack-api-version").is_none() && list.header("vary").is_none());
    let entry = list.json()["versions"].as_array().expect("versions").last().cloned().expect("one");
    assert_eq!(
        entry,
        json!({"id": "v2.1", "status": "CURRENT", "version": "2.104", "min_version": "2.1",
            "updated": "2013-07-23T11:33:21Z", "links": [{"rel": "self", "href": format!("{url}/v2.1/")}]}),
    );
    for path in ["/v2.1", "/v2.1/"] {
        let document = root.get(path).await;
        assert_eq!(document.status, 200, "{path}");
        assert_eq!(
            document.json(),
            json!({"version": {
                "id": "v2.1", "status": "CURRENT", "version": "2.104", "min_version": "2.1",
                "updated": "2013-07-23T11:33:21Z",
                "links": [
                    {"rel": "self", "href": format!("{url}/v2.1/")},
                    {"rel": "describedby", "type": "text/html", "href": "http://docs.openstack.org/"},
                ],
                "media-types": [{"base": "application/json",
                    "type": "application/vnd.openstack.compute+json;version=2.1"}],
            }}),
        );
    }
    for path in ["/v3", "/servers", "/v2.10"] {
        let choices = root.get(path).await;
        assert_eq!(choices.status, 300, "{path}");
        let choice = choices.json()["choices"].as_array().expect("choices").last().cloned().expect("one");
        assert_eq!((&choice["id"], &choice["status"]), (&json!("v2.1"), &json!("CURRENT")));
        assert_eq!(choice["links"][0]["href"], format!("{url}/v2.1{path}"));
    }
    assert_eq!(root.get("/v2.1/servers").await.status, 401);
    // No method is another one here, as load balancers rely on.
    for method in ["HEAD", "POST", "DELETE"] {
        for (path, status) in [("/", 200), ("/v2.1", 200), ("/v2.1/", 200), ("/v2", 200), ("/v2//", 200), ("/v3", 300)]
        {
            let (asked, got) = (root.send(method, path, None).await.unwrap(), root.get(path).await);
            assert_eq!(asked.status, status, "{method} {path}");
            for name in ["content-type", "content-length", "openstack-api-version"] {
                assert_eq!(asked.header(name), got.header(name), "{method} {path}: {name}");
            }
            assert_eq!(asked.body.is_empty(), method == "HEAD", "{method} {path}");
        }
    }
}

async fn the_newest_is_the_lowest_of_the_regions(database: Arc<Database>) {
    let cloud = SimCloud::start(&["RegionOne", "RegionTwo"]).await;
    cloud.region("RegionTwo").nova.set_max_minor(96);
    let world = World::over(cloud, &database, |config| config.sync.facts_period_s = 1).await;
    let newest = async || world.top.client().get("").await.json()["version"]["version"].clone();
    assert_eq!(newest().await, "2.96");
    let latest = world.user("demo", "latest").get("/servers").await;
    assert_eq!((latest.status, latest.header("openstack-api-version")), (200, Some("compute 2.96")));
    assert_eq!(world.user("demo", "2.97").get("/servers").await.status, 406);
    // A region that learns more raises it; one that is down changes nothing.
    world.two().nova.set_max_minor(100);
    wait_until("2.100", async || newest().await == "2.100").await;
    world.two().down().await;
    world.rounds(world.one(), 3).await;
    assert_eq!(newest().await, "2.100");
}
