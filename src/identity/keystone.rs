//! Token validation against Keystone, remembered for a short while under a hash of the token.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use moka::future::Cache;
use sha2::{Digest, Sha256};

use super::{Identity, TokenText};
use crate::config;
use crate::db::clock;
use crate::error::{ApiResult, Fault, Shape};
use crate::query::segment;
use crate::regions::service::KEYSTONE;
use crate::regions::{CallError, ServiceAccount, ServiceRequest};

type Key = [u8; 32];

/// Why a token gives no identity.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AuthError {
    /// Keystone does not know it, or it has ended.
    #[error("token not valid")]
    Invalid,
    /// Keystone could not be asked.
    #[error("identity service: {0}")]
    Unavailable(String),
}

/// Validates tokens; cheap to clone.
#[derive(Clone)]
pub struct Keystone {
    service: ServiceAccount,
    url: String,
    challenge: String,
    timeout: Duration,
    seen: Cache<Key, Arc<Identity>>,
}

impl Keystone {
    /// A validator with an empty memory of `token_cache_entries_max` entries.
    #[must_use]
    pub fn new(settings: &config::Keystone, service: ServiceAccount) -> Self {
        let url = settings.url.trim_end_matches('/').to_owned();
        let public = settings.public_url.clone().unwrap_or_else(|| url.trim_end_matches("/v3").to_owned());
        let seen = Cache::builder()
            .max_capacity(settings.token_cache_entries_max)
            .time_to_live(Duration::from_secs(settings.token_cache_s))
            .build();
        let challenge = format!("Keystone uri=\"{public}\"");
        Self { service, url, challenge, timeout: config::ms(settings.timeout_ms), seen }
    }

    /// The bearer of `token`. Concurrent questions about one token become one call.
    ///
    /// # Errors
    /// [`AuthError`]; failures are not remembered.
    pub async fn validate(&self, token: &TokenText) -> Result<Arc<Identity>, AuthError> {
        let key: Key = Sha256::digest(token.bytes()).into();
        let ask = async { self.ask(token).await.map(Arc::new) };
        let identity = self.seen.try_get_with(key, ask).await.map_err(|e| (*e).clone())?;
        if identity.expires_at <= clock::local_now() {
            self.seen.invalidate(&key).await;
            return Err(AuthError::Invalid);
        }
        Ok(identity)
    }

    async fn ask(&self, token: &TokenText) -> Result<Identity, AuthError> {
        let mut headers = HeaderMap::new();
        headers.insert("x-subject-token", token.header());
        // Without it Keystone refuses to validate tokens of credentials that have access rules.
        headers.insert("openstack-identity-access-rules", HeaderValue::from_static("1.2"));
        let request = ServiceRequest {
            method: Method::GET,
            url: format!("{}/auth/tokens?nocatalog", self.url),
            headers,
            body: None,
            timeout: self.timeout,
        };
        let unavailable = |e: CallError| AuthError::Unavailable(e.to_string());
        let answer = self.service.call(KEYSTONE, request).await.map_err(unavailable)?;
        match answer.status.as_u16() {
            200 => Identity::parse(&answer.body)
                .ok_or_else(|| AuthError::Unavailable("its token document could not be read".into())),
            400 | 401 | 404 => Err(AuthError::Invalid),
            status => Err(AuthError::Unavailable(format!("it answered {status}"))),
        }
    }

    /// Lets a project id pass that Keystone knows, or cannot be asked about (`nova/api/openstack/identity.py`).
    ///
    /// # Errors
    /// 400 in Nova's words.
    pub async fn require_project(&self, id: &str) -> ApiResult<()> {
        let request = ServiceRequest {
            method: Method::GET,
            url: format!("{}/projects/{}", self.url, segment(id)),
            headers: HeaderMap::new(),
            body: None,
            timeout: self.timeout,
        };
        match self.service.call(KEYSTONE, request).await {
            Ok(answer) if answer.status == StatusCode::NOT_FOUND => {
                Err(Fault::bad_request(format!("Project ID {id} is not a valid project.")))
            }
            Ok(_) => Ok(()),
            Err(error) => {
                tracing::info!(project_id = id, %error, "a project could not be looked up");
                Ok(())
            }
        }
    }

    /// Says in a 401 where to get a token, where it does not say so itself.
    pub fn challenge(&self, headers: &mut HeaderMap) {
        if let Ok(value) = HeaderValue::from_str(&self.challenge) {
            headers.entry(header::WWW_AUTHENTICATE).or_insert(value);
        }
    }

    /// 401 as keystonemiddleware says it.
    #[must_use]
    pub fn unauthorized(&self) -> Fault {
        let message = "The request you have made requires authentication.";
        let mut fault = Fault::new(StatusCode::UNAUTHORIZED, message);
        fault.shape = Shape::Keystone { challenge: self.challenge.clone() };
        fault
    }
}
