//! `/os-simple-tenant-usage`: hours and sizes from the top's rows.

use std::sync::Arc;

use nova_cascade::db::clock;
use serde_json::{Value, json};

use crate::sim::{Answer, Client, SimCloud};
use crate::support::{Database, World, on_each_database, refused, wait_until};

on_each_database!(
    usage_is_what_rows_tell,
    servers_outside_of_the_period_cost_nothing,
    pages_are_novas,
    who_may_ask_is_novas,
    bad_queries_are_refused,
    a_region_that_is_down_lacks_nothing,
    a_region_before_embedded_flavors_has_sizes_too,
);

/// The day that is asked about.
const PERIOD: &str = "start=2026-01-02T00:00:00&end=2026-01-03T00:00:00.000000";

/// Microseconds of a time on that day.
fn at(time: &str) -> i64 {
    clock::parse(&format!("2026-01-{time}")).expect("a time")
}

/// Boots a server and says when it ran. What is set stays: the sync leaves a settled row alone.
async fn ran(
    world: &World,
    user: &str,
    zone: &str,
    name: &str,
    launched_at: i64,
    terminated_at: Option<i64>,
) -> String {
    let id = world.boot_as(user, zone, name).await;
    let settled = format!("SELECT id AS text FROM servers WHERE id = '{id}' AND settled");
    wait_until("settled", async || !world.database.texts(&settled).await.is_empty()).await;
    let ended = terminated_at.map_or("NULL".to_owned(), |at| at.to_string());
    set(world, &id, &format!("launched_at = {launched_at}, terminated_at = {ended}")).await;
    id
}

async fn set(world: &World, id: &str, columns: &str) {
    world.database.execute(&format!("UPDATE servers SET {columns} WHERE id = '{id}'")).await;
}

fn project(world: &World, name: &str) -> String {
    world.cloud.keystone.project_id(name)
}

#[track_caller]
fn usages(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["tenant_usages"].as_array().expect("a list").clone()
}

fn names(usage: &Value) -> Vec<&str> {
    let servers = usage["server_usages"].as_array().into_iter().flatten();
    servers.map(|server| server["name"].as_str().expect("a name")).collect()
}

async fn usage_is_what_rows_tell(database: Arc<Database>) {
    let world = World::start(&database).await;
    let (demo, alt) = (project(&world, "demo"), project(&world, "alt"));
    let whole = ran(&world, "demo", "RegionOne", "whole", at("01T00:00:00"), None).await;
    let half = ran(&world, "demo", "RegionTwo", "half", at("02T06:00:00"), Some(at("02T18:00:00"))).await;
    ran(&world, "alt", "RegionTwo", "other", at("02T23:00:00"), None).await;
    world.one().nova.add_server("demo", "a stranger");
    world.synced().await;
    let shown = world.user("reader", "2.1").get(&format!("/os-simple-tenant-usage/{demo}?{PERIOD}")).await;
    let usage = shown.json()["tenant_usage"].clone();
    let servers = usage["server_usages"].as_array().expect("servers").clone();
    let mut ids = [whole.clone(), half.clone()];
    ids.sort();
    assert_eq!(servers.iter().map(|server| server["instance_id"].as_str().unwrap()).collect::<Vec<_>>(), ids);
    let (first, second) = if ids[0] == whole { (&servers[0], &servers[1]) } else { (&servers[1], &servers[0]) };
    let mut expected = json!({
        "hours": 24.0, "flavor": "m1.tiny", "instance_id": whole, "name": "whole", "tenant_id": demo,
        "memory_mb": 512, "local_gb": 1, "vcpus": 1, "started_at": "2026-01-01T00:00:00.000000", "ended_at": null,
        "state": "active", "uptime": first["uptime"],
    });
    assert_eq!(*first, expected);
    let uptime = first["uptime"].as_i64().expect("seconds") * clock::SECOND;
    assert!((clock::local_now() - at("01T00:00:00") - uptime).abs() < 60 * clock::SECOND, "{uptime}");
    for (key, value) in [
        ("hours", json!(12.0)),
        ("instance_id", json!(half)),
        ("name", json!("half")),
        ("started_at", json!("2026-01-02T06:00:00.000000")),
        ("ended_at", json!("2026-01-02T18:00:00.000000")),
        ("state", json!("terminated")),
        ("uptime", json!(12 * 3_600)),
    ] {
        expected[key] = value;
    }
    assert_eq!(*second, expected);
    let totals = json!({
        "tenant_id": demo, "server_usages": servers, "total_local_gb_usage": 36.0, "total_vcpus_usage": 36.0,
        "total_memory_mb_usage": 36.0 * 512.0, "total_hours": 36.0,
        "start": "2026-01-02T00:00:00.000000", "stop": "2026-01-03T00:00:00.000000",
    });
    assert_eq!(usage, totals);
    // All projects, in short and in detail.
    let admin = world.user("admin", "2.1");
    let all = usages(&admin.get(&format!("/os-simple-tenant-usage?{PERIOD}&detailed=1")).await);
    let own = |id: &str| all.iter().find(|usage| usage["tenant_id"] == id).expect("a project").clone();
    assert_eq!((all.len(), own(&demo), names(&own(&alt))), (2, totals.clone(), vec!["other"]));
    assert_eq!(own(&alt)["total_hours"], 1.0);
    for query in ["", "&detailed=0", "&detailed=x", "&detailed="] {
        let all = usages(&admin.get(&format!("/os-simple-tenant-usage?{PERIOD}{query}")).await);
        let mut short = totals.clone();
        short.as_object_mut().unwrap().remove("server_usages");
        assert!(all.contains(&short) && all.len() == 2, "{query}: {all:?}");
    }
    // A project that has nothing, or is none.
    for project in [project(&world, "service"), "nowhere".to_owned()] {
        let none = admin.get(&format!("/os-simple-tenant-usage/{project}?{PERIOD}")).await;
        assert_eq!(none.json(), json!({ "tenant_usage": {} }));
    }
    // Without a period there is the moment alone.
    let moment = admin.get(&format!("/os-simple-tenant-usage/{demo}")).await.json()["tenant_usage"].clone();
    assert!(names(&moment) == ["whole"] && moment["total_hours"].as_f64() < Some(0.001), "{moment}");
}

async fn servers_outside_of_the_period_cost_nothing(database: Arc<Database>) {
    let world = World::start(&database).await;
    let demo = project(&world, "demo");
    for (name, launched_at, terminated_at) in [
        ("before", at("01T00:00:00"), Some(at("02T00:00:00"))),
        ("after", at("03T00:00:00"), None),
        ("last second", at("02T23:59:59"), None),
        ("first second", at("01T00:00:00"), Some(at("02T00:00:01"))),
    ] {
        ran(&world, "demo", "RegionOne", name, launched_at, terminated_at).await;
    }
    let never = ran(&world, "demo", "RegionOne", "never launched", 0, None).await;
    set(&world, &never, "launched_at = NULL").await;
    // Closed without a last word of its region.
    let lost = ran(&world, "demo", "RegionOne", "lost", at("01T00:00:00"), None).await;
    set(&world, &lost, &format!("deleted = TRUE, deleted_at = {}", at("02T02:00:00"))).await;
    let deleted = ran(&world, "demo", "RegionOne", "deleted", at("01T00:00:00"), Some(at("02T03:00:00"))).await;
    set(&world, &deleted, &format!("deleted = TRUE, deleted_at = {}", at("02T05:00:00"))).await;
    let path = format!("/os-simple-tenant-usage/{demo}?{PERIOD}");
    let usage = world.demo().get(&path).await.json()["tenant_usage"].clone();
    let mut listed = names(&usage);
    listed.sort_unstable();
    assert_eq!(listed, ["deleted", "first second", "last second", "lost"]);
    let hours = |name: &str| {
        let servers = usage["server_usages"].as_array().unwrap();
        servers.iter().find(|server| server["name"] == name).unwrap()["hours"].as_f64().unwrap()
    };
    let second = 1.0 / 3_600.0;
    assert_eq!([hours("deleted"), hours("lost")].map(|hours| hours as i64), [3, 2]);
    assert!([hours("first second"), hours("last second")].iter().all(|hours| (hours - second).abs() < 1e-12));
}

/// Follows the links; the pages of servers, and the sum of the totals.
async fn pages(world: &World, client: &Client, path: &str, key: &str) -> (Vec<Vec<String>>, f64) {
    let (mut pages, mut total, mut path) = (Vec::new(), 0.0, path.to_owned());
    loop {
        let answer = client.get(&path).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let document = answer.json();
        let usages = document[key].as_array().cloned().unwrap_or_else(|| vec![document[key].clone()]);
        let servers = usages.iter().flat_map(names).map(str::to_owned).collect::<Vec<_>>();
        total += usages.iter().filter_map(|usage| usage["total_hours"].as_f64()).sum::<f64>();
        pages.push(servers);
        let Some(link) = document.get(format!("{key}_links")) else { return (pages, total) };
        assert_eq!((link[0]["rel"].as_str(), link.as_array().map(Vec::len)), (Some("next"), Some(1)));
        let href = link[0]["href"].as_str().expect("a link");
        path = href.strip_prefix(&format!("{}/v2.1", world.top.url)).expect("our own").to_owned();
    }
}

async fn pages_are_novas(database: Arc<Database>) {
    let world = World::with(&database, |config| config.api.items_per_page_max = 3).await;
    let demo = project(&world, "demo");
    let mut all = Vec::new();
    for number in 0..5 {
        let user = if number < 3 { "demo" } else { "alt" };
        let name = format!("s{number}");
        let id = ran(&world, user, "RegionOne", &name, at("02T23:00:00"), None).await;
        all.push((project(&world, user), id, name));
    }
    all.sort();
    let named = |page: &[(String, String, String)]| page.iter().map(|(.., name)| name.clone()).collect::<Vec<_>>();
    let admin = world.user("admin", "2.40");
    let base = format!("/os-simple-tenant-usage?{PERIOD}&detailed=1");
    for (limit, size) in [("&limit=1", 1), ("&limit=2", 2), ("", 3), ("&limit=100", 3)] {
        let (pages, total) = pages(&world, &admin, &format!("{base}{limit}"), "tenant_usages").await;
        let mut expected: Vec<Vec<String>> = all.chunks(size).map(named).collect();
        if all.len() % size == 0 {
            // A full page has a link, be there more or not.
            expected.push(Vec::new());
        }
        assert_eq!((pages, total), (expected, 5.0), "{limit}");
    }
    let own: Vec<_> = all.iter().filter(|(project, ..)| *project == demo).cloned().collect();
    let path = format!("/os-simple-tenant-usage/{demo}?{PERIOD}&limit=2");
    let (of_project, total) = pages(&world, &world.user("reader", "2.104"), &path, "tenant_usage").await;
    assert_eq!((of_project, total), (own.chunks(2).map(named).collect(), 3.0));
    let none = admin.get(&format!("{base}&limit=0")).await.json();
    assert_eq!(none, json!({ "tenant_usages": [] }));
    // Below 2.40 there is one page, and no limit but the most there may be.
    let early = world.user("admin", "2.39").get(&format!("{base}&limit=1&marker=x")).await.json();
    assert!(early.get("tenant_usages_links").is_none(), "{early}");
    let listed: Vec<&str> = early["tenant_usages"].as_array().unwrap().iter().flat_map(names).collect();
    assert_eq!(listed, named(&all[..3]));
    // Markers.
    let (other, nowhere) = (&all.iter().find(|(project, ..)| *project != demo).unwrap().1, "0b5a0e1f");
    for (user, path, marker) in [
        ("admin", &base, nowhere),
        ("demo", &path, nowhere),
        ("demo", &path, other.as_str()),
        ("admin", &path, other.as_str()),
    ] {
        let message = refused(&world.user(user, "2.40").get(&format!("{path}&marker={marker}")).await, 400);
        assert_eq!(message, format!("Marker {marker} could not be found."), "{user} {path}");
    }
    // A deleted server marks its place as well as any.
    set(&world, &all[1].1, "deleted = TRUE, deleted_at = 1, terminated_at = 1").await;
    let behind = admin.get(&format!("{base}&limit=1&marker={}", all[1].1)).await.json();
    assert_eq!(names(&behind["tenant_usages"][0]), [all[2].2.as_str()]);
}

async fn who_may_ask_is_novas(database: Arc<Database>) {
    let world = World::start(&database).await;
    let (demo, alt) = (project(&world, "demo"), project(&world, "alt"));
    ran(&world, "demo", "RegionOne", "web", at("01T00:00:00"), None).await;
    for (user, path, rule) in [
        ("demo", "/os-simple-tenant-usage".to_owned(), "list"),
        ("reader", "/os-simple-tenant-usage".to_owned(), "list"),
        ("alt", format!("/os-simple-tenant-usage/{demo}"), "show"),
        ("demo", format!("/os-simple-tenant-usage/{alt}"), "show"),
    ] {
        let message = refused(&world.user(user, "2.40").get(&path).await, 403);
        assert_eq!(
            message,
            format!("Policy doesn't allow os_compute_api:os-simple-tenant-usage:{rule} to be performed.")
        );
    }
    for user in ["demo", "reader", "admin"] {
        let answer = world.user(user, "2.40").get(&format!("/os-simple-tenant-usage/{demo}?{PERIOD}")).await;
        assert_eq!(names(&answer.json()["tenant_usage"]), ["web"], "{user}");
    }
    let own = world.user("alt", "2.40").get(&format!("/os-simple-tenant-usage/{alt}?{PERIOD}")).await;
    assert_eq!(own.json(), json!({ "tenant_usage": {} }));
    assert_eq!(world.user("admin", "2.1").get("/os-simple-tenant-usage/").await.status, 404);
}

async fn bad_queries_are_refused(database: Arc<Database>) {
    let world = World::start(&database).await;
    let demo = project(&world, "demo");
    let backwards = "Invalid start time. The start time cannot occur after the end time.";
    let unreadable = "Invalid datetime string: Datetime is in invalid format";
    let unexpected = |key: &str| format!("Additional properties are not allowed ('{key}' was unexpected)");
    let all = "/os-simple-tenant-usage".to_owned();
    let one = format!("{all}/{demo}");
    for (path, version, query, message) in [
        (&all, "2.1", "start=x", unreadable.to_owned()),
        (&one, "2.104", "end=2026-01-01", unreadable.to_owned()),
        (&one, "2.1", "start=2026-01-02T00:00:00Z", unreadable.to_owned()),
        (&all, "2.40", "start=2026-01-02T00:00:00&end=2026-01-02T00:00:00", backwards.to_owned()),
        (&one, "2.1", "start=2026-01-02T00:00:00&end=2026-01-01T00:00:00", backwards.to_owned()),
        (&all, "2.1", "start=3026-01-02T00:00:00", backwards.to_owned()),
        (&all, "2.75", "frob=1", unexpected("frob")),
        (&one, "2.75", "detailed=1", unexpected("detailed")),
    ] {
        assert_eq!(
            refused(&world.user("admin", version).get(&format!("{path}?{query}")).await, 400),
            message,
            "{query}"
        );
    }
    for limit in ["-1", "x"] {
        let message = refused(&world.user("admin", "2.40").get(&format!("{all}?limit={limit}")).await, 400);
        assert!(message.starts_with("Invalid input for query parameters limit."), "{message}");
    }
    for (path, query) in [(&all, "frob=1"), (&one, "detailed=1&frob=2")] {
        assert_eq!(world.user("admin", "2.74").get(&format!("{path}?{query}")).await.status, 200);
    }
}

async fn a_region_that_is_down_lacks_nothing(database: Arc<Database>) {
    let world = World::start(&database).await;
    for zone in ["RegionOne", "RegionTwo"] {
        ran(&world, "demo", zone, zone, at("02T23:00:00"), None).await;
    }
    world.one().down().await;
    world.two().down().await;
    let answer = world.demo().get(&format!("/os-simple-tenant-usage/{}?{PERIOD}", project(&world, "demo"))).await;
    let usage = answer.json()["tenant_usage"].clone();
    assert_eq!((names(&usage).len(), &usage["total_hours"]), (2, &json!(2.0)));
}

async fn a_region_before_embedded_flavors_has_sizes_too(database: Arc<Database>) {
    let cloud = SimCloud::start(&["RegionOne", "RegionTwo"]).await;
    cloud.region("RegionTwo").nova.set_max_minor(42);
    let world = World::over(cloud, &database, |_| {}).await;
    ran(&world, "demo", "RegionTwo", "web", at("02T23:00:00"), None).await;
    let path = format!("/os-simple-tenant-usage/{}?{PERIOD}", project(&world, "demo"));
    let usage = async || world.demo().get(&path).await.json()["tenant_usage"].clone();
    let server = usage().await["server_usages"][0].clone();
    assert_eq!([&server["memory_mb"], &server["local_gb"], &server["vcpus"]], [512, 1, 1]);
    assert_eq!((&server["flavor"], &usage().await["total_memory_mb_usage"]), (&json!("m1.tiny"), &json!(512.0)));
    // A flavor that nobody knows any more counts hours alone.
    database.execute("DELETE FROM flavors").await;
    let usage = usage().await;
    assert_eq!((&usage["total_hours"], &usage["total_memory_mb_usage"]), (&json!(1.0), &json!(0.0)));
    assert!(usage["server_usages"][0].get("memory_mb").is_none(), "{usage}");
}
