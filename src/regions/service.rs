//! The top's own account: Keystone password login and token renewal by osauth, calls by its client.
//!
//! osauth's ways that matter here: it discovers versions unless told the whole URL (we always give it), it does not
//! renew a token that still looks alive (so a refused one gets a new session), and its errors do not tell a failed
//! connection from a late answer (so this path is for background work and reads, never for a user's change).

use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use openstack::auth::{Password, Scope};
use osauth::ErrorKind;
use osauth::client::AuthenticatedClient;
use osauth::common::IdOrName;
use reqwest::Url;
use secrecy::ExposeSecret;
use tokio::sync::Mutex;

use super::breaker::Breaker;
use super::error::{CallError, Sent};
use super::logins::Logins;
use crate::config::{self, ms};

/// Target of calls to Keystone.
pub const KEYSTONE: &str = "identity service";

/// While the identity service is down: time to take the token that is there; it takes none where it need not be renewed.
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
    http: reqwest::Client,
    session: ArcSwapOption<AuthenticatedClient>,
    login: Mutex<Logins>,
    /// Of calls to the identity service, logins among them.
    breaker: Breaker,
}

impl ServiceAccount {
    /// An account that logs in when it is first used.
    ///
    /// # Errors
    /// Text for the operator when the TLS set-up fails.
    pub fn new(settings: &config::Keystone, region: &config::Region) -> Result<Self, String> {
        let http = reqwest::Client::builder()
            .connect_timeout(ms(settings.connect_timeout_ms))
            .timeout(ms(settings.timeout_ms))
            .pool_idle_timeout(Duration::from_secs(region.idle_connection_s))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .map_err(|e| format!("HTTP client: {e}"))?;
        let inner = Inner {
            settings: settings.clone(),
            answer_bytes_max: region.answer_bytes_max,
            http,
            session: ArcSwapOption::empty(),
            login: Mutex::default(),
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
        let session = self.session_of(admitted).await?;
        // Beforehand, so that the region is not taken for what fails.
        self.token_of(&session, admitted).await?;
        let answer = self.once(target, &session, request.clone()).await?;
        if answer.status != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        match self.renew(&session, admitted).await? {
            Some(session) => self.once(target, &session, request).await,
            None => Ok(answer),
        }
    }

    /// Lets one caller through from time to time while the identity service is down.
    fn admit(&self) -> Result<(), CallError> {
        let down = self.inner.breaker.down();
        down.map_or(Ok(()), |reason| Err(CallError::new(KEYSTONE, Sent::No, format!("down: {reason}"))))
    }

    async fn once(
        &self,
        target: &str,
        session: &AuthenticatedClient,
        request: ServiceRequest,
    ) -> Result<Answer, CallError> {
        let failed = |sent, reason: String| CallError::new(target, sent, reason);
        let url = Url::parse(&request.url).map_err(|e| failed(Sent::No, format!("endpoint is no URL: {e}")))?;
        let (begun, timeout) = (Instant::now(), request.timeout);
        let mut call = session.request(request.method, url).headers(request.headers).timeout(request.timeout);
        if let Some(body) = request.body {
            call = call.header("content-type", "application/json").body(body);
        }
        let response = call
            .send_unchecked()
            .await
            .map_err(|e| failed(Sent::Maybe, unanswered(e.kind(), begun.elapsed(), timeout)))?;
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
        let session = self.session().await?;
        self.token_of(&session, false).await
    }

    /// The token of a session; one that is about to end is renewed.
    async fn token_of(&self, session: &AuthenticatedClient, admitted: bool) -> Result<HeaderValue, CallError> {
        let fill = || session.auth_type().authenticate(&self.inner.http, self.inner.http.get("http://localhost/"));
        let at_hand = if self.inner.breaker.is_failing() && !admitted {
            let at_hand = tokio::time::timeout(AT_HAND, fill()).await.ok();
            if at_hand.is_none() {
                self.admit()?;
            }
            at_hand
        } else {
            None
        };
        let filled = match at_hand {
            Some(filled) => filled,
            None => fill().await,
        };
        let failed = |reason: String| CallError::new(KEYSTONE, Sent::No, reason);
        let filled = filled.map_err(|e| failed(e.kind().to_string()));
        let request = filled.inspect_err(|error| self.inner.breaker.failed(&error.reason))?.build();
        let request = request.map_err(|_| failed("the token could not be read".into()))?;
        let mut token =
            request.headers().get("x-auth-token").cloned().ok_or_else(|| failed("it gave no token".into()))?;
        token.set_sensitive(true);
        Ok(token)
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
                self.inner.session.store(Some(session.clone()));
            }
            Err(error) => self.inner.breaker.open(&error.reason),
        }
        result
    }

    async fn new_session(&self) -> Result<Arc<AuthenticatedClient>, CallError> {
        let failed = |reason: String| CallError::new(KEYSTONE, Sent::No, reason);
        let auth = self.password().map_err(failed)?;
        let session = AuthenticatedClient::new(self.inner.http.clone(), auth)
            .await
            .map_err(|e| failed(format!("login of the service account failed: {}", e.kind())))?;
        Ok(Arc::new(session))
    }

    /// The account's credentials for rust-openstack.
    ///
    /// # Errors
    /// `keystone.url` is no URL.
    pub fn password(&self) -> Result<Password, String> {
        let settings = &self.inner.settings;
        let password = settings.password.expose_secret();
        let auth = Password::new(&settings.url, &settings.username, password, &settings.user_domain_name);
        let scope = Scope::Project {
            project: IdOrName::Name(settings.project_name.clone()),
            domain: Some(IdOrName::Name(settings.project_domain_name.clone())),
        };
        Ok(auth.map_err(|_| "keystone.url is no URL".to_owned())?.with_scope(scope))
    }
}

/// Whether the identity service says nothing of what it was asked: it is not well, has too much to do, or does not take
/// the account's own token, not even a new one.
fn is_refusal_to_serve(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status, StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS)
}

/// Why no answer came. osauth keeps of the cause only "Error when accessing the server"; the time it took tells more.
fn unanswered(kind: ErrorKind, took: Duration, timeout: Duration) -> String {
    match kind {
        ErrorKind::ProtocolError if took >= timeout => format!("no answer within {} ms", timeout.as_millis()),
        ErrorKind::ProtocolError => "not reachable, or the connection broke".into(),
        kind => kind.to_string(),
    }
}
