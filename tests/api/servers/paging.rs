//! limit, marker, links to the next page.

use std::sync::Arc;

use crate::sim::Answer;
use crate::support::{Database, World, ids, on_each_database, refused};

on_each_database!(pages_follow_each_other, limits_and_markers_that_are_none, a_page_holds_no_more_than_it_may);

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
    assert_eq!(
        {
            let mut l = listed.clone();
            l.sort();
            l
        },
        {
            let mut a = all.clone();
            a.sort();
            a
        }
    );
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
    assert_eq!(admin.get(&format!("/servers?all_tenants=1&marker={foreign}")).await.status, 200);
    // The marker may have been deleted since the page before.
    demo.delete(&format!("/servers/{gone}")).await;
    world.wait_gone(&gone).await;
    assert_eq!(ids(&demo.get(&format!("/servers?marker={gone}")).await), [kept]);
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
