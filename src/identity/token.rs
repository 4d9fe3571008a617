//! What a validated token says about its bearer.

use http::HeaderValue;
use serde::Deserialize;

use super::access_rules::AccessRule;
use crate::db::clock;

/// What a token is for. Keystone gives a token one scope.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// Nothing: it has no roles.
    #[default]
    Unscoped,
    /// A project.
    Project,
    /// A domain; its roles are for the domain itself, not for the domain's projects.
    Domain,
    /// The whole deployment (`system: {"all": true}`).
    System,
}

/// The bearer of a validated token. Holds nothing secret.
#[derive(Clone, Debug, Default)]
pub struct Identity {
    /// Keystone user id.
    pub user_id: String,
    /// Keystone project id; empty unless the scope is a project.
    pub project_id: String,
    /// What the roles are for.
    pub scope: Scope,
    /// Role names.
    pub roles: Vec<String>,
    /// Microseconds.
    pub expires_at: i64,
    /// Of an application credential: the only requests it may make. None: no limit.
    pub access_rules: Option<Vec<AccessRule>>,
}

impl Identity {
    /// Has the role (names are compared without regard to case, as oslo.policy does).
    #[must_use]
    pub fn has_role(&self, role: &str) -> bool {
        self.roles.iter().any(|r| r.eq_ignore_ascii_case(role))
    }

    /// Nova's `context_is_admin`: the role alone, whatever its scope, and `is_admin_project` is not looked at. It decides
    /// only what Nova decides by it; who may do something is for a [`Rule`](super::policy::Rule) to say.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.has_role("admin")
    }

    /// Nova's database asks for a project or an admin (nova/context.py, `require_context`).
    #[must_use]
    pub fn has_context(&self) -> bool {
        self.is_admin() || !self.project_id.is_empty()
    }

    /// Whose share of what is limited a request takes: its project's, or its user's where the token has none.
    #[must_use]
    pub fn share(&self) -> &str {
        if self.project_id.is_empty() { &self.user_id } else { &self.project_id }
    }

    /// The identity in Keystone's answer to `GET /v3/auth/tokens`.
    pub(super) fn parse(document: &[u8]) -> Option<Self> {
        let token = serde_json::from_slice::<Document>(document).ok()?.token;
        // The order in which oslo.policy looks (`Enforcer._enforce_scope`).
        let scope = if token.system.is_some_and(|system| system.all) {
            Scope::System
        } else if token.domain.is_some() {
            Scope::Domain
        } else if token.project.is_some() {
            Scope::Project
        } else {
            Scope::Unscoped
        };
        Some(Self {
            user_id: token.user.id,
            scope,
            project_id: token.project.map(|p| p.id).unwrap_or_default(),
            roles: token.roles.into_iter().map(|r| r.name).collect(),
            expires_at: clock::parse(&token.expires_at)?,
            access_rules: token.application_credential.and_then(|c| c.access_rules),
        })
    }
}

/// A token as the client sent it, to be forwarded to a region. Never printed.
#[derive(Clone)]
pub struct TokenText(HeaderValue);

impl TokenText {
    /// Takes a header's value; marks it sensitive.
    #[must_use]
    pub fn new(value: &HeaderValue) -> Self {
        let mut value = value.clone();
        value.set_sensitive(true);
        Self(value)
    }

    /// For the request that is forwarded.
    #[must_use]
    pub fn header(&self) -> HeaderValue {
        self.0.clone()
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl std::fmt::Debug for TokenText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenText(…)")
    }
}

#[derive(Deserialize)]
struct Document {
    token: Token,
}

#[derive(Deserialize)]
struct Token {
    user: Named,
    project: Option<Named>,
    domain: Option<Named>,
    system: Option<System>,
    #[serde(default)]
    roles: Vec<Role>,
    expires_at: String,
    application_credential: Option<Credential>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
}

#[derive(Deserialize)]
struct System {
    #[serde(default)]
    all: bool,
}

#[derive(Deserialize)]
struct Role {
    name: String,
}

#[derive(Deserialize)]
struct Credential {
    access_rules: Option<Vec<AccessRule>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keystones_document_is_read() {
        let document = br#"{"token": {"user": {"id": "u", "name": "demo", "domain": {"id": "default"}},
            "project": {"id": "p"}, "roles": [{"id": "1", "name": "Admin"}],
            "expires_at": "2030-01-01T00:00:00.000000Z",
            "application_credential": {"id": "c", "access_rules": [{"id": "r", "service": "compute",
            "method": "GET", "path": "/v2.1/servers"}]}}}"#;
        let identity = Identity::parse(document).expect("an identity");
        assert!(identity.is_admin());
        assert_eq!((identity.user_id.as_str(), identity.project_id.as_str()), ("u", "p"));
        assert_eq!(identity.scope, Scope::Project);
        assert_eq!(identity.access_rules.map(|rules| rules.len()), Some(1));
    }

    #[test]
    fn a_token_has_one_scope() {
        let scope = |of: &str| {
            let document = format!(
                r#"{{"token": {{"user": {{"id": "u"}}, "roles": [{{"name": "admin"}}], {of}
                "expires_at": "2030-01-01T00:00:00.000000Z"}}}}"#
            );
            Identity::parse(document.as_bytes()).expect("an identity").scope
        };
        assert_eq!(scope(""), Scope::Unscoped);
        assert_eq!(scope(r#""system": {"all": true},"#), Scope::System);
        assert_eq!(scope(r#""system": {},"#), Scope::Unscoped);
        assert_eq!(scope(r#""domain": {"id": "d", "name": "D"},"#), Scope::Domain);
        // A project that acts as a domain is a project.
        assert_eq!(scope(r#""project": {"id": "d", "domain": null}, "is_domain": true,"#), Scope::Project);
        assert_eq!(scope(r#""project": {"id": "p"}, "is_admin_project": false,"#), Scope::Project);
    }

    #[test]
    fn a_token_is_never_printed() {
        let token = TokenText::new(&HeaderValue::from_static("gAAAA-secret"));
        assert!(!format!("{token:?} {:?}", token.header()).contains("secret"));
    }
}
