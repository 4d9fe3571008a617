//! The one Keystone of the cloud: users, tokens and the catalog.

mod document;
mod identity;
mod routes;
mod token;

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub use self::document::Endpoint;
use self::identity::Identity;
pub use self::identity::{Named, PASSWORD, User};
pub use self::token::{Scope, Token, TokenSpec};
use super::http::{Req, Resp};
use super::journal::Journal;
use std::sync::Arc;

/// Keystone's state. Services check tokens against it directly; the proxy under test has to ask over HTTP.
pub struct Keystone {
    url: String,
    identity: Mutex<Identity>,
    tokens: Mutex<HashMap<String, Arc<Token>>>,
    catalog: Mutex<Vec<Endpoint>>,
    token_life: Mutex<Duration>,
    validations: AtomicU64,
    journal: Journal,
}

impl Keystone {
    /// A Keystone with the projects and users that every test knows; `url` is its address without `/v3`.
    pub fn new(url: String) -> Self {
        Self {
            url,
            identity: Mutex::new(Identity::standard()),
            tokens: Mutex::default(),
            catalog: Mutex::default(),
            token_life: Mutex::new(Duration::from_secs(3600)),
            validations: AtomicU64::new(0),
            journal: Journal::default(),
        }
    }

    /// `http://127.0.0.1:port/v3`.
    pub fn url(&self) -> String {
        format!("{}/v3", self.url)
    }

    /// Puts a service into the catalog, under all three interfaces.
    pub fn add_endpoint(&self, region: &str, kind: &str, url: &str) {
        let endpoint = Endpoint { region: region.into(), kind: kind.into(), url: url.into() };
        self.catalog.lock().unwrap().push(endpoint);
    }

    /// Takes a region's services out of the catalog.
    pub fn remove_endpoints(&self, region: &str) {
        self.catalog.lock().unwrap().retain(|endpoint| endpoint.region != region);
    }

    /// Adds a project; its id.
    pub fn add_project(&self, name: &str) -> String {
        self.identity.lock().unwrap().add_project(name)
    }

    /// Adds a user with the usual password, in a project that exists; its id.
    pub fn add_user(&self, name: &str, project: &str, roles: &[&str]) -> String {
        self.identity.lock().unwrap().add_user(name, project, roles)
    }

    /// Gives a user other roles. Tokens that it holds already keep theirs.
    pub fn set_roles(&self, user: &str, roles: &[&str]) {
        self.identity.lock().unwrap().set_roles(user, roles);
    }

    /// Changes a user's password and revokes its tokens, as Keystone does.
    pub fn set_password(&self, user: &str, password: &str) {
        self.keep_tokens_with(user, password);
        self.tokens.lock().unwrap().retain(|_, token| token.user.name != user);
    }

    /// Changes a user's password; its tokens stay, as where their revocation has not reached a service.
    pub fn keep_tokens_with(&self, user: &str, password: &str) {
        self.identity.lock().unwrap().set_password(user, password);
    }

    /// How long tokens live that are issued over HTTP from now on.
    pub fn set_token_life(&self, life: Duration) {
        *self.token_life.lock().unwrap() = life;
    }

    /// A project's id, by name.
    pub fn project_id(&self, name: &str) -> String {
        self.identity.lock().unwrap().project(name).id
    }

    /// A user's id, by name.
    pub fn user_id(&self, name: &str) -> String {
        self.identity.lock().unwrap().user(name).id
    }

    /// Mints a token at once, without HTTP.
    pub fn mint(&self, spec: TokenSpec) -> String {
        let user = self.identity.lock().unwrap().user(&spec.user);
        self.keep(Token::new(user, spec))
    }

    fn keep(&self, token: Token) -> String {
        let id = token.id.clone();
        self.tokens.lock().unwrap().insert(id.clone(), Arc::new(token));
        id
    }

    /// Makes a token unknown.
    pub fn revoke(&self, token: &str) {
        self.tokens.lock().unwrap().remove(token);
    }

    /// Makes every token unknown, as new keys do.
    pub fn forget_tokens(&self) {
        self.tokens.lock().unwrap().clear();
    }

    /// How often a token was validated over HTTP.
    pub fn validations(&self) -> u64 {
        self.validations.load(Ordering::Relaxed)
    }

    /// The record of requests.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// A token that exists, expired or not.
    fn find(&self, id: &str) -> Option<Arc<Token>> {
        self.tokens.lock().unwrap().get(id).cloned()
    }

    /// What the auth middleware of every service does: the caller, or 401 in Keystone's form.
    ///
    /// A service token lets an expired user token pass, as `service_token_roles_required` has it.
    pub fn authenticate(&self, req: &Req) -> Result<Arc<Token>, Box<Resp>> {
        let by_service = req
            .header("x-service-token")
            .and_then(|id| self.find(id))
            .is_some_and(|token| !token.expired() && token.has("service"));
        req.header("x-auth-token")
            .and_then(|id| self.find(id))
            .filter(|token| token.project.is_some() && (by_service || !token.expired()))
            .ok_or_else(|| Box::new(self.unauthorized()))
    }

    fn unauthorized(&self) -> Resp {
        routes::fault(401, "The request you have made requires authentication.")
            .with("www-authenticate", &format!("Keystone uri=\"{}\"", self.url))
    }
}

impl Keystone {
    /// A user's token that nobody holds, to act for the user behind the API's back.
    pub fn stand_in(&self, user: &str) -> Token {
        Token::new(self.identity.lock().unwrap().user(user), TokenSpec::of(user))
    }
}
