//! The scheme, host and path that links begin with.

use std::sync::Arc;

use serde_json::Value;

use crate::support::{Database, World, accepted, on_each_database};

on_each_database!(links_lead_back_the_way_the_client_came);

/// The first links of the version document, of a server, and of a list's next page.
async fn links(world: &World, id: &str, headers: &[(&str, &str)]) -> Vec<String> {
    let client = headers.iter().fold(world.demo(), |client, (name, value)| client.header(name, value));
    let mut found = Vec::new();
    for (path, place) in [
        ("/", "/version/links/0/href".to_owned()),
        (format!("/servers/{id}").as_str(), "/server/links/0/href".to_owned()),
        ("/servers?limit=1", "/servers_links/0/href".to_owned()),
    ] {
        let answer = client.get(path).await;
        let href = answer.json().pointer(&place).and_then(Value::as_str).map(str::to_owned);
        found.push(href.unwrap_or_else(|| panic!("no {place}: {answer:?}")));
    }
    found
}

async fn links_lead_back_the_way_the_client_came(database: Arc<Database>) {
    let trusting = |proxy: &str| serde_json::from_value(serde_json::json!([proxy])).expect("a list");
    let mut world = World::with(&database, |config| config.listen.trusted_proxies = trusting("127.0.0.1")).await;
    let id = accepted(&world.demo().post("/servers", world.body_in("RegionOne", "web")).await);
    let proxied = [
        ("x-forwarded-for", "192.0.2.7"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "api.example.org"),
        ("x-forwarded-prefix", "/compute"),
    ];
    let rfc7239 = [("forwarded", "for=192.0.2.7;proto=https;host=\"api.example.org:8774\"")];
    let cases: [(&[(&str, &str)], &str); 3] = [
        (&proxied, "https://api.example.org/compute/v2.1/"),
        (&rfc7239, "https://api.example.org:8774/v2.1/"),
        (&[], &format!("{}/v2.1/", world.top.url)),
    ];
    for (headers, base) in cases {
        for href in links(&world, &id, headers).await {
            assert!(href.starts_with(base), "{href} with {headers:?}");
        }
    }
    // Of anybody else they count for nothing.
    world.restart(|config| config.listen.trusted_proxies = trusting("192.0.2.1")).await;
    let base = format!("{}/v2.1/", world.top.url);
    for headers in [&proxied[..], &rfc7239[..]] {
        for href in links(&world, &id, headers).await {
            assert!(href.starts_with(&base), "{href} with {headers:?}");
        }
    }
    // Nor does a region hear them from the top.
    assert_eq!(world.demo().header("x-forwarded-host", "evil").delete(&format!("/servers/{id}")).await.status, 204);
    let seen = world.one().nova.seen_on("DELETE /servers/{id}").remove(0);
    assert_eq!(seen.header("x-forwarded-host"), None);
}
