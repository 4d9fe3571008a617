//! Token validation against Keystone, remembered for a short while under a hash of the token, and bounded: neither a
//! flood of bad tokens nor a Keystone that does not answer takes more of the service than its share
//! (docs/decisions/0028-shares.md).

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use moka::future::Cache;
use sha2::{Digest, Sha256};
use tracing::Instrument as _;

use super::{Identity, TokenText};
use crate::client::network;
use crate::config;
use crate::db::clock;
use crate::error::{ApiResult, Fault, Shape};
use crate::query::segment;
use crate::regions::fair_queue::{FairQueue, Refused};
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
    /// Too many tokens wait for it; the setting that bounds them.
    #[error("too many tokens to validate: {0}")]
    Busy(&'static str),
}

/// Longer than any token: Fernet's have some 200 to 300 characters, signed ones (JWS) about 1,000.
const TOKEN_LENGTH_MAX: usize = 8_192;

/// Validates tokens; cheap to clone.
#[derive(Clone)]
pub struct Keystone {
    service: ServiceAccount,
    url: String,
    challenge: String,
    timeout: Duration,
    seen: Cache<Key, Arc<Identity>>,
    refused: Cache<Key, ()>,
    /// Tokens that are being validated, and those that wait for it, by the address that they came from.
    validations: Arc<FairQueue>,
    queue_timeout: Duration,
    retry_down_ms: u64,
}

impl Keystone {
    /// A validator with an empty memory of `token_cache_entries_max` entries.
    #[must_use]
    pub fn new(settings: &config::Keystone, api: &config::Api, service: ServiceAccount) -> Self {
        let url = settings.url.trim_end_matches('/').to_owned();
        let public = settings.public_url.clone().unwrap_or_else(|| url.trim_end_matches("/v3").to_owned());
        let challenge = format!("Keystone uri=\"{public}\"");
        let places = api.inflight_unidentified_max.unwrap_or_else(|| config::quarter(api.inflight_max));
        Self {
            service,
            url,
            challenge,
            timeout: config::ms(settings.timeout_ms),
            seen: remembered(settings, settings.token_cache_s),
            refused: remembered(settings, settings.refused_token_cache_s),
            validations: Arc::new(FairQueue::new(settings.validations_max, places)),
            queue_timeout: config::ms(settings.queue_timeout_ms),
            retry_down_ms: settings.retry_down_ms,
        }
    }

    /// When a client may try again that Keystone could not be asked about, in seconds.
    #[must_use]
    pub fn retry_after_s(&self) -> u64 {
        self.retry_down_ms.div_ceil(1_000).max(1)
    }

    /// The bearer of `token`, sent from `address`. Concurrent questions about one token become one call, and its refusal
    /// is remembered for `refused_token_cache_s`. No address has all of the tokens that are validated at once, or wait.
    ///
    /// # Errors
    /// [`AuthError`].
    pub async fn validate(&self, token: &TokenText, address: IpAddr) -> Result<Arc<Identity>, AuthError> {
        if !could_be_token(token.bytes()) {
            return Err(AuthError::Invalid);
        }
        let key: Key = Sha256::digest(token.bytes()).into();
        let identity = match self.seen.get(&key).await {
            Some(identity) => identity,
            None => self.unknown(key, token, address).await?,
        };
        if identity.expires_at <= clock::local_now() {
            self.seen.invalidate(&key).await;
            return Err(AuthError::Invalid);
        }
        Ok(identity)
    }

    /// Of a token that is not known to be good.
    async fn unknown(&self, key: Key, token: &TokenText, address: IpAddr) -> Result<Arc<Identity>, AuthError> {
        if self.refused.contains_key(&key) {
            return Err(AuthError::Invalid);
        }
        let ask = async {
            let permit = self.validations.acquire(&network(address).to_string(), self.queue_timeout).await;
            let permit = permit.map_err(|refused| match refused {
                Refused::Full => AuthError::Busy("api.inflight_unidentified_max"),
                Refused::Late => AuthError::Busy("keystone.validations_max"),
            })?;
            let (own, token) = (self.clone(), token.clone());
            // A client that goes away takes neither the permit nor the breaker's attempt with it.
            let asked = tokio::spawn(
                async move {
                    let answer = own.ask(&token).await.map(Arc::new);
                    if matches!(answer, Err(AuthError::Invalid)) {
                        own.refused.insert(key, ()).await;
                    }
                    drop(permit);
                    answer
                }
                .in_current_span(),
            );
            asked.await.unwrap_or_else(|error| Err(AuthError::Unavailable(error.to_string())))
        };
        self.seen.try_get_with(key, ask).await.map_err(|error| (*error).clone())
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
            400 | 404 => Err(AuthError::Invalid),
            // 401 is about the service account's own token, not about the one that it asked about.
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

fn remembered<V: Clone + Send + Sync + 'static>(settings: &config::Keystone, time_s: u64) -> Cache<Key, V> {
    Cache::builder().max_capacity(settings.token_cache_entries_max).time_to_live(Duration::from_secs(time_s)).build()
}

/// Whether this can be a token at all: characters of base64url and of signed tokens (RFC 6750, `b64token`), not too many.
fn could_be_token(text: &[u8]) -> bool {
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(byte);
    (1..=TOKEN_LENGTH_MAX).contains(&text.len()) && text.iter().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_a_token_is_told_apart() {
        for good in ["gAAAAABl-x_y==", "0c9a", "eyJ0eXAi.eyJzdWIi.c2ln"] {
            assert!(could_be_token(good.as_bytes()), "{good}");
        }
        for bad in ["", "two words", "a,b", "\u{e9}", "a\"b", "a\tb", &"x".repeat(TOKEN_LENGTH_MAX + 1)] {
            assert!(!could_be_token(bad.as_bytes()), "{bad}");
        }
    }
}
