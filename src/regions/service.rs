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

use super::error::{CallError, Sent};
use crate::config::{self, ms};

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
    http: reqwest::Client,
    session: ArcSwapOption<AuthenticatedClient>,
    login: Mutex<()>,
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
        let session = self.session().await?;
        let answer = self.once(target, &session, request.clone()).await?;
        if answer.status != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        let session = self.renew(&session).await?;
        self.once(target, &session, request).await
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
        let blank = self.inner.http.get("http://localhost/");
        let filled = session.auth_type().authenticate(&self.inner.http, blank).await;
        let failed = |reason: String| CallError::new(KEYSTONE, Sent::No, reason);
        let request = filled.map_err(|e| failed(e.kind().to_string()))?.build();
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
        let session = AuthenticatedClient::new(self.inner.http.clone(), auth)
            .await
            .map_err(|e| failed(format!("login of the service account failed: {}", e.kind())))?;
        let session = Arc::new(session);
        self.inner.session.store(Some(session.clone()));
        Ok(session)
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

/// Why no answer came. osauth keeps of the cause only "Error when accessing the server"; the time it took tells more.
fn unanswered(kind: ErrorKind, took: Duration, timeout: Duration) -> String {
    match kind {
        ErrorKind::ProtocolError if took >= timeout => format!("no answer within {} ms", timeout.as_millis()),
        ErrorKind::ProtocolError => "not reachable, or the connection broke".into(),
        kind => kind.to_string(),
    }
}
