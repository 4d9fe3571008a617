//! Paths and methods that are not there, and the project id in the path.

use std::sync::Arc;

use crate::sim::Client;
use crate::support::{Database, World, on_each_database, refused};

on_each_database!(
    what_is_not_there_is_404,
    slashes_in_a_row_are_one,
    the_project_may_stand_in_the_path,
    links_speak_of_the_top,
);

async fn what_is_not_there_is_404(database: Arc<Database>) {
    let world = World::start(&database).await;
    let demo = world.demo();
    let absent = [
        ("GET", "/nothing"),
        ("GET", "/servers/a/b/c/d"),
        ("HEAD", "/servers"),
        ("PATCH", "/servers"),
        ("PUT", "/servers"),
        ("DELETE", "/limits"),
        ("GET", "/servers/"),
    ];
    for (method, path) in absent {
        let answer = demo.send(method, path, None).await.unwrap();
        assert_eq!(answer.status, 404, "{method} {path}");
        assert_eq!(answer.header("content-type"), Some("text/plain; charset=UTF-8"), "{method} {path}");
        assert!(answer.header("openstack-api-version").is_none(), "{method} {path}");
        if method != "HEAD" {
            let text = "404 Not Found\n\nThe resource could not be found.\n\n   ";
            assert_eq!(answer.body, text, "{method} {path}");
        }
    }
    let id = uuid::Uuid::new_v4().to_string();
    for (method, path) in [("GET", ""), ("DELETE", ""), ("GET", "/os-interface"), ("GET", "/os-interface/p")] {
        let answer = demo.send(method, &format!("/servers/{id}{path}"), None).await.unwrap();
        assert_eq!(refused(&answer, 404), format!("Instance {id} could not be found."));
    }
    assert_eq!(refused(&demo.get("/servers/no%20uuid").await, 404), "Instance no uuid could not be found.");
    assert_eq!(refused(&demo.get("/flavors/77").await, 404), "Flavor 77 could not be found.");
}

/// As clients that join a base and a path with a slash too many ask.
async fn slashes_in_a_row_are_one(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionOne", "web").await;
    let own = world.cloud.keystone.project_id("demo");
    let demo = world.demo();
    for path in
        ["//limits", "//flavors//1", "/servers//detail", "/%2Fservers%2F%2Fdetail", &format!("//{own}//servers")]
    {
        assert_eq!(demo.get(path).await.status, 200, "{path}");
    }
    // The region is asked by the path of the route.
    assert_eq!(demo.get(&format!("///servers//{id}//metadata")).await.status, 200);
    // A slash at the end stays one.
    assert_eq!(demo.get("/servers//").await.status, 404);
    let root = Client::new(&world.top.url);
    assert_eq!(root.clone().token(&world.cloud.token("demo")).get("//v2.1//servers").await.status, 200);
    assert_eq!(root.get("//").await.json()["versions"][1]["id"], "v2.1");
    let choices = root.get("//v3//x").await.json();
    assert_eq!(choices["choices"][1]["links"][0]["href"], format!("{}/v2.1/v3/x", world.top.url));
}

async fn the_project_may_stand_in_the_path(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionOne", "web").await;
    let (own, other) = (world.cloud.keystone.project_id("demo"), world.cloud.keystone.project_id("alt"));
    let demo = world.demo();
    for path in ["/servers", "/servers/detail", "/flavors", &format!("/servers/{id}")] {
        assert_eq!(demo.get(&format!("/{own}{path}")).await.status, 200, "{path}");
        let message = refused(&demo.get(&format!("/{other}{path}")).await, 400);
        assert_eq!(
            message,
            format!("Malformed request URL: URL's project_id '{other}' doesn't match Context's project_id '{own}'"),
        );
    }
    // An admin's own project too.
    assert_eq!(world.user("admin", "2.1").get(&format!("/{own}/servers")).await.status, 400);
    // No hexadecimal digits, so no project.
    assert_eq!(demo.get("/project/servers").await.status, 404);
}

async fn links_speak_of_the_top(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionTwo", "web").await;
    let own = world.cloud.keystone.project_id("demo");
    let base = &world.top.url;
    for prefix in [String::new(), format!("/{own}")] {
        let shown = world.demo().get(&format!("{prefix}/servers/{id}")).await.json()["server"].clone();
        let link = |item: &serde_json::Value, place: usize| item["links"][place]["href"].as_str().unwrap().to_owned();
        assert_eq!(link(&shown, 0), format!("{base}/v2.1{prefix}/servers/{id}"));
        assert_eq!(link(&shown, 1), format!("{base}{prefix}/servers/{id}"));
        assert_eq!(link(&shown["flavor"], 0), format!("{base}{prefix}/flavors/1"));
        assert_eq!(link(&shown["image"], 0), format!("{base}{prefix}/images/{}", world.image()));
        let listed = world.demo().get(&format!("{prefix}/servers?limit=1")).await.json();
        let first = listed["servers"][0]["id"].as_str().unwrap();
        assert_eq!(link(&listed["servers"][0], 0), format!("{base}/v2.1{prefix}/servers/{first}"));
        let next = listed["servers_links"][0]["href"].as_str().unwrap();
        assert_eq!(next, format!("{base}/v2.1{prefix}/servers?limit=1&marker={first}"));
        let flavor = world.demo().get(&format!("{prefix}/flavors/1")).await.json()["flavor"].clone();
        assert_eq!(link(&flavor, 0), format!("{base}/v2.1{prefix}/flavors/1"));
        let booted = world.demo().post(&format!("{prefix}/servers"), world.body("more")).await;
        let new = booted.json()["server"].clone();
        let new_id = new["id"].as_str().unwrap();
        assert_eq!(booted.header("location").unwrap(), format!("{base}/v2.1{prefix}/servers/{new_id}"));
        assert_eq!(link(&new, 0), format!("{base}/v2.1{prefix}/servers/{new_id}"));
    }
}
