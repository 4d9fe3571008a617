//! Every route of the table against everyone who may ask: a new route cannot be forgotten here.

use std::sync::Arc;

use http::Method;
use nova_cascade::identity::policy::{Check, Rule};
use nova_cascade::routes::{self, Route, Target};
use serde_json::json;

use crate::sim::{Answer, Client};
use crate::support::{Database, World, on_each_database, refused};

on_each_database!(every_route_refuses_as_nova_does);

/// A reader, member or admin of the server's project, or a member of another one.
const EVERYONE: [&str; 4] = ["reader", "demo", "admin", "alt"];

async fn every_route_refuses_as_nova_does(database: Arc<Database>) {
    let world = World::start(&database).await;
    let mut server = world.boot("RegionOne", "web").await;
    for route in &routes::ROUTES {
        let nobody = ask(&world.top.client(), route, &path(route, &world, &server)).await;
        assert_eq!(nobody.status == 401, !route.public, "{} {} without a token", route.method, route.path);
        for user in EVERYONE {
            let path = path(route, &world, &server);
            let answer = ask(&world.user(user, "2.1"), route, &path).await;
            check(route, user, &server, &answer);
            if *route.method == Method::DELETE && answer.status < 300 {
                server = world.boot("RegionOne", "web").await;
            }
            let elsewhere = format!("/{}{path}", world.cloud.keystone.project_id("service"));
            let answer = ask(&world.user(user, "2.1"), route, &elsewhere).await;
            if !route.public {
                let message = refused(&answer, 400);
                assert!(message.starts_with("Malformed request URL"), "{} {elsewhere}: {message}", route.method);
            }
        }
    }
}

/// The route's path, with things that are there in it.
fn path(route: &Route, world: &World, server: &str) -> String {
    let port = world.one().neutron.ports_of(server).first().map(|port| port.id.clone()).unwrap_or_default();
    let path = route.path.replace("{server_id}", server).replace("{port_id}", &port).replace("{flavor_id}", "1");
    assert!(!path.contains('{'), "say here what stands for the parameter in {path}");
    path
}

async fn ask(client: &Client, route: &Route, path: &str) -> Answer {
    let body = matches!(*route.method, Method::POST | Method::PUT).then(|| json!({}));
    client.send(route.method.as_str(), path, body).await.expect("an answer")
}

fn check(route: &Route, user: &str, server: &str, answer: &Answer) {
    let what = format!("{} {} as {user}: {answer:?}", route.method, route.path);
    if route.target == Target::Server && user == "alt" {
        assert_eq!(refused(answer, 404), format!("Instance {server} could not be found."), "{what}");
        return;
    }
    match route.rule.filter(|rule| !passes(*rule, user)) {
        Some(rule) => {
            assert_eq!(refused(answer, 403), format!("Policy doesn't allow {} to be performed.", rule.name), "{what}");
        }
        None => assert!(!matches!(answer.status, 401 | 403 | 404 | 500..), "{what}"),
    }
}

fn passes(rule: Rule, user: &str) -> bool {
    match rule.check {
        Check::Any | Check::ProjectReader => true,
        Check::ProjectMember => user != "reader",
        Check::Admin => user == "admin",
    }
}
