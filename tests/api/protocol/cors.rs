//! `OPTIONS`, and requests of browsers' pages: as oslo.middleware answers them.

use std::sync::Arc;

use nova_cascade::config::Config;

use crate::sim::{Answer, Client};
use crate::support::{Database, World, accepted, on_each_database};

on_each_database!(options_needs_no_token, an_allowed_page_is_told_so, a_page_that_asks_for_more_is_told_nothing);

const HORIZON: &str = "https://horizon.example.com";

fn allow(config: &mut Config) {
    config.cors.allowed_origin = vec![HORIZON.into()];
}

/// All headers of the kind, by their names.
fn said(answer: &Answer) -> Vec<(String, String)> {
    let named = |name: &str| name.starts_with("access-control-") || name == "vary";
    let headers = answer.headers.iter().filter(|(name, _)| named(name.as_str()));
    let text = headers.map(|(name, value)| (name.to_string(), value.to_str().expect("text").to_owned()));
    let mut all: Vec<_> = text.collect();
    all.sort();
    all
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn preflight(world: &World, origin: &str, method: &str, headers: &str) -> Client {
    let client = Client::new(&world.top.url).header("origin", origin);
    let client = client.header("access-control-request-method", method);
    if headers.is_empty() { client } else { client.header("access-control-request-headers", headers) }
}

async fn options_needs_no_token(database: Arc<Database>) {
    let world = World::start(&database).await;
    let root = Client::new(&world.top.url);
    let page = preflight(&world, HORIZON, "GET", "");
    for client in [&root, &page, &root.clone().token("nonsense"), &root.clone().token(&world.cloud.token("demo"))] {
        for path in ["/v2.1/servers", "/v2/servers/x", "/v2.1/nothing", "/v3"] {
            let answer = client.send("OPTIONS", path, None).await.unwrap();
            assert_eq!((answer.status, answer.body.len()), (200, 0), "{path}");
            assert_eq!((answer.header("content-type"), answer.header("www-authenticate")), (None, None), "{path}");
            assert!(said(&answer).is_empty(), "nobody is allowed by default: {answer:?}");
        }
        // What answers every method answers this one.
        for path in ["/", "/v2.1", "/v2/"] {
            let answer = client.send("OPTIONS", path, None).await.unwrap();
            assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")), "{path}");
        }
    }
    let answer = world.demo().header("origin", HORIZON).get("/servers").await;
    assert!(said(&answer).iter().all(|(name, value)| name == "vary" && value != "Origin"), "{answer:?}");
}

async fn an_allowed_page_is_told_so(database: Arc<Database>) {
    let world = World::with(&database, allow).await;
    let asked = preflight(&world, HORIZON, "DELETE", "x-auth-token, Content-Type,,OpenStack-API-Version ");
    assert_eq!(
        said(&asked.send("OPTIONS", "/v2.1/servers/x", None).await.unwrap()),
        pairs(&[
            ("access-control-allow-credentials", "true"),
            ("access-control-allow-headers", "x-auth-token,Content-Type,OpenStack-API-Version"),
            ("access-control-allow-methods", "DELETE"),
            ("access-control-allow-origin", HORIZON),
            ("access-control-max-age", "3600"),
            ("vary", "Origin"),
        ]),
    );
    let exposed = "X-Auth-Token,X-Openstack-Request-Id,X-Subject-Token,X-Service-Token,X-OpenStack-Nova-API-Version,\
                   OpenStack-API-Version";
    let told = pairs(&[
        ("access-control-allow-credentials", "true"),
        ("access-control-allow-origin", HORIZON),
        ("access-control-expose-headers", exposed),
        ("vary", "OpenStack-API-Version"),
        ("vary", "Origin"),
        ("vary", "X-OpenStack-Nova-API-Version"),
    ]);
    let page = world.demo().header("origin", HORIZON);
    assert_eq!(said(&page.get("/servers").await), told);
    // A page can read why it is refused.
    assert_eq!(said(&page.get("/servers/none").await), told);
    let nobody = world.top.client().header("origin", HORIZON).get("/servers").await;
    assert_eq!((nobody.status, nobody.header("access-control-allow-origin")), (401, Some(HORIZON)));
    // The region is not asked by the page, and does not answer it.
    accepted(&page.post("/servers", world.body_in("RegionOne", "web")).await);
    assert_eq!(world.one().nova.seen_on("POST /servers").remove(0).header("origin"), None);
}

async fn a_page_that_asks_for_more_is_told_nothing(database: Arc<Database>) {
    let world = World::with(&database, allow).await;
    for (origin, method, headers) in [
        ("https://elsewhere.example.com", "GET", ""),
        ("https://horizon.example.com:8443", "GET", ""),
        (HORIZON, "TRACE", ""),
        (HORIZON, "get", ""),
        (HORIZON, "GET", "x-auth-token, x-other"),
    ] {
        let asked = preflight(&world, origin, method, headers);
        let answer = asked.send("OPTIONS", "/v2.1/servers", None).await.unwrap();
        assert_eq!((answer.status, said(&answer)), (200, Vec::new()), "{origin} {method} {headers}");
    }
    // No preflight: it names no method.
    let plain = Client::new(&world.top.url).header("origin", HORIZON);
    assert!(said(&plain.send("OPTIONS", "/v2.1/servers", None).await.unwrap()).is_empty());
    let elsewhere = world.demo().header("origin", "https://elsewhere.example.com").get("/servers").await;
    assert_eq!(elsewhere.header("access-control-allow-origin"), None);
}
