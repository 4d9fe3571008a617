//! Every route of the table against everyone who may ask: a new route cannot be forgotten here.

use std::sync::Arc;

use http::Method;
use nova_cascade::api::servers::actions::ACTIONS;
use nova_cascade::db::flavors::{self, Flavor};
use nova_cascade::identity::policy::{self, Check, Rule};
use nova_cascade::microversion::{MAX_KNOWN, Microversion, v2};
use nova_cascade::routes::{self, Class, Route, Target};
use serde_json::json;

use crate::key_pairs;
use crate::protocol::only_nova_saw_service_tokens;
use crate::sim::{Answer, Client};
use crate::support::{Database, World, flavor, on_each_database, refused};

on_each_database!(every_route_refuses_as_nova_does, every_action_refuses_as_nova_does);

/// A reader, member or admin of the server's project, or a member of another one.
const EVERYONE: [&str; 4] = ["reader", "demo", "admin", "alt"];

async fn every_route_refuses_as_nova_does(database: Arc<Database>) {
    let world = World::with(&database, |config| config.quota.server_groups = -1).await;
    let mut server = world.boot("RegionOne", "web").await;
    add_flavor(&world).await;
    let mut group = new_group(&world).await;
    for route in routes::routes() {
        let nobody = ask(&world.top.client(), route, &path(route, &world, &server)).await;
        assert_eq!(nobody.status == 401, !route.public, "{} {} without a token", route.method, route.path);
        for user in EVERYONE {
            let path = path(route, &world, &server).replace("{server_group_id}", &group);
            if path.starts_with("/os-keypairs/") {
                world.user(user, "2.2").post("/os-keypairs", key_pairs::import("k")).await;
            }
            let answer = ask(&world.user(user, &version(route)), route, &path).await;
            check(route, user, &server, &group, &answer);
            if *route.method == Method::DELETE && answer.status < 300 {
                server = world.boot("RegionOne", "web").await;
                group = new_group(&world).await;
            }
            let elsewhere = format!("/{}{path}", world.cloud.keystone.project_id("service"));
            let answer = ask(&world.user(user, &version(route)), route, &elsewhere).await;
            if !route.public {
                let message = refused(&answer, 400);
                assert!(message.starts_with("Malformed request URL"), "{} {elsewhere}: {message}", route.method);
            }
        }
    }
    only_nova_saw_service_tokens(&world);
}

/// A flavor that has all that paths name of one, for the projects of everyone.
pub async fn add_flavor(world: &World) {
    let private = Flavor { is_public: false, extra_specs: json!({"k": "v"}).to_string(), ..flavor("77", "private") };
    let projects = ["demo", "alt"].map(|name| world.cloud.keystone.project_id(name));
    flavors::import(&world.db, &private, &projects).await.expect("a flavor");
}

/// Rules that are asked in the handler, since they depend on the microversion.
const IN_HANDLERS: [(&str, Rule); 1] =
    [("/os-console-auth-tokens/{token}", policy::admin("os_compute_api:os-console-auth-tokens"))];

async fn every_action_refuses_as_nova_does(database: Arc<Database>) {
    let world = World::start(&database).await;
    let server = world.boot("RegionOne", "web").await;
    let path = format!("/servers/{server}/action");
    let nowhere = "0b5a0e1f-16a5-4a5a-bd32-0d9a7a1d0000";
    let sent = world.one().nova.count("POST /servers/{id}/action");
    for action in &ACTIONS {
        let last = *action.versions.end();
        let post = async |user: &str, version: Microversion, path: &str| {
            world.user(user, &version.to_string()).post(path, json!({ (action.name): null })).await
        };
        let nobody = world.top.client().version(&last.to_string()).post(&path, json!({ (action.name): null })).await;
        assert_eq!(nobody.status, 401, "{} without a token", action.name);
        if last < MAX_KNOWN {
            assert_eq!(
                refused(&post("demo", v2(last.minor + 1), &path).await, 404),
                "The resource could not be found."
            );
        }
        if let Some(status) = action.removed {
            for (user, path) in [("demo", path.as_str()), ("alt", &path), ("demo", &path.replace(&server, nowhere))] {
                refused(&post(user, last, path).await, status.as_u16());
            }
            continue;
        }
        let message = refused(&post("alt", last, &path).await, 404);
        assert_eq!(message, format!("Instance {server} could not be found."), "{}", action.name);
        let message = refused(&post("demo", last, &path.replace(&server, nowhere)).await, 404);
        let mapped = action.target == Target::MappedServer;
        let why = if mapped { "has no mapping to a cell." } else { "could not be found." };
        assert_eq!(message, format!("Instance {nowhere} {why}"), "{}", action.name);
        for user in ["reader", "demo"].into_iter().filter(|user| !passes(action.rule, user)) {
            let message = refused(&post(user, last, &path).await, 403);
            assert_eq!(message, format!("Policy doesn't allow {} to be performed.", action.rule.name));
        }
        assert!(!passes(action.rule, "reader"), "readers change nothing: {}", action.name);
    }
    assert_eq!(world.one().nova.count("POST /servers/{id}/action"), sent, "a refusal reached the region");
}

/// A server group of demo's project.
pub async fn new_group(world: &World) -> String {
    let body = json!({"server_group": {"name": "g", "policies": ["affinity"]}});
    let group = world.demo().post("/os-server-groups", body).await.json();
    group["server_group"]["id"].as_str().expect("a group").to_owned()
}

/// What stands for a parameter of a path.
const SAMPLES: &[(&str, &str)] = &[
    ("{alias}", "os-consoles"),
    ("{flavor_id}", "77"),
    ("{group_id}", "0b5a0e1f-16a5-4a5a-bd32-0d9a7a1d0001"),
    ("{rule_id}", "0b5a0e1f-16a5-4a5a-bd32-0d9a7a1d0002"),
    ("{image_id}", "0b5a0e1f-16a5-4a5a-bd32-0d9a7a1d0003"),
    ("{volume_id}", "0b5a0e1f-16a5-4a5a-bd32-0d9a7a1d0004"),
    ("{share_id}", "0b5a0e1f-16a5-4a5a-bd32-0d9a7a1d0005"),
    ("{request_id}", "req-0b5a0e1f-16a5-4a5a-bd32-0d9a7a1d0006"),
    ("{token}", "0b5a0e1f-16a5-4a5a-bd32-0d9a7a1d0007"),
    ("{version}", "v2.1"),
    ("{key}", "k"),
    ("{keypair_name}", "k"),
    ("{tag}", "t"),
    ("{label}", "private"),
    ("{domain}", "example.org"),
    ("{id}", "1"),
    ("{name}", "default"),
];

/// The route's path, with things that are there in it.
fn path(route: &Route, world: &World, server: &str) -> String {
    filled(route.path, world, server)
}

/// The same of a path as the table writes it.
pub fn filled(template: &str, world: &World, server: &str) -> String {
    let port = world.one().neutron.ports_of(server).first().map(|port| port.id.clone()).unwrap_or_default();
    let mut path = template.replace("{server_id}", server).replace("{port_id}", &port);
    path = path.replace("{project_id}", &world.cloud.keystone.project_id("demo"));
    for (parameter, sample) in SAMPLES {
        path = path.replace(parameter, sample);
    }
    assert!(!path.replace("{server_group_id}", "").contains('{'), "say here what stands for the parameter in {path}");
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

fn check(route: &Route, user: &str, server: &str, group: &str, answer: &Answer) {
    let what = format!("{} {} as {user}: {answer:?}", route.method, route.path);
    let own_only = matches!(route.target, Target::Server | Target::DeletedServer | Target::MappedServer);
    if own_only && user == "alt" {
        assert_eq!(refused(answer, 404), format!("Instance {server} could not be found."), "{what}");
        return;
    }
    if route.path.contains("{server_group_id}") && user == "alt" {
        assert_eq!(refused(answer, 404), format!("Instance group {group} could not be found."), "{what}");
        return;
    }
    let in_handler = IN_HANDLERS.iter().find(|(path, _)| *path == route.path).map(|(_, rule)| *rule);
    let foreign = matches!(route.target, Target::AnyServer | Target::Project);
    let stranger = foreign && user == "alt" && route.rule.is_some_and(|rule| rule.check != Check::Any);
    match route.rule.or(in_handler).filter(|rule| stranger || !passes(*rule, user)) {
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
        Check::Any | Check::ProjectReader | Check::Own => true,
        Check::ProjectMember => user != "reader",
        Check::ProjectManager | Check::Service | Check::Admin => user == "admin",
    }
}
