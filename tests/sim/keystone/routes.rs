//! Identity v3 over HTTP: as much as clients and services need of it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::super::faults::Service;
use super::super::http::{Req, Resp};
use super::super::journal::Journal;
use super::super::serve::App;
use super::identity::User;
use super::token::{Token, TokenSpec};
use super::{Keystone, document};

impl App for Keystone {
    fn service(&self) -> Service {
        Service::Keystone
    }

    fn journal(&self) -> &Journal {
        &self.journal
    }

    fn route(&self, path: &str) -> Option<String> {
        let path = path.trim_end_matches('/');
        let is_project = path.starts_with("/v3/projects/");
        Some(if is_project { "/v3/projects/{id}".into() } else { path.to_owned() })
    }

    fn handle(&self, req: &Req) -> Resp {
        let resp = match (req.method.as_str(), req.path.trim_end_matches('/')) {
            ("GET", "") => Resp::json(300, &json!({"versions": {"values": [self.version(req)]}})),
            ("GET", "/v3") => Resp::json(200, &json!({"version": self.version(req)})),
            ("POST", "/v3/auth/tokens") => self.issue(req),
            ("GET" | "HEAD", "/v3/auth/tokens") => self.validate(req),
            ("DELETE", "/v3/auth/tokens") => self.revoke_by_request(req),
            ("GET", "/v3/auth/catalog") => self.catalog_of(req),
            ("GET", path) if path.starts_with("/v3/projects") => self.projects(req, path),
            _ => fault(404, "The resource could not be found."),
        };
        resp.with("vary", "X-Auth-Token").with("x-openstack-request-id", &format!("req-{}", uuid::Uuid::new_v4()))
    }

    fn fault(&self, _req: &Req, status: u16, message: &str) -> Resp {
        fault(status, message)
    }
}

/// Keystone's form of fault.
pub fn fault(status: u16, message: &str) -> Resp {
    let title = http::StatusCode::from_u16(status).ok().and_then(|s| s.canonical_reason()).unwrap_or_default();
    Resp::json(status, &json!({"error": {"code": status, "message": message, "title": title}}))
}

impl Keystone {
    fn version(&self, req: &Req) -> Value {
        json!({
            "id": "v3.14",
            "status": "stable",
            "updated": "2020-04-07T00:00:00Z",
            "links": [{"rel": "self", "href": format!("{}/v3/", req.base)}],
            "media-types": [
                {"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"},
            ],
        })
    }

    fn issue(&self, req: &Req) -> Resp {
        let body = req.json().unwrap_or_default();
        let Some(identity) = body.pointer("/auth/identity").filter(|identity| identity["methods"].is_array()) else {
            return fault(400, "Invalid input for field 'identity': 'methods' is a required property");
        };
        let user = if let Some(id) = identity.pointer("/token/id").and_then(Value::as_str) {
            let held = self.find(id).filter(|token| !token.expired());
            held.and_then(|token| self.identity.lock().unwrap().find_user(|user| user.id == token.user.id))
        } else {
            self.by_password(&identity["password"]["user"])
        };
        let Some(user) = user else { return self.unauthorized() };
        let mut spec = TokenSpec::of(&user.name).expires_in(*self.token_life.lock().unwrap());
        match body.pointer("/auth/scope").filter(|scope| scope.is_object()) {
            None => spec = spec.unscoped(),
            Some(scope) if names(&scope["project"], &user.project.id, &user.project.name) => {}
            Some(_) => return self.unauthorized(),
        }
        let id = self.keep(Token::new(user, spec));
        let token = self.find(&id).unwrap();
        self.show(201, &token, false).with("x-subject-token", &id)
    }

    fn by_password(&self, given: &Value) -> Option<User> {
        let known = |user: &User| names(given, &user.id, &user.name) && given["password"] == *user.password;
        self.identity.lock().unwrap().find_user(known)
    }

    fn validate(&self, req: &Req) -> Resp {
        self.validations.fetch_add(1, Ordering::Relaxed);
        let subject = match self.caller_and_subject(req) {
            Ok(subject) => subject,
            Err(resp) => return *resp,
        };
        let allow_expired = req.q("allow_expired").is_some_and(|flag| flag != "0" && flag != "false");
        match subject.filter(|token| allow_expired || !token.expired()) {
            Some(token) => {
                let id = token.id.clone();
                self.show(200, &token, req.q("nocatalog").is_some()).with("x-subject-token", &id)
            }
            None => fault(404, "Could not find token: x."),
        }
    }

    fn revoke_by_request(&self, req: &Req) -> Resp {
        match self.caller_and_subject(req) {
            Err(resp) => *resp,
            Ok(None) => fault(404, "Could not find token: x."),
            Ok(Some(token)) => {
                self.revoke(&token.id);
                Resp::empty(204)
            }
        }
    }

    /// The subject of a request that asks about a token: one's own always, others' with a privileged role.
    fn caller_and_subject(&self, req: &Req) -> Result<Option<Arc<Token>>, Box<Resp>> {
        let caller = self.caller(req)?;
        let Some(subject) = req.header("x-subject-token") else {
            return Err(Box::new(fault(400, "The request does not have a valid subject token header.")));
        };
        let privileged = caller.is_admin() || caller.has("service");
        if !privileged && caller.id != subject {
            let rule = "You are not authorized to perform the requested action: identity:validate_token.";
            return Err(Box::new(fault(403, rule)));
        }
        Ok(self.find(subject))
    }

    fn caller(&self, req: &Req) -> Result<Arc<Token>, Box<Resp>> {
        req.header("x-auth-token")
            .and_then(|id| self.find(id))
            .filter(|token| !token.expired())
            .ok_or_else(|| Box::new(self.unauthorized()))
    }

    fn show(&self, status: u16, token: &Token, nocatalog: bool) -> Resp {
        let catalog = self.catalog.lock().unwrap();
        Resp::json(status, &document::token(token, (!nocatalog).then_some(&catalog)))
    }

    fn catalog_of(&self, req: &Req) -> Resp {
        match self.caller(req) {
            Err(resp) => *resp,
            Ok(token) => {
                let catalog = self.catalog.lock().unwrap();
                let document = document::token(&token, Some(&catalog));
                Resp::json(200, &json!({"catalog": document["token"]["catalog"], "links": {}}))
            }
        }
    }

    fn projects(&self, req: &Req, path: &str) -> Resp {
        if let Err(resp) = self.caller(req) {
            return *resp;
        }
        let identity = self.identity.lock().unwrap();
        let wanted = path.strip_prefix("/v3/projects/");
        let found = identity.projects().iter().filter(|project| {
            wanted.is_none_or(|id| id == project.id) && req.q("name").is_none_or(|name| name == project.name)
        });
        let mut found: Vec<Value> = found
            .map(|p| json!({"id": p.id, "name": p.name, "domain_id": "default", "enabled": true, "links": {}}))
            .collect();
        match wanted {
            None => Resp::json(200, &json!({"projects": found, "links": {}})),
            Some(_) if found.len() == 1 => Resp::json(200, &json!({"project": found.remove(0)})),
            Some(id) => fault(404, &format!("Could not find project: {id}.")),
        }
    }
}

/// Whether `{"id": …}` or `{"name": …, "domain": …}` names this object of the default domain.
fn names(given: &Value, id: &str, name: &str) -> bool {
    let domain = &given["domain"];
    given["id"] == id || (given["name"] == name && (domain["id"] == "default" || domain["name"] == "Default"))
}
