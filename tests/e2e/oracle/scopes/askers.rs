//! Users with one role each, for a project, the domain and the system, and their tokens for each of these.

use serde_json::{Value, json};

use super::table::ASKERS;
use crate::support::http::Ask;
use crate::support::lab;

/// What the users are called, with their role behind it.
const NAME: &str = "e2e-scope-";
const ROLES: [&str; 5] = ["admin", "manager", "member", "reader", "service"];

/// They are there until this is dropped.
pub struct Askers {
    admin: String,
    ids: Vec<String>,
    tokens: Vec<String>,
}

impl Askers {
    /// Makes them, in place of those of an earlier run.
    pub fn new(admin: &str) -> Self {
        let mut askers = Self { admin: admin.to_owned(), ids: Vec::new(), tokens: Vec::new() };
        let password = uuid::Uuid::new_v4().to_string();
        for role in ROLES {
            askers.add(role, &password);
        }
        let token = |(scope, role): (&str, &str)| {
            let role = if role.is_empty() { "admin" } else { role };
            token(&format!("{NAME}{role}"), &password, &scope_of(scope))
        };
        askers.tokens = ASKERS.map(token).to_vec();
        askers
    }

    /// The token of a column of the table.
    pub fn token(&self, column: usize) -> &str {
        &self.tokens[column]
    }

    fn add(&mut self, role: &str, password: &str) {
        let name = format!("{NAME}{role}");
        let known = self.ask("GET", &format!("/users?name={name}"), None);
        for user in known["users"].as_array().into_iter().flatten() {
            self.ask("DELETE", &format!("/users/{}", user["id"].as_str().unwrap_or_default()), None);
        }
        let user = json!({ "user": { "name": name, "domain_id": "default", "password": password } });
        let id = self.ask("POST", "/users", Some(user))["user"]["id"].as_str().expect("a user").to_owned();
        self.ids.push(id.clone());
        let roles = self.ask("GET", &format!("/roles?name={role}"), None);
        let role = roles["roles"][0]["id"].as_str().expect("a role").to_owned();
        let project = lab::fact("/projects/demo");
        for target in [format!("projects/{project}"), "domains/default".into(), "system".into()] {
            self.ask("PUT", &format!("/{target}/users/{id}/roles/{role}"), None);
        }
    }

    fn ask(&self, method: &'static str, path: &str, body: Option<Value>) -> Value {
        let ask = Ask::new(method, format!("{}{path}", lab::fact("/keystone_url"))).token(&self.admin);
        let answer = if let Some(body) = body { ask.json(&body).send() } else { ask.send() };
        assert!(answer.status < 300, "{method} {path}: {} {}", answer.status, answer.text);
        serde_json::from_str(&answer.text).unwrap_or_default()
    }
}

impl Drop for Askers {
    fn drop(&mut self) {
        for id in &self.ids {
            let url = format!("{}/users/{id}", lab::fact("/keystone_url"));
            let _ = Ask::new("DELETE", url).token(&self.admin).try_send();
        }
    }
}

fn scope_of(scope: &str) -> Value {
    match scope {
        "unscoped" => json!("unscoped"),
        "domain" => json!({ "domain": { "id": "default" } }),
        "system" => json!({ "system": { "all": true } }),
        _ => json!({ "project": { "id": lab::fact("/projects/demo") } }),
    }
}

fn token(user: &str, password: &str, scope: &Value) -> String {
    let user = json!({ "name": user, "domain": { "id": "default" }, "password": password });
    let identity = json!({ "methods": ["password"], "password": { "user": user } });
    let body = json!({ "auth": { "identity": identity, "scope": scope } });
    let url = format!("{}/auth/tokens", lab::fact("/keystone_url"));
    Ask::new("POST", url).json(&body).send().expect(201).header("x-subject-token")
}
