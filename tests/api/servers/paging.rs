//! limit, marker, links to the next page.

use std::sync::Arc;

use crate::sim::Answer;
use crate::support::{Database, World, accepted, ids, names, on_each_database, refused, sorted};

on_each_database!(
    pages_follow_each_other,
    limits_and_markers_that_are_none,
    a_page_holds_no_more_than_it_may,
    every_sort_pages_as_it_lists,
    case_and_accents_do_not_count_in_an_order,
    sort_keys_and_directions_that_are_none,
);

/// Path and query of the link to the next page.
fn next(world: &World, answer: &Answer) -> Option<String> {
    let document = answer.json();
    let link = document.get("servers_links")?[0].clone();
    assert_eq!(link["rel"], "next");
    Some(link["href"].as_str()?.strip_prefix(&format!("{}/v2.1", world.top.url))?.to_owned())
}

async fn pages_follow_each_other(database: Arc<Database>) {
    let world = World::start(&database).await;
    let mut all = Vec::new();
    for (number, zone) in ["RegionOne", "RegionTwo", "RegionOne", "RegionTwo", "RegionOne"].iter().enumerate() {
        all.insert(0, world.boot(zone, &format!("s {number}")).await);
    }
    let listed = ids(&world.demo().get("/servers").await);
    assert_eq!(sorted(listed.clone()), sorted(all));
    for collection in ["/servers", "/servers/detail"] {
        let mut path = Some(format!("{collection}?name=s%20&limit=2"));
        let mut pages = Vec::new();
        while let Some(at) = path {
            let answer = world.demo().get(&at).await;
            pages.push(ids(&answer));
            path = next(&world, &answer);
            if let Some(link) = &path {
                let last = pages.last().unwrap().last().unwrap();
                assert_eq!(link, &format!("{collection}?limit=2&marker={last}&name=s+"));
            }
        }
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 1]);
        assert_eq!(pages.concat(), listed, "one order over both regions");
    }
    // A full last page has a link as well, to an empty one.
    let full = world.demo().get("/servers?limit=5").await;
    let after = world.demo().get(&next(&world, &full).expect("a link")).await;
    assert!(ids(&after).is_empty() && next(&world, &after).is_none());
    assert!(next(&world, &world.demo().get("/servers?limit=6").await).is_none());
    let none = world.demo().get("/servers?limit=0").await;
    assert!(ids(&none).is_empty() && next(&world, &none).is_none());
}

async fn limits_and_markers_that_are_none(database: Arc<Database>) {
    let world = World::start(&database).await;
    let (kept, gone) = (world.boot("RegionOne", "kept").await, world.boot("RegionOne", "gone").await);
    let foreign = world.boot_as("alt", "RegionOne", "foreign").await;
    let demo = world.demo();
    for limit in ["-1", "x", "1.5", ""] {
        let message = refused(&demo.get(&format!("/servers?limit={limit}")).await, 400);
        assert!(message.starts_with("Invalid input for query parameters limit."), "{message}");
    }
    for marker in [uuid::Uuid::nil().to_string(), "x".into(), foreign.clone()] {
        let message = refused(&demo.get(&format!("/servers?marker={marker}")).await, 400);
        assert_eq!(message, format!("marker [{marker}] not found"));
    }
    let admin = world.user("admin", "2.1");
    for query in ["all_tenants=1&", ""] {
        for marker in [foreign.clone(), foreign.to_uppercase()] {
            assert_eq!(admin.get(&format!("/servers?{query}marker={marker}")).await.status, 200, "{query}{marker}");
        }
    }
    // Nova's database does not tell capitals from small letters.
    let behind =
        ids(&demo.get(&format!("/servers?sort_key=display_name&sort_dir=asc&marker={}", gone.to_uppercase())).await);
    assert_eq!(behind, [kept.clone()]);
    // The marker may have been deleted since the page before.
    demo.delete(&format!("/servers/{gone}")).await;
    world.wait_gone(&gone).await;
    // By name, which is another for each: two boots of one second are in the order of their ids otherwise.
    let after = format!("/servers?sort_key=display_name&sort_dir=asc&marker={gone}");
    assert_eq!(ids(&demo.get(&after).await), [kept]);
}

async fn a_page_holds_no_more_than_it_may(database: Arc<Database>) {
    let world = World::with(&database, |config| config.api.items_per_page_max = 2).await;
    for name in ["a", "b", "c"] {
        world.boot("RegionTwo", name).await;
    }
    for query in ["", "?limit=1000"] {
        let answer = world.demo().get(&format!("/servers{query}")).await;
        assert_eq!(ids(&answer).len(), 2);
        let rest = world.demo().get(&next(&world, &answer).expect("a link")).await;
        assert_eq!(ids(&rest).len(), 1);
    }
}

/// Keys that everyone may sort by.
const KEYS: [&str; 27] = [
    "access_ip_v4",
    "access_ip_v6",
    "auto_disk_config",
    "availability_zone",
    "config_drive",
    "created_at",
    "display_description",
    "display_name",
    "hostname",
    "image_ref",
    "instance_type_id",
    "kernel_id",
    "key_name",
    "launch_index",
    "launched_at",
    "locked_by",
    "power_state",
    "progress",
    "project_id",
    "ramdisk_id",
    "root_device_name",
    "task_state",
    "terminated_at",
    "updated_at",
    "user_id",
    "uuid",
    "vm_state",
];

/// Whatever the order, the pages put together are the list; ties and missing values among them.
async fn every_sort_pages_as_it_lists(database: Arc<Database>) {
    let world = World::start(&database).await;
    for (number, name) in ["b", "a", "b", "c", "a", "b", "d"].iter().enumerate() {
        let mut body = world.body_in(if number % 2 == 0 { "RegionOne" } else { "RegionTwo" }, name);
        if number % 3 == 0 {
            body["server"]["accessIPv4"] = format!("10.0.0.{}", number % 2).into();
            body["server"]["description"] = (*name).into();
        }
        let id = accepted(&world.user("demo", "2.42").post("/servers", body).await);
        world.wait_status(&id, "ACTIVE").await;
    }
    world.synced().await;
    let demo = world.user("demo", "2.42");
    let orders = KEYS.iter().flat_map(|key| ["asc", "desc"].map(|dir| format!("sort_key={key}&sort_dir={dir}")));
    let several = ["sort_key=display_name&sort_dir=asc&sort_key=display_description&sort_dir=desc&sort_key=uuid"];
    for order in orders.chain(several.map(str::to_owned)) {
        let whole = ids(&demo.get(&format!("/servers?{order}")).await);
        assert_eq!(whole.len(), 7, "{order}");
        let mut pages = Vec::new();
        let mut marker = String::new();
        loop {
            let page = ids(&demo.get(&format!("/servers?{order}&limit=2{marker}")).await);
            let Some(last) = page.last() else { break };
            marker = format!("&marker={last}");
            pages.extend(page);
        }
        assert_eq!(pages, whole, "{order}");
    }
    let by_name = names(&demo.get("/servers?sort_key=display_name&sort_dir=asc").await);
    assert_eq!(by_name, ["a", "a", "b", "b", "b", "c", "d"]);
    let by_description = demo.get("/servers/detail?sort_key=display_description&sort_dir=asc").await.json();
    assert!(by_description["servers"][0]["description"].is_null(), "nothing comes first");
}

async fn case_and_accents_do_not_count_in_an_order(database: Arc<Database>) {
    let world = World::start(&database).await;
    let ascending = ["Web-A", "web-b", "w\u{e9}b-C", "WEB-d", "zo\u{cb}", "Zoe-1"];
    for name in ["WEB-d", "zo\u{cb}", "web-b", "Zoe-1", "w\u{e9}b-C", "Web-A"] {
        world.boot("RegionOne", name).await;
    }
    let demo = world.demo();
    for (direction, expected) in [("asc", ascending.to_vec()), ("desc", ascending.iter().rev().copied().collect())] {
        let order = format!("/servers?sort_key=display_name&sort_dir={direction}");
        assert_eq!(names(&demo.get(&order).await), expected, "{direction}");
        let mut pages = Vec::new();
        let mut marker = String::new();
        loop {
            let page = demo.get(&format!("{order}&limit=1{marker}")).await;
            let Some(last) = ids(&page).pop() else { break };
            marker = format!("&marker={last}");
            pages.extend(names(&page));
        }
        assert_eq!(pages, expected, "{direction}");
    }
}

async fn sort_keys_and_directions_that_are_none(database: Arc<Database>) {
    let world = World::start(&database).await;
    let id = world.boot("RegionOne", "web").await;
    let at = |version: &str| world.user("demo", version);
    for (query, words) in [
        ("sort_key=name", "'name' is not one of ["),
        ("sort_dir=up", "Unknown sort direction, must be 'desc' or 'asc'"),
        ("sort_key=uuid&sort_dir=asc&sort_dir=asc", "Sort direction size exceeds sort key size"),
    ] {
        let message = refused(&at("2.1").get(&format!("/servers?{query}")).await, 400);
        assert!(message.contains(words), "{query}: {message}");
    }
    // Once let pass without effect, then refused.
    assert_eq!(ids(&at("2.74").get("/servers?sort_key=vcpus&sort_dir=asc").await), [id.clone()]);
    refused(&at("2.75").get("/servers?sort_key=vcpus").await, 400);
    assert_eq!(ids(&at("2.72").get("/servers?sort_key=locked").await), [id.clone()]);
    assert_eq!(ids(&at("2.73").get("/servers?sort_key=locked").await), [id.clone()]);
    for key in ["host", "node"] {
        let message = refused(&at("2.1").get(&format!("/servers?sort_key={key}")).await, 403);
        assert_eq!(message, format!("Only administrators can sort servers by {key}"));
        let admin = world.user("admin", "2.1").get(&format!("/servers?all_tenants=1&sort_key={key}")).await;
        assert_eq!(ids(&admin), [id.clone()]);
    }
}
