//! Which refusal comes first.

use std::sync::Arc;

use nova_cascade::routes;

use crate::routes::{filled, new_group};
use crate::support::{Database, World, on_each_database, refused};

on_each_database!(a_query_is_judged_before_who_asks, numbers_too);

/// As by Nova, which holds a query against its schema before it looks for the server and asks its policy.
async fn a_query_is_judged_before_who_asks(database: Arc<Database>) {
    let world = World::start(&database).await;
    let group = new_group(&world).await;
    let nowhere = "0b5a0e1f-16a5-4a5a-bd32-0d9a7a1d0000";
    let mut seen = 0;
    for route in routes::routes().filter(|route| route.query.is_some()) {
        let path = filled(route.path, &world, nowhere).replace("{server_group_id}", &group);
        for user in ["reader", "demo", "alt", "admin"] {
            let client = world.user(user, &route.versions.end().to_string());
            let answer = client.send(route.method.as_str(), &format!("{path}?frob=1"), None).await.unwrap();
            let message = refused(&answer, 400);
            let words = "Additional properties are not allowed ('frob' was unexpected)";
            assert_eq!(message, words, "{} {} as {user}", route.method, route.path);
        }
        let nobody = world.top.client().send(route.method.as_str(), &format!("{path}?frob=1"), None).await.unwrap();
        assert_eq!(nobody.status, 401, "{} {}", route.method, route.path);
        seen += 1;
    }
    assert!(seen > 15, "{seen}");
    // Before the version that closes it, who asks is what counts.
    let path = format!("/os-quota-sets/{}?frob=1", world.cloud.keystone.project_id("demo"));
    refused(&world.user("alt", "2.74").get(&path).await, 403);
    assert_eq!(world.user("demo", "2.74").get(&path).await.status, 200);
    refused(&world.user("demo", "2.101").get(&format!("/servers/{nowhere}?frob=1")).await, 404);
}

async fn numbers_too(database: Arc<Database>) {
    let world = World::start(&database).await;
    let project = world.cloud.keystone.project_id("demo");
    for (path, since) in [
        ("/os-server-groups?limit=x".to_owned(), 1),
        ("/os-server-groups?offset=x".to_owned(), 1),
        ("/os-keypairs?user_id=another&limit=x".to_owned(), 35),
        ("/os-simple-tenant-usage?limit=x".to_owned(), 40),
        (format!("/os-simple-tenant-usage/{project}?limit=x"), 40),
    ] {
        let message = refused(&world.user("alt", &format!("2.{since}")).get(&path).await, 400);
        assert!(message.ends_with(". Value: x. 'x' does not match '^[0-9]*$'"), "{path}: {message}");
        if since > 1 {
            refused(&world.user("alt", &format!("2.{}", since - 1)).get(&path).await, 403);
        }
    }
}
