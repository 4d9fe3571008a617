//! Every parameter of every query.

use std::sync::Arc;

use http::Method;
use nova_cascade::microversion::v2;
use nova_cascade::routes::{self, Class};

use super::{Case, encoded, failures, nothing_is_lost, samples};
use crate::support::{Database, World, ids, on_each_database, refused};

on_each_database!(every_parameter_of_every_query, what_is_no_text_is_refused);

/// What lists other than those of servers are asked with.
const PARAMETERS: [&str; 22] = [
    "all_projects",
    "all_tenants",
    "changes-before",
    "changes-since",
    "deleted",
    "detailed",
    "end",
    "is_public",
    "limit",
    "marker",
    "minDisk",
    "minRam",
    "name",
    "offset",
    "project_id",
    "reserved",
    "sort_dir",
    "sort_key",
    "start",
    "tenant_id",
    "user_id",
    "%00",
];

/// What lists of servers are asked with, out of the table of them.
fn of_servers() -> Vec<&'static str> {
    let table = include_str!("../../../src/api/servers/query/parameters.rs");
    let rows = table.lines().map(str::trim).filter(|line| line.ends_with("),"));
    let names = rows.filter_map(|row| {
        let rest = ["parameter(", "since(", "unlisted("].iter().find_map(|start| row.strip_prefix(start))?;
        rest.split('"').nth(1)
    });
    let names: Vec<&str> = names.collect();
    assert!(names.len() > 60 && names.contains(&"hostname"), "the table was not read: {names:?}");
    names
}

async fn every_parameter_of_every_query(database: Arc<Database>) {
    let world = World::start(&database).await;
    let server = world.boot("RegionOne", "web").await;
    let mut cases = Vec::new();
    let answered = [Class::Owned, Class::Merged, Class::Own];
    for route in routes::routes().filter(|route| *route.method == Method::GET && answered.contains(&route.class)) {
        let path = samples::path(route.path, &world, &server);
        let lists_servers = ["/servers", "/servers/detail"].contains(&route.path);
        let parameters = if lists_servers { of_servers() } else { PARAMETERS.to_vec() };
        // Past 2.74 what is not known is refused; what came after that is asked at the newest.
        let versions = if lists_servers {
            vec![v2(74), v2(104)]
        } else {
            vec![v2(74).clamp(*route.versions.start(), *route.versions.end())]
        };
        for version in versions {
            for parameter in &parameters {
                for text in encoded() {
                    let path = format!("{path}?{parameter}={text}");
                    cases.push(Case { method: "GET", path, body: None, version: version.to_string() });
                }
            }
        }
    }
    let failed = failures(&world, "admin", cases).await;
    assert!(failed.is_empty(), "{} failed:\n{}", failed.len(), failed.join("\n"));
    nothing_is_lost(&world, &server).await;
}

async fn what_is_no_text_is_refused(database: Arc<Database>) {
    let world = World::start(&database).await;
    let server = world.boot("RegionOne", "web").await;
    for path in ["/servers?name=%ff", "/flavors?marker=%c3", "/os-keypairs?user_id=%ff", "/limits?tenant_id=%ff"] {
        assert_eq!(refused(&world.demo().get(path).await, 400), "Query string is not UTF-8 encoded");
    }
    for query in ["name=%F0%9F%98%80", "name=%00", "user_id=%00", "image=%F0%9F%98%80"] {
        let demo = world.user("demo", "2.104");
        assert!(ids(&demo.get(&format!("/servers?{query}")).await).is_empty(), "{query}");
    }
    assert_eq!(ids(&world.demo().get("/servers?name=web").await), [server]);
    let message = refused(&world.demo().get("/servers?marker=%00").await, 400);
    assert_eq!(message, "marker [\0] not found");
}
