//! Key pairs (nova/api/openstack/compute/keypairs.py): the top's, one set for all regions.

mod create;
mod delete;
mod index;
mod show;

pub use create::create;
pub use delete::delete;
pub use index::index;
pub use show::show;

use super::Call;
use crate::error::{ApiResult, Fault};
use crate::microversion::v2;

/// The parameter by which an admin names another user.
const USER_ID: &str = "user_id";

/// Whose key pairs the query asks for, where the caller may.
fn owner(call: &Call) -> ApiResult<String> {
    let query = call.query();
    let asked = query.all(USER_ID).first().map(|user_id| (*user_id).to_owned());
    permitted(call, asked.filter(|_| call.version >= v2(10)))
}

/// The user asked for, or the caller; by the route's rule.
fn permitted(call: &Call, asked: Option<String>) -> ApiResult<String> {
    let user_id = asked.filter(|user_id| !user_id.is_empty()).unwrap_or_else(|| call.identity.user_id.clone());
    if let Some(rule) = call.matched.route.rule {
        rule.require_user(&call.identity, &user_id)?;
    }
    Ok(user_id)
}

/// 404 in Nova's words.
fn missing(user_id: &str, name: &str) -> Fault {
    Fault::not_found(format!("Keypair {name} not found for user {user_id}"))
}
