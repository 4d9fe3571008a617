//! `/os-quota-sets/{project_id}` (`nova/api/openstack/compute/quota_sets.py`): the top's limits, which hold over all
//! regions.

pub(in crate::api) mod body;
mod read;
mod write;

pub use read::{defaults, detail, show};
pub use write::{delete, update};

use super::Call;

/// The user asked about; none: the whole project.
fn user_id(call: &Call) -> Option<String> {
    call.query().get("user_id").filter(|id| !id.is_empty()).map(str::to_owned)
}
