//! A user's key pair in a region: the same name and public key. What the region's user has there under that name with
//! other contents is told apart and left alone; the top's is then made there under a name of its own. What is there with
//! the same contents is used. See docs/decisions/0013-key-pairs-below.md.

use std::sync::Arc;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::App;
use crate::cascade::key_pairs::{is_name, is_name_v292};
use crate::config::ms;
use crate::db::DbResult;
use crate::db::key_pairs::{KeyPair, regions as rows};
use crate::microversion::{Microversion, v2};
use crate::query::segment;
use crate::regions::nova::RegionApi;
use crate::regions::{CallError, Region, Sent};

/// An admin may name another user from here on.
const OTHER_USERS: Microversion = v2(10);
/// Names may hold `@` and `.` from here on.
const MORE_NAMES: Microversion = v2(92);
const NAME_LENGTH_MAX: usize = 255;

/// What a region says of a name.
#[derive(Debug)]
pub(super) enum There {
    /// The user has no key pair of that name.
    Nothing,
    /// They have one; its document.
    Key(Value),
}

/// The key pair's name in the region. Questions for one key pair and region that come together become one.
///
/// # Errors
/// [`CallError`] where the region could not be brought to have it.
pub async fn ensure(app: &Arc<App>, region: &Arc<Region>, key: &KeyPair) -> Result<String, CallError> {
    if let Ok(Some(known)) = rows::seen(&app.db, key.serial, region.id()).await {
        return Ok(known.local_name);
    }
    let place = (key.serial, region.id().to_owned());
    app.ensured_key_pairs.try_get_with(place, push(app, region, key)).await.map_err(|error| (*error).clone())
}

/// Forgets that a region has the key pair: it said that it has not. The next boot pushes it again.
pub async fn forget(app: &Arc<App>, region: &Region, key: &KeyPair) -> DbResult<()> {
    app.ensured_key_pairs.invalidate(&(key.serial, region.id().to_owned())).await;
    rows::forget(&app.db, key.serial, region.id()).await
}

async fn push(app: &Arc<App>, region: &Arc<Region>, key: &KeyPair) -> Result<String, CallError> {
    let api = RegionApi::new(app.service.clone(), region.clone(), ms(app.config.region.lookup_timeout_ms.max(5_000)));
    let own = Some(key.name.clone()).filter(|name| fits(name, version(region)));
    for name in own.into_iter().chain([other_name(region.id(), key)]) {
        if put(app, &api, key, &name).await? {
            stored(region, rows::found(&app.db, key, region.id(), &name).await)?;
            tracing::info!(key_pair = key.serial, region = region.name(), name, "key pair is in the region");
            return Ok(name);
        }
    }
    Err(CallError::new(region.name(), Sent::No, "the user has other key pairs there under every name for this one"))
}

/// Sees to it that the key pair is there under this name; false where another one is.
async fn put(app: &Arc<App>, api: &RegionApi, key: &KeyPair, name: &str) -> Result<bool, CallError> {
    if let There::Key(other) = look(api, &key.user_id, name).await? {
        return Ok(is_same(&other, key));
    }
    let region = api.region();
    stored(region, rows::announce(&app.db, key, region.id(), name).await)?;
    let body = json!({ "keypair": {
        "name": name, "type": key.kind, "public_key": key.public_key, "user_id": key.user_id,
    } });
    let answer = api.compute(Method::POST, "/os-keypairs", version(region), Some(body)).await?;
    match answer.status {
        status if status.is_success() => Ok(true),
        // Somebody was quicker.
        StatusCode::CONFLICT => {
            Ok(matches!(look(api, &key.user_id, name).await?, There::Key(other) if is_same(&other, key)))
        }
        _ => {
            let words = answer.words();
            Err(CallError::new(region.name(), Sent::No, format!("it refused the key pair: {words}")))
        }
    }
}

/// What the user has in the region under a name.
pub(super) async fn look(api: &RegionApi, user_id: &str, name: &str) -> Result<There, CallError> {
    let region = api.region();
    if version(region) < OTHER_USERS {
        let reason = "its microversions end before the one at which key pairs are made for other users";
        return Err(CallError::new(region.name(), Sent::No, reason));
    }
    let answer = api.compute(Method::GET, &path(user_id, name), version(region), None).await?;
    if answer.status == StatusCode::NOT_FOUND {
        return Ok(There::Nothing);
    }
    Ok(There::Key(answer.json(region)?["keypair"].take()))
}

/// A user's key pair, as the service account names it.
pub(super) fn path(user_id: &str, name: &str) -> String {
    format!("/os-keypairs/{}?user_id={}", segment(name), segment(user_id))
}

/// The version key pairs are read and written at.
pub(super) fn version(region: &Region) -> Microversion {
    region.microversion().min(MORE_NAMES)
}

/// True for the document of the same public key; a comment behind it tells nothing.
fn is_same(document: &Value, key: &KeyPair) -> bool {
    let bare = |text: &str| text.split_ascii_whitespace().take(2).map(str::to_owned).collect::<Vec<_>>();
    document["fingerprint"] == key.fingerprint
        && document["type"] == key.kind
        && document["public_key"].as_str().is_some_and(|text| bare(text) == bare(&key.public_key))
}

/// Names that are older than the version's rules, or made under `/v2`, do not fit everywhere.
fn fits(name: &str, version: Microversion) -> bool {
    if version >= MORE_NAMES { is_name_v292(name) } else { is_name(name) }
}

/// Another name for it there; the same each time, so that a second try finds what the first made.
fn other_name(region_id: &str, key: &KeyPair) -> String {
    let whole = format!("{region_id}/{}/{}/{}", key.user_id, key.name, key.fingerprint);
    let suffix = &Uuid::new_v5(&Uuid::NAMESPACE_OID, whole.as_bytes()).simple().to_string()[..8];
    let plain = |c: char| if is_name(c.encode_utf8(&mut [0; 4])) { c } else { '_' };
    let base: String = key.name.chars().map(plain).take(NAME_LENGTH_MAX - 1 - suffix.len()).collect();
    format!("{base}-{suffix}")
}

pub(super) fn stored<T>(region: &Region, result: DbResult<T>) -> Result<T, CallError> {
    result.map_err(|error| CallError::new(region.name(), Sent::No, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> KeyPair {
        KeyPair {
            serial: 1,
            user_id: "u".into(),
            name: name.into(),
            kind: "ssh".into(),
            fingerprint: "aa:bb".into(),
            public_key: "ssh-rsa AAAA me@host".into(),
            created_at: 0,
        }
    }

    #[test]
    fn names_fit_the_region() {
        assert!(fits("my key_1", v2(10)) && !fits("me@host.org", v2(91)) && fits("me@host.org", v2(92)));
        assert!(!fits("ключ", v2(92)) && !fits("", v2(92)));
        let other = other_name("r", &key("me@host.org"));
        assert!(other.starts_with("me_host_org-") && is_name(&other), "{other}");
        assert_eq!(other, other_name("r", &key("me@host.org")));
        assert_ne!(other, other_name("r", &KeyPair { fingerprint: "cc:dd".into(), ..key("me@host.org") }));
        assert_eq!(other_name("r", &key(&"é".repeat(255))).len(), 255);
    }

    #[test]
    fn a_comment_makes_no_other_key() {
        let document =
            |public_key: &str, kind: &str| json!({ "fingerprint": "aa:bb", "type": kind, "public_key": public_key });
        assert!(is_same(&document("ssh-rsa AAAA you@there", "ssh"), &key("k")));
        assert!(!is_same(&document("ssh-rsa AAAB me@host", "ssh"), &key("k")));
        assert!(!is_same(&document("ssh-rsa AAAA me@host", "x509"), &key("k")));
    }
}
