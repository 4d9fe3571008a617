//! Tokens of each scope with each role × every route and action: the top answers what a real Nova was seen to answer.

mod table;

use std::sync::Arc;

use http::Method;
use nova_cascade::db::flavors;
use nova_cascade::identity::{Identity, Scope as TokenScope};
use serde_json::{Value, json};

use self::table::{ASKERS, Cell, Operation, Table, operations};
use crate::key_pairs;
use crate::routes::{add_flavor, filled, new_group};
use crate::sim::{Answer, Client, Scope, TokenSpec};
use crate::support::{Database, World, flavor, on_each_database, refused};

on_each_database!(
    a_token_of_any_scope_may_do_what_nova_lets_it,
    without_a_project_no_path_has_ones_own,
    without_a_project_flavors_show_what_nova_shows,
    without_a_scope_there_are_the_users_own_key_pairs,
);

/// The roles that each implies (Keystone's bootstrap).
const IMPLIED: [(&str, &[&str]); 5] = [
    ("admin", &["admin", "manager", "member", "reader"]),
    ("manager", &["manager", "member", "reader"]),
    ("member", &["member", "reader"]),
    ("reader", &["reader"]),
    ("service", &["service"]),
];

fn user(role: &str) -> String {
    format!("scope-{}", if role.is_empty() { "admin" } else { role })
}

/// A user for each role, in demo's project; the clients of the table's columns.
fn clients(world: &World) -> Vec<Client> {
    for (role, roles) in IMPLIED {
        world.cloud.keystone.add_user(&user(role), "demo", roles);
    }
    ASKERS.map(|(scope, role)| client(world, scope, role)).to_vec()
}

fn client(world: &World, scope: &str, role: &str) -> Client {
    let scope = match scope {
        "unscoped" => Scope::Unscoped,
        "domain" => Scope::Domain,
        "system" => Scope::System,
        _ => Scope::Project,
    };
    let token = world.cloud.keystone.mint(TokenSpec::of(&user(role)).scope(scope));
    world.top.client().token(&token)
}

fn read(answer: &Answer) -> Cell {
    let document: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let fault = document.as_object().and_then(|object| object.values().next());
    let message = fault.and_then(|fault| fault["message"].as_str()).unwrap_or_default();
    Cell::read(answer.status, message)
}

async fn ask(client: &Client, operation: &Operation, path: &str) -> Answer {
    let body = match (operation.action, operation.route.path) {
        (Some(action), _) => Some(json!({ (action.name): null })),
        // Nova reads these before it asks who sends them.
        (None, "/os-keypairs") => Some(key_pairs::import("k")),
        (None, "/flavors/{flavor_id}/action") => Some(json!({"addTenantAccess": {"tenant": "another"}})),
        _ => Some(json!({})),
    };
    let body = body.filter(|_| matches!(*operation.route.method, Method::POST | Method::PUT));
    let client = client.clone().version(&operation.version());
    client.send(operation.route.method.as_str(), path, body).await.expect("an answer")
}

async fn a_token_of_any_scope_may_do_what_nova_lets_it(database: Arc<Database>) {
    let world = World::with(&database, |config| config.quota.server_groups = -1).await;
    let server = world.boot("RegionOne", "web").await;
    add_flavor(&world).await;
    let group = new_group(&world).await;
    let (clients, table, mut different) = (clients(&world), Table::captured(), Vec::new());
    let asked = operations();
    assert_eq!(table.len(), asked.len(), "scopes.txt tells of what is no longer asked");
    for operation in &asked {
        let template = format!("{}{}", operation.route.path, operation.query);
        let path = filled(&template, &world, &server).replace("{server_group_id}", &group);
        for (column, client) in clients.iter().enumerate() {
            let captured = table.cell(operation, column);
            // Images are for Glance to refuse, and what would be done is done in other tests.
            if *captured == Cell::NotAsked || operation.route.path.starts_with("/images") {
                continue;
            }
            let (answer, wanted) = (ask(client, operation, &path).await, captured.on_top(operation, column));
            if !read(&answer).is(&wanted, column) {
                different.push(format!("{} by {:?}: {answer:?}, not {wanted:?}", operation.name(), ASKERS[column]));
            }
        }
    }
    assert!(different.is_empty(), "{} differ:\n{}", different.len(), different.join("\n"));
    assert_eq!(world.boots_sent(), 1, "one who may not has booted");
}

async fn without_a_project_no_path_has_ones_own(database: Arc<Database>) {
    let world = World::start(&database).await;
    clients(&world);
    let project = world.cloud.keystone.project_id("demo");
    for (scope, role) in [("unscoped", ""), ("domain", "admin"), ("system", "admin")] {
        let client = client(&world, scope, role);
        for path in ["/servers", "/flavors", "/extensions", "/os-agents", "/servers/1/action"] {
            let method = if path.ends_with("action") { "POST" } else { "GET" };
            let body = (method == "POST").then(|| json!({"os-start": null}));
            let answer = client.send(method, &format!("/{project}{path}"), body).await.expect("an answer");
            let message = "Malformed request URL: URL's project_id";
            let wanted = format!("{message} '{project}' doesn't match Context's project_id 'None'");
            assert_eq!(refused(&answer, 400), wanted, "{scope} {path}");
        }
    }
}

async fn without_a_project_flavors_show_what_nova_shows(database: Arc<Database>) {
    let world = World::start(&database).await;
    clients(&world);
    let hidden = flavors::Flavor { is_public: false, ..flavor("77", "hidden") };
    flavors::import(&world.db, &hidden, &[world.cloud.keystone.project_id("demo")]).await.expect("a flavor");
    for (scope, role) in ASKERS.into_iter().filter(|(scope, _)| *scope != "project") {
        let client = client(&world, scope, role).version("2.61");
        let listed = client.get("/flavors/detail?is_public=none").await.json()["flavors"].clone();
        let listed = listed.as_array().expect("a list");
        // No rule guards flavors: Nova looks at the role alone.
        assert_eq!(listed.iter().any(|flavor| flavor["id"] == "77"), role == "admin", "{scope} {role}");
        assert!(listed.iter().all(|flavor| flavor.get("extra_specs").is_none()), "{scope} {role}: {listed:?}");
    }
    let member = client(&world, "project", "member").version("2.61").get("/flavors/1").await.json();
    assert_eq!(member["flavor"]["extra_specs"], json!({}));
}

async fn without_a_scope_there_are_the_users_own_key_pairs(database: Arc<Database>) {
    let world = World::start(&database).await;
    clients(&world);
    let of = |scope: &str, role: &str| client(&world, scope, role).version("2.10");
    for role in ["member", "reader"] {
        assert_eq!(of("project", role).post("/os-keypairs", key_pairs::import(role)).await.status, 201);
    }
    let token = world.cloud.keystone.mint(TokenSpec::of(&user("member")).unscoped());
    let unscoped = world.top.client().token(&token).version("2.10");
    let listed = unscoped.get("/os-keypairs").await.json()["keypairs"].clone();
    assert_eq!((listed[0]["keypair"]["name"].as_str(), listed[1].is_null()), (Some("member"), true), "{listed}");
    assert_eq!(unscoped.get("/os-keypairs/member").await.status, 200);
    assert_eq!(unscoped.get("/os-keypairs/reader").await.status, 404);
    assert_eq!(refused(&unscoped.post("/os-keypairs", key_pairs::import("more")).await, 403), "Forbidden");
}

/// What is not asked, for it would be done, passes by its rule; the roles of another project do not.
#[test]
fn roles_in_the_project_pass_where_novas_rules_let_them() {
    for operation in operations() {
        let Some(rule) = operation.rule() else { continue };
        for (role, roles) in IMPLIED {
            let roles = roles.iter().map(|role| (*role).to_owned()).collect();
            let who = Identity {
                user_id: "u".into(),
                project_id: "p".into(),
                scope: TokenScope::Project,
                roles,
                ..Identity::default()
            };
            let passes = rule.allows(&who, "p") || rule.allows_user(&who, "u");
            assert_eq!(passes, operation.passes(role), "{} by {role}", operation.name());
        }
    }
}
