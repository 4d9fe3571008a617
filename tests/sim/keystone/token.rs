//! Tokens.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::identity::{Named, User, hex_id};

/// What a token's roles are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Unscoped,
    Project,
    Domain,
    System,
}

/// What a minted token is to be.
#[derive(Clone, Debug)]
pub struct TokenSpec {
    pub(super) user: String,
    expires_in: Duration,
    access_rules: Option<Value>,
    scope: Scope,
    methods: Vec<String>,
}

impl TokenSpec {
    /// An hour's token of a user, in its project.
    pub fn of(user: &str) -> Self {
        Self {
            user: user.into(),
            expires_in: Duration::from_secs(3600),
            access_rules: None,
            scope: Scope::Project,
            methods: vec!["password".into()],
        }
    }

    /// Another time to live; zero is a token that has expired already.
    pub fn expires_in(mut self, time: Duration) -> Self {
        self.expires_in = time;
        self
    }

    /// As of an application credential with these access rules.
    pub fn access_rules(mut self, rules: Value) -> Self {
        self.access_rules = Some(rules);
        self.methods = vec!["application_credential".into()];
        self
    }

    /// Without a project, so without roles.
    pub fn unscoped(self) -> Self {
        self.scope(Scope::Unscoped)
    }

    /// With the user's roles for something else.
    pub fn scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }
}

/// A token and what it says. It never changes; revoking takes it away.
#[derive(Debug)]
pub struct Token {
    pub id: String,
    pub user: Named,
    pub project: Option<Named>,
    pub scope: Scope,
    pub roles: Vec<String>,
    pub issued_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub audit_id: String,
    pub access_rules: Option<Value>,
    pub methods: Vec<String>,
}

impl Token {
    pub(super) fn new(user: User, spec: TokenSpec) -> Self {
        let issued_at = Utc::now();
        Self {
            id: format!("gAAAAA{}{}", hex_id(), hex_id()),
            user: Named { id: user.id, name: user.name },
            roles: if spec.scope == Scope::Unscoped { Vec::new() } else { user.roles },
            project: (spec.scope == Scope::Project).then_some(user.project),
            scope: spec.scope,
            issued_at,
            expires_at: issued_at + spec.expires_in,
            audit_id: hex_id()[..22].to_owned(),
            access_rules: spec.access_rules,
            methods: spec.methods,
        }
    }

    pub fn expired(&self) -> bool {
        self.expires_at <= Utc::now()
    }

    /// Whether it carries a role.
    pub fn has(&self, role: &str) -> bool {
        self.roles.iter().any(|held| held == role)
    }

    pub fn is_admin(&self) -> bool {
        self.has("admin")
    }

    /// The project's id; empty for a token of another scope.
    pub fn project_id(&self) -> &str {
        self.project.as_ref().map_or("", |project| &project.id)
    }
}
