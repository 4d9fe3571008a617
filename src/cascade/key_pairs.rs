//! Making and deleting key pairs (nova/compute/api.py, `KeypairAPI`).

use std::sync::Arc;

use secrecy::SecretString;

use super::ensure;
use crate::app::App;
use crate::crypto::{self, Generated, Kind};
use crate::db::key_pairs::{self, Added, KeyPair, New, regions};
use crate::db::quota::{self, resource};
use crate::error::{ApiResult, Fault};

/// What the column of public keys holds, where it is bounded.
const PUBLIC_KEY_BYTES_MAX: usize = 65_535;

/// A key pair that is asked for.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// For whom.
    pub user_id: String,
    /// Unique among theirs.
    pub name: String,
    /// What kind of key.
    pub kind: Kind,
    /// To be imported; none: to be made.
    pub public_key: Option<String>,
}

/// Makes a key pair, under the limits of a project; with the private key where there was no public one.
///
/// # Errors
/// 403, 400 and 409 in Nova's words and order.
pub async fn create(app: &Arc<App>, project_id: &str, wanted: Wanted) -> ApiResult<(KeyPair, Option<SecretString>)> {
    let full = || Fault::forbidden("Quota exceeded, too many key pairs.");
    // Before a key is made in vain; the transaction that adds it asks again.
    let limits = quota::of(&app.db, &app.config.quota, project_id, &wanted.user_id).await?;
    let used = quota::in_use(&app.db, "", &wanted.user_id).await?;
    let used = used.get(resource::KEY_PAIRS).and_then(|used| usize::try_from(*used).ok()).unwrap_or(0);
    if !limits.allow(resource::KEY_PAIRS, used + 1) {
        return Err(full());
    }
    let (public_key, private_key) = if let Some(public_key) = wanted.public_key {
        (public_key, None)
    } else {
        let made = generate(app, wanted.kind, &wanted.user_id).await?;
        (made.public_key, Some(made.private_key))
    };
    let invalid = |reason: String| Fault::bad_request(format!("Keypair data is invalid: {reason}"));
    if public_key.len() > PUBLIC_KEY_BYTES_MAX {
        return Err(invalid(format!("the public key is longer than {PUBLIC_KEY_BYTES_MAX} bytes")));
    }
    let fingerprint = wanted.kind.fingerprint(&public_key).map_err(invalid)?;
    let (kind, user_id, name) = (wanted.kind.name().to_owned(), wanted.user_id, wanted.name);
    let new = New { user_id, name, kind, fingerprint, public_key };
    match key_pairs::add(&app.db, &app.config.quota, project_id, &new).await? {
        Added::Yes(key) => Ok((key, private_key)),
        Added::Full => Err(full()),
        Added::Taken => Err(Fault::new(http::StatusCode::CONFLICT, format!("Key pair '{}' already exists.", new.name))),
    }
}

/// A new pair, made beside the tasks that answer requests, and not too many at once.
async fn generate(app: &App, kind: Kind, user_id: &str) -> ApiResult<Generated> {
    let user_id = user_id.to_owned();
    let turn = app.generating.clone().acquire_owned().await.map_err(|error| Fault::internal(error.to_string()))?;
    let making = tokio::task::spawn_blocking(move || {
        let _held = turn;
        crypto::generate(kind, &user_id)
    });
    let made = making.await.map_err(|error| Fault::internal(error.to_string()))?;
    made.map_err(|error| Fault::internal(format!("a key pair could not be made: {error}")))
}

/// Deletes a user's key pair, and behind the answer what the top has made of it in regions. False where there is none.
///
/// # Errors
/// What the database says.
pub async fn delete(app: &Arc<App>, user_id: &str, name: &str) -> ApiResult<bool> {
    let Some(key) = key_pairs::delete(&app.db, user_id, name).await? else { return Ok(false) };
    let app = app.clone();
    // What does not get done here, the audit of each region does.
    app.tasks.clone().spawn(async move {
        match regions::of(&app.db, key.serial).await {
            Ok(rows) => {
                let removals = rows.iter().map(|row| ensure::key_pair_audit::remove(&app, row));
                for failed in futures_util::future::join_all(removals).await.into_iter().filter_map(Result::err) {
                    tracing::warn!(key_pair = key.serial, error = %failed, "a deleted key pair is still in a region");
                }
            }
            Err(error) => {
                tracing::warn!(key_pair = key.serial, %error, "where a deleted key pair is could not be read");
            }
        }
    });
    Ok(true)
}

/// What a name may hold to 2.91.
#[must_use]
pub fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_- ".contains(c))
}

/// What a name may hold from 2.92 on.
#[must_use]
pub fn is_name_v292(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| is_name(c.encode_utf8(&mut [0; 4])) || "@.".contains(c))
}
