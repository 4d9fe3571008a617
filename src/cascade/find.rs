//! The server that a path names, as Nova finds it: which ones count as there, and what is said of the others.

use crate::api::Call;
use crate::db::Db;
use crate::db::servers::{self, Shown};
use crate::error::{ApiResult, Fault};
use crate::identity::Identity;
use crate::microversion::{Microversion, v2};
use crate::routes::Target;

/// The row of the call's server as it is by now.
///
/// # Errors
/// 404 where it is gone.
pub async fn again(call: &Call) -> ApiResult<Shown> {
    let id = &call.server()?.id;
    let row = servers::shown(&call.app.db, id).await?.filter(|row| !row.deleted);
    row.ok_or_else(|| Fault::no_server(id))
}

/// The first microversion whose instance actions know deleted servers.
const DELETED_SINCE: Microversion = v2(21);

/// The row of server `id`, for a call of `identity` at `version` whose target it is.
///
/// # Errors
/// 404 in the words that Nova has for the target.
pub async fn server(db: &Db, target: Target, id: &str, identity: &Identity, version: Microversion) -> ApiResult<Shown> {
    let mapped = matches!(target, Target::MappedServer | Target::AnyServer);
    let missing = if mapped { Fault::no_mapping } else { Fault::no_server };
    let row = servers::shown(db, id).await?.ok_or_else(|| missing(id))?;
    let own = identity.is_admin() || row.project_id == identity.project_id;
    let seen = match target {
        // The rule refuses strangers.
        Target::AnyServer => !own || !row.deleted,
        Target::DeletedServer => own && (!row.deleted || version >= DELETED_SINCE),
        _ => own && !row.deleted,
    };
    if seen { Ok(row) } else { Err(Fault::no_server(id)) }
}
