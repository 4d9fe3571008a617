//! The top's own account: Keystone password login and token renewal by osauth, calls by its client.
//!
//! osauth's ways that matter here: it discovers versions unless told the whole URL (we always give it), it does not
//! renew a token that still looks alive (so a refused one gets a new session), it keeps the password it was given (so a
//! new one needs a new session), and its errors tell no cause (so calls are sent by our own clients).

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use openstack::auth::{Password, Scope};
use osauth::client::AuthenticatedClient;
use osauth::common::IdOrName;
use osauth::{AuthType, ErrorKind, Session};
use reqwest::Url;
use secrecy::ExposeSecret;
use tokio::sync::Mutex;

use super::clients::Clients;
use super::error::{CallError, Sent};
use crate::config;

/// Target of calls to Keystone.
pub const KEYSTONE: &str = "identity service";

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// At most `region.answer_bytes_max`.
    pub body: Bytes,
}

/// A call of the account.
#[derive(Clone, Debug)]
pub struct ServiceRequest {
    /// HTTP method.
    pub method: Method,
    /// Whole URL with query.
    pub url: String,
    /// Beside the token's.
    pub headers: HeaderMap,
    /// JSON, if any.
    pub body: Option<Bytes>,
    /// For the whole answer.
    pub timeout: Duration,
}

/// The account; cheap to clone, one session for all clones.
#[derive(Clone)]
pub struct ServiceAccount {
    inner: Arc<Inner>,
}

struct Inner {
    settings: config::Keystone,
    answer_bytes_max: usize,
    clients: Clients,
    session: ArcSwapOption<AuthenticatedClient>,
    login: Mutex<()>,
}

impl ServiceAccount {
    /// An account that logs in when it is first used.
    ///
    /// # Errors
    /// Text for the operator when a file that the settings name cannot be used.
    pub fn new(settings: &config::Keystone, region: &config::Region) -> Result<Self, String> {
        // A file that cannot be used is said at start, not at the first login.
        settings.current_password().map_err(|e| e.to_string())?;
        let clients = Clients::new(settings, region)?;
        let inner = Inner {
            settings: settings.clone(),
            answer_bytes_max: region.answer_bytes_max,
            clients,
            session: ArcSwapOption::empty(),
            login: Mutex::new(()),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Makes a call with the account's token; a refused token is renewed once. `target` names whom in errors; one of
    /// the login names the identity service.
    ///
    /// # Errors
    /// No login, no connection, no whole answer in time, or one that is too long.
    pub async fn call(&self, target: &str, request: ServiceRequest) -> Result<Answer, CallError> {
        let (session, token) = self.logged_in().await?;
        let answer = self.once(target, token, request.clone()).await?;
        if answer.status != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        let session = self.renew(&session).await?;
        let token = self.token_of(&session).await.map_err(|e| no_login(&e))?;
        self.once(target, token, request).await
    }

    async fn once(&self, target: &str, token: HeaderValue, request: ServiceRequest) -> Result<Answer, CallError> {
        let failed = |sent, reason: String| CallError::new(target, sent, reason);
        let url = Url::parse(&request.url).map_err(|e| failed(Sent::No, format!("endpoint is no URL: {e}")))?;
        let client = self.inner.clients.of(target);
        let call = client.http.request(request.method, url).headers(request.headers).header("x-auth-token", token);
        let call = match request.body {
            Some(body) => call.header("content-type", "application/json").body(body),
            None => call,
        };
        let sent = call.timeout(request.timeout).send().await;
        let response = sent.map_err(|e| failed(Sent::Maybe, client.unanswered(&e, request.timeout)))?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = self.read(response).await.map_err(|reason| failed(Sent::Maybe, reason))?;
        Ok(Answer { status, headers, body })
    }

    async fn read(&self, mut response: reqwest::Response) -> Result<Bytes, String> {
        let mut body = bytes::BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|_| "the answer broke off".to_owned())? {
            if body.len() + chunk.len() > self.inner.answer_bytes_max {
                return Err("the answer is longer than region.answer_bytes_max".into());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    }

    /// The account's token, for `X-Service-Token` beside a user's own (D7).
    ///
    /// # Errors
    /// No login.
    pub async fn token(&self) -> Result<HeaderValue, CallError> {
        self.logged_in().await.map(|(_, token)| token)
    }

    /// A session and its token. A session renews a token that ends with the password that it was made with: where that
    /// one is refused, another session begins with the one of now.
    async fn logged_in(&self) -> Result<(Arc<AuthenticatedClient>, HeaderValue), CallError> {
        let session = self.session().await?;
        match self.token_of(&session).await {
            Ok(token) => Ok((session, token)),
            Err(e) if e.kind() == ErrorKind::AuthenticationFailed => {
                let session = self.renew(&session).await?;
                let token = self.token_of(&session).await.map_err(|e| no_login(&e))?;
                Ok((session, token))
            }
            Err(e) => Err(no_login(&e)),
        }
    }

    async fn token_of(&self, session: &AuthenticatedClient) -> Result<HeaderValue, osauth::Error> {
        let http = &self.inner.clients.of(KEYSTONE).http;
        let filled = session.auth_type().authenticate(http, http.get("http://localhost/")).await?.build()?;
        let token = filled.headers().get("x-auth-token").cloned();
        let none = || osauth::Error::new(ErrorKind::InvalidResponse, "it gave no token");
        let mut token = token.ok_or_else(none)?;
        token.set_sensitive(true);
        Ok(token)
    }

    /// A logged-in client for typed calls of rust-openstack (start-up checks, the command line).
    ///
    /// # Errors
    /// No login.
    pub async fn session(&self) -> Result<Arc<AuthenticatedClient>, CallError> {
        if let Some(session) = self.inner.session.load_full() {
            return Ok(session);
        }
        let _one_at_a_time = self.inner.login.lock().await;
        if let Some(session) = self.inner.session.load_full() {
            return Ok(session);
        }
        self.login().await
    }

    async fn renew(&self, refused: &Arc<AuthenticatedClient>) -> Result<Arc<AuthenticatedClient>, CallError> {
        let _one_at_a_time = self.inner.login.lock().await;
        match self.inner.session.load_full() {
            Some(session) if !Arc::ptr_eq(&session, refused) => Ok(session),
            _ => self.login().await,
        }
    }

    async fn login(&self) -> Result<Arc<AuthenticatedClient>, CallError> {
        let failed = |reason: String| CallError::new(KEYSTONE, Sent::No, reason);
        let auth = self.password().map_err(failed)?;
        let client = self.inner.clients.of(KEYSTONE);
        let session = match AuthenticatedClient::new(client.http.clone(), auth).await {
            Ok(session) => Arc::new(session),
            Err(e) => {
                let cause = match e.kind() {
                    ErrorKind::ProtocolError => client.unreachable(&self.inner.settings.url).await,
                    _ => None,
                };
                let cause = cause.unwrap_or_else(|| e.kind().to_string());
                return Err(failed(format!("login of the service account failed: {cause}")));
            }
        };
        self.inner.session.store(Some(session.clone()));
        Ok(session)
    }

    /// A session for typed calls of rust-openstack to regions.
    ///
    /// # Errors
    /// Text for the operator: no login.
    pub async fn typed(&self) -> Result<Session, String> {
        let (auth, clients) = (self.password()?, &self.inner.clients);
        // Each side by its own TLS: a session that is made of a live token does not log in.
        auth.refresh(&clients.of(KEYSTONE).http).await.map_err(|e| e.to_string())?;
        let client = AuthenticatedClient::new(clients.of("").http.clone(), auth).await.map_err(|e| e.to_string())?;
        Ok(Session::new_with_authenticated_client(client))
    }

    /// The account's credentials for rust-openstack, with the password of now.
    fn password(&self) -> Result<Password, String> {
        let settings = &self.inner.settings;
        let password = settings.current_password().map_err(|e| e.to_string())?;
        let password = password.expose_secret();
        let auth = Password::new(&settings.url, &settings.username, password, &settings.user_domain_name);
        let scope = Scope::Project {
            project: IdOrName::Name(settings.project_name.clone()),
            domain: Some(IdOrName::Name(settings.project_domain_name.clone())),
        };
        Ok(auth.map_err(|_| "keystone.url is no URL".to_owned())?.with_scope(scope))
    }
}

fn no_login(error: &osauth::Error) -> CallError {
    CallError::new(KEYSTONE, Sent::No, error.kind().to_string())
}
