//! Every route of the table against everyone who may ask: a new route cannot be forgotten here.

use std::sync::Arc;

use http::Method;
use nova_cascade::identity::policy::{Check, Rule};
use nova_cascade::microversion::v2;
use nova_cascade::routes::{self, Class, Route, Target};
use serde_json::json;

use crate::sim::{Answer, Client};
use crate::support::{Database, World, on_each_database, refused};

on_each_database!(every_route_refuses_as_nova_does);

/// A reader, member or admin of the server's project, or a member of another one.
const EVERYONE: [&str; 4] = ["reader", "demo", "admin", "alt"];

async fn every_route_refuses_as_nova_does(database: Arc<Database>) {
    let world = World::start(&database).await;
    let mut server = world.boot("RegionOne", "web").await;
    for route in routes::routes() {
        let nobody = ask(&world.top.client(), route, &path(route, &world, &server)).await;
        assert_eq!(nobody.status == 401, !route.public, "{} {} without a token", route.method, route.path);
        for user in EVERYONE {
            let path = path(route, &world, &server);
            let answer = ask(&world.user(user, &version(route)), route, &path).await;
            check(route, user, &server, &answer);
            if *route.method == Method::DELETE && answer.status < 300 {
                server = world.boot("RegionOne", "web").await;
            }
            let elsewhere = format!("/{}{path}", world.cloud.keystone.project_id("service"));
            let answer = ask(&world.user(user, &version(route)), route, &elsewhere).await;
            if !route.public {
                let message = refused(&answer, 400);
                assert!(message.starts_with("Malformed request URL"), "{} {elsewhere}: {message}", route.method);
            }
        }
    }
}

/// What stands for a parameter of a path.
const SAMPLES: [(&str, &str); 14] = [
    ("{flavor_id}", "1"),
    ("{group_id}", "0b5a0e1f-16a5-4a5a-bd32-0d9a7a1d0001"),
    ("{rule_id}", "0b5a0e1f-16a5-4a5a-bd32-0d9a7a1d0002"),
    ("{image_id}", "0b5a0e1f-16a5-4a5a-bd32-0d9a7a1d0003"),
    ("{volume_id}", "0b5a0e1f-16a5-4a5a-bd32-0d9a7a1d0004"),
    ("{share_id}", "0b5a0e1f-16a5-4a5a-bd32-0d9a7a1d0005"),
    ("{request_id}", "req-0b5a0e1f-16a5-4a5a-bd32-0d9a7a1d0006"),
    ("{token}", "0b5a0e1f-16a5-4a5a-bd32-0d9a7a1d0007"),
    ("{version}", "v2.1"),
    ("{key}", "k"),
    ("{tag}", "t"),
    ("{label}", "private"),
    ("{domain}", "example.org"),
    ("{id}", "1"),
];

/// The route's path, with things that are there in it.
fn path(route: &Route, world: &World, server: &str) -> String {
    let port = world.one().neutron.ports_of(server).first().map(|port| port.id.clone()).unwrap_or_default();
    let mut path = route.path.replace("{server_id}", server).replace("{port_id}", &port);
    for (parameter, sample) in SAMPLES {
        path = path.replace(parameter, sample);
    }
    assert!(!path.contains('{'), "say here what stands for the parameter in {path}");
    path
}

/// The newest that has the route.
fn version(route: &Route) -> String {
    route.versions.end().to_string()
}

async fn ask(client: &Client, route: &Route, path: &str) -> Answer {
    let body = matches!(*route.method, Method::POST | Method::PUT).then(|| json!({}));
    client.send(route.method.as_str(), path, body).await.expect("an answer")
}

fn check(route: &Route, user: &str, server: &str, answer: &Answer) {
    let what = format!("{} {} as {user}: {answer:?}", route.method, route.path);
    if matches!(route.target, Target::Server | Target::DeletedServer) && user == "alt" {
        assert_eq!(refused(answer, 404), format!("Instance {server} could not be found."), "{what}");
        return;
    }
    match route.rule.filter(|rule| !passes(*rule, user)) {
        Some(rule) => {
            assert_eq!(refused(answer, 403), format!("Policy doesn't allow {} to be performed.", rule.name), "{what}");
        }
        None => {
            // The rest is for the region to say.
            let listed =
                route.class == Class::Merged && route.target != Target::Server && route.versions.end() < &v2(36);
            let of_region = listed || matches!(route.class, Class::Routed | Class::Proxied | Class::Gone);
            let refused = matches!(answer.status, 401 | 403 | 500..) || (answer.status == 404 && !of_region);
            assert!(!refused, "{what}");
        }
    }
}

fn passes(rule: Rule, user: &str) -> bool {
    match rule.check {
        Check::Any | Check::ProjectReader => true,
        Check::ProjectMember => user != "reader",
        Check::ProjectManager | Check::Service | Check::Admin => user == "admin",
    }
}
