//! `/os-quota-sets/{project_id}` (`nova/api/openstack/compute/quota_sets.py`): the top's limits, which hold over all
//! regions.

pub(in crate::api) mod body;
mod read;
mod write;

pub use read::{defaults, detail, show};
pub use write::{delete, update};

use super::Call;
use crate::error::ApiResult;

/// The user asked about; none: the whole project.
fn user_id(call: &Call) -> ApiResult<Option<String>> {
    let query = call.query();
    query.refuse_unknown(call.version, 75, |key| key == "user_id")?;
    Ok(query.get("user_id").filter(|id| !id.is_empty()).map(str::to_owned))
}
