//! The top's own account: Keystone password login and token renewal by osauth, calls by its client.
//!
//! osauth's ways that matter here: it discovers versions unless told the whole URL (we always give it), it does not
//! renew a token that still looks alive (so a refused one gets a new session), it keeps the password it was given (so a
//! new one needs a new session), and its errors tell no cause (so calls are sent by our own clients).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use bytes::Bytes;
use http::header::ACCEPT_ENCODING;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use openstack::auth::{Password, Scope};
use osauth::client::AuthenticatedClient;
use osauth::common::IdOrName;
use osauth::{AuthType, ErrorKind, Session};
use reqwest::Url;
use secrecy::ExposeSecret;
use tokio::sync::Mutex;

use super::breaker::Breaker;
use super::clients::Clients;
use super::encoding;
use super::error::{CallError, Sent};
use super::logins::Logins;
use crate::config;

/// Target of calls to Keystone.
pub const KEYSTONE: &str = "identity service";

/// Time to take the token that is there; it takes none where that need not be renewed.
const AT_HAND: Duration = Duration::from_millis(50);

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
    login: Mutex<Logins>,
    /// The session's token could not be had when it was last needed.
    token_ended: AtomicBool,
    /// Of calls to the identity service, logins among them.
    breaker: Breaker,
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
            login: Mutex::default(),
            token_ended: AtomicBool::default(),
            breaker: Breaker::new(settings.failures_before_down, settings.retry_down_ms),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Makes a call with the account's token; a refused token is renewed once. `target` names whom in errors; one of
    /// the login names the identity service. While that is down nobody waits for it, and regions are called with the
    /// token that is there.
    ///
    /// # Errors
    /// No login, no connection, no whole answer in time, or one that is too long.
    pub async fn call(&self, target: &str, request: ServiceRequest) -> Result<Answer, CallError> {
        if target != KEYSTONE {
            return self.with_token(target, request, false).await;
        }
        self.admit()?;
        let result = self.with_token(target, request, true).await;
        match &result {
            Ok(answer) if is_refusal_to_serve(answer.status) => {
                self.inner.breaker.failed(&format!("it answered {}", answer.status.as_u16()));
            }
            Ok(_) => self.inner.breaker.succeeded(),
            Err(error) => self.inner.breaker.failed(&error.reason),
        }
        result
    }

    /// `admitted`: the breaker has let the caller through.
    async fn with_token(&self, target: &str, request: ServiceRequest, admitted: bool) -> Result<Answer, CallError> {
        let (session, token) = self.logged_in(admitted).await?;
        let answer = self.once(target, token, request.clone()).await?;
        if answer.status != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        let Some(session) = self.renew(&session, admitted).await? else { return Ok(answer) };
        let token = self.token_of(&session, admitted).await?.ok_or_else(refused)?;
        self.once(target, token, request).await
    }

    /// Lets one caller through from time to time while the identity service is down.
    fn admit(&self) -> Result<(), CallError> {
        let down = self.inner.breaker.down();
        down.map_or(Ok(()), |reason| Err(CallError::new(KEYSTONE, Sent::No, format!("down: {reason}"))))
    }

    async fn once(&self, target: &str, token: HeaderValue, request: ServiceRequest) -> Result<Answer, CallError> {
        let failed = |sent, reason: String| CallError::new(target, sent, reason);
        let url = Url::parse(&request.url).map_err(|e| failed(Sent::No, format!("endpoint is no URL: {e}")))?;
        let client = self.inner.clients.of(target);
        let call = client.http.request(request.method, url).headers(request.headers).header("x-auth-token", token);
        let call = call.header(ACCEPT_ENCODING, encoding::NONE);
        let call = match request.body {
            Some(body) => call.header("content-type", "application/json").body(body),
            None => call,
        };
        let sent = call.timeout(request.timeout).send().await;
        let response = sent.map_err(|e| failed(Sent::Maybe, client.unanswered(&e, request.timeout)))?;
        let (status, mut headers) = (response.status(), response.headers().clone());
        let body = self.read(response).await.map_err(|reason| failed(Sent::Maybe, reason))?;
        let decoded = encoding::decoded(&mut headers, body, self.inner.answer_bytes_max);
        let body = decoded.map_err(|reason| failed(Sent::Maybe, reason))?;
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
        self.logged_in(false).await.map(|(_, token)| token)
    }

    /// A session and its token. A session renews a token that ends with the password that it was made with: where that
    /// one is refused, another session begins with the one of now.
    async fn logged_in(&self, admitted: bool) -> Result<(Arc<AuthenticatedClient>, HeaderValue), CallError> {
        let session = self.session_of(admitted).await?;
        if let Some(token) = self.token_of(&session, admitted).await? {
            return Ok((session, token));
        }
        let session = self.renew(&session, admitted).await?.ok_or_else(refused)?;
        let token = self.token_of(&session, admitted).await?.ok_or_else(refused)?;
        Ok((session, token))
    }

    /// The token of a session; one that is about to end is renewed. None where the session's password is refused.
    async fn token_of(&self, session: &AuthenticatedClient, admitted: bool) -> Result<Option<HeaderValue>, CallError> {
        let inner = &self.inner;
        // While the identity service is down, not each caller asks it for another token.
        if !admitted && inner.breaker.is_failing() && inner.token_ended.load(Relaxed) {
            self.admit()?;
        }
        let filled = match tokio::time::timeout(AT_HAND, self.fill(session)).await {
            Ok(filled) => filled,
            Err(_) => self.fill_in_turn(session, admitted).await?,
        };
        inner.token_ended.store(filled.is_err(), Relaxed);
        let failed = |reason: String| CallError::new(KEYSTONE, Sent::No, reason);
        let request = match filled {
            Ok(filled) => filled.build().map_err(|_| failed("the token could not be read".into()))?,
            Err(error) if error.kind() == ErrorKind::AuthenticationFailed => return Ok(None),
            Err(error) => {
                let reason = error.kind().to_string();
                inner.breaker.open(&reason);
                return Err(failed(reason));
            }
        };
        let token = request.headers().get("x-auth-token").cloned();
        let mut token = token.ok_or_else(|| failed("it gave no token".into()))?;
        token.set_sensitive(true);
        Ok(Some(token))
    }

    /// A request with the session's token in it.
    async fn fill(&self, session: &AuthenticatedClient) -> Result<reqwest::RequestBuilder, osauth::Error> {
        let http = &self.inner.clients.of(KEYSTONE).http;
        session.auth_type().authenticate(http, http.get("http://localhost/")).await
    }

    /// The same where the token has to be renewed: once for all who wait for it, who share its failure.
    async fn fill_in_turn(
        &self,
        session: &AuthenticatedClient,
        admitted: bool,
    ) -> Result<Result<reqwest::RequestBuilder, osauth::Error>, CallError> {
        self.inner.token_ended.store(true, Relaxed);
        let began = Instant::now();
        let mut logins = self.inner.login.lock().await;
        logins.failed_since(began)?;
        if !admitted {
            self.admit()?;
        }
        let filled = self.fill(session).await;
        if let Err(error) = &filled
            && error.kind() != ErrorKind::AuthenticationFailed
        {
            logins.note::<()>(&Err(CallError::new(KEYSTONE, Sent::No, error.kind().to_string())));
        }
        Ok(filled)
    }

    /// A logged-in client for typed calls of rust-openstack (start-up checks, the command line).
    ///
    /// # Errors
    /// No login.
    pub async fn session(&self) -> Result<Arc<AuthenticatedClient>, CallError> {
        self.session_of(false).await
    }

    async fn session_of(&self, admitted: bool) -> Result<Arc<AuthenticatedClient>, CallError> {
        if let Some(session) = self.inner.session.load_full() {
            return Ok(session);
        }
        if !admitted {
            self.admit()?;
        }
        let began = Instant::now();
        let mut logins = self.inner.login.lock().await;
        if let Some(session) = self.inner.session.load_full() {
            return Ok(session);
        }
        logins.failed_since(began)?;
        self.login(&mut logins, admitted).await
    }

    /// Another session in place of one whose token was refused; none where that is so new that another one is no better.
    async fn renew(
        &self,
        refused: &Arc<AuthenticatedClient>,
        admitted: bool,
    ) -> Result<Option<Arc<AuthenticatedClient>>, CallError> {
        let began = Instant::now();
        let mut logins = self.inner.login.lock().await;
        match self.inner.session.load_full() {
            Some(session) if !Arc::ptr_eq(&session, refused) => return Ok(Some(session)),
            // The identity service knows best whether it is.
            _ if !admitted && logins.is_young() => return Ok(None),
            _ => {}
        }
        logins.failed_since(began)?;
        if !admitted {
            self.admit()?;
        }
        self.login(&mut logins, admitted).await.map(Some)
    }

    async fn login(&self, logins: &mut Logins, admitted: bool) -> Result<Arc<AuthenticatedClient>, CallError> {
        let result = self.new_session().await;
        logins.note(&result);
        match &result {
            Ok(session) => {
                // Of a caller that goes on to the identity service, that call's answer counts.
                if !admitted {
                    self.inner.breaker.succeeded();
                }
                self.inner.token_ended.store(false, Relaxed);
                self.inner.session.store(Some(session.clone()));
            }
            Err(error) => self.inner.breaker.open(&error.reason),
        }
        result
    }

    async fn new_session(&self) -> Result<Arc<AuthenticatedClient>, CallError> {
        let failed = |reason: String| CallError::new(KEYSTONE, Sent::No, reason);
        let auth = self.password().map_err(failed)?;
        let client = self.inner.clients.of(KEYSTONE);
        let error = match AuthenticatedClient::new(client.http.clone(), auth).await {
            Ok(session) => return Ok(Arc::new(session)),
            Err(error) => error,
        };
        let cause = match error.kind() {
            ErrorKind::ProtocolError => client.unreachable(&self.inner.settings.url).await,
            _ => None,
        };
        let cause = cause.unwrap_or_else(|| error.kind().to_string());
        Err(failed(format!("login of the service account failed: {cause}")))
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

/// The password is the one of now, and it is refused.
fn refused() -> CallError {
    CallError::new(KEYSTONE, Sent::No, ErrorKind::AuthenticationFailed.to_string())
}

/// Whether the identity service says nothing of what it was asked: it is not well, has too much to do, or does not take
/// the account's own token, not even a new one. A 500 may be about one token alone.
fn is_refusal_to_serve(status: StatusCode) -> bool {
    matches!(status.as_u16(), 401 | 429 | 502..=504)
}
