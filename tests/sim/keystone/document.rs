//! The token document and its catalog.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::identity::Named;
use super::token::{Scope, Token};

/// A service of a region, reachable at one address.
#[derive(Clone, Debug)]
pub struct Endpoint {
    pub region: String,
    /// The service type: identity, compute, network, image, placement, volumev3.
    pub kind: String,
    pub url: String,
}

/// What `POST` and `GET /v3/auth/tokens` say of a token.
pub fn token(token: &Token, catalog: Option<&[Endpoint]>) -> Value {
    let mut document = json!({
        "methods": token.methods,
        "user": {
            "id": token.user.id, "name": token.user.name, "domain": domain(), "password_expires_at": null,
        },
        "audit_ids": [token.audit_id],
        "issued_at": stamp(token.issued_at),
        "expires_at": stamp(token.expires_at),
    });
    if let Some(project) = &token.project {
        document["project"] = self::project(project);
        document["is_domain"] = json!(false);
    }
    match token.scope {
        Scope::Domain => document["domain"] = domain(),
        Scope::System => document["system"] = json!({"all": true}),
        Scope::Unscoped | Scope::Project => {}
    }
    if token.scope != Scope::Unscoped {
        document["roles"] = token.roles.iter().map(|name| json!({"id": role_id(name), "name": name})).collect();
        if let Some(catalog) = catalog {
            document["catalog"] = services(catalog);
        }
    }
    if let Some(rules) = &token.access_rules {
        document["application_credential"] =
            json!({"id": token.audit_id, "name": "limited", "restricted": true, "access_rules": rules});
    }
    json!({ "token": document })
}

/// A project as tokens name it.
pub fn project(project: &Named) -> Value {
    json!({"id": project.id, "name": project.name, "domain": domain()})
}

fn domain() -> Value {
    json!({"id": "default", "name": "Default"})
}

/// Roles have ids of their own, the same in every token.
fn role_id(name: &str) -> String {
    name.bytes().cycle().take(16).fold(String::new(), |id, byte| id + &format!("{byte:02x}"))
}

fn services(endpoints: &[Endpoint]) -> Value {
    let names = [
        ("identity", "keystone"),
        ("compute", "nova"),
        ("network", "neutron"),
        ("image", "glance"),
        ("placement", "placement"),
        ("volumev3", "cinderv3"),
    ];
    let services = names.iter().filter_map(|(kind, name)| {
        let of_kind: Vec<Value> =
            endpoints.iter().filter(|endpoint| endpoint.kind == *kind).flat_map(interfaces).collect();
        (!of_kind.is_empty()).then(|| json!({"id": role_id(name), "type": kind, "name": name, "endpoints": of_kind}))
    });
    services.collect()
}

fn interfaces(endpoint: &Endpoint) -> Vec<Value> {
    let one = |interface: &str| {
        json!({
            "id": role_id(&format!("{interface}{}{}", endpoint.kind, endpoint.region)),
            "interface": interface,
            "region": endpoint.region,
            "region_id": endpoint.region,
            "url": endpoint.url,
        })
    };
    ["public", "internal", "admin"].map(one).to_vec()
}

fn stamp(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%dT%H:%M:%S.%6fZ").to_string()
}
