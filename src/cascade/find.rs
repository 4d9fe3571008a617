//! The server that a path names, as Nova finds it: which ones count as there, and what is said of the others.

use crate::api::Call;
use crate::db::Db;
use crate::db::servers::{self, Shown};
use crate::db::text::folded_id;
use crate::error::{ApiResult, Fault};
use crate::identity::Identity;
use crate::identity::policy::Rule;
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

/// The row of server `id`, for a call of `identity` at `version` whose target it is, where `rule` lets it pass.
///
/// # Errors
/// 404 in the words that Nova has for the target; 403 by the rule.
pub async fn server(
    db: &Db,
    (target, rule): (Target, Rule),
    id: &str,
    identity: &Identity,
    version: Microversion,
) -> ApiResult<Shown> {
    let mapped = matches!(target, Target::MappedServer | Target::AnyServer);
    let missing = if mapped { Fault::no_mapping } else { Fault::no_server };
    let row = servers::shown(db, &folded_id(id)).await?.ok_or_else(|| missing(id))?;
    let own = identity.is_admin() || row.project_id == identity.project_id;
    // Nova looks for servers in the caller's project; where a token has none, it is the rule that refuses.
    let seen = own || identity.project_id.is_empty();
    let found = match target {
        // The rule refuses strangers.
        Target::AnyServer => !own || !row.deleted,
        Target::DeletedServer => seen && (!row.deleted || version >= DELETED_SINCE),
        _ => seen && !row.deleted,
    };
    if !found {
        return Err(Fault::no_server(id));
    }
    rule.require(identity, &row.project_id)?;
    Ok(row)
}
