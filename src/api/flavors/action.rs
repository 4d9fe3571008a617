//! `POST /flavors/{flavor_id}/action`: who may use a flavor.

use http::{Response, StatusCode};

use super::{access, changed, find, missing};
use crate::api::schema::Check::{MaxLength, MinLength, Type as OfType};
use crate::api::schema::{self, Field, Schema, Type, object, required};
use crate::api::{Call, body};
use crate::db::flavors::{self as rows, Access};
use crate::error::{ApiResult, Fault};
use crate::http_body::Body;
use crate::identity::policy::{Rule, admin};
use crate::microversion::v2;

const TENANT: &[Field] = &[required("tenant", &[OfType(&[Type::String]), MinLength(1), MaxLength(255)])];

/// An action: its name, rule and body, and whether it gives access or takes it.
struct Action {
    name: &'static str,
    rule: Rule,
    body: Schema,
    gives: bool,
}

const ACTIONS: [Action; 2] = [
    Action {
        name: "addTenantAccess",
        rule: admin("os_compute_api:os-flavor-access:add_tenant_access"),
        body: object!(&[required("addTenantAccess", object!(TENANT))]),
        gives: true,
    },
    Action {
        name: "removeTenantAccess",
        rule: admin("os_compute_api:os-flavor-access:remove_tenant_access"),
        body: object!(&[required("removeTenantAccess", object!(TENANT))]),
        gives: false,
    },
];

/// Gives a project access to a flavor, or takes it.
pub async fn action(mut call: Call) -> ApiResult<Response<Body>> {
    let mut body = body::action(&call.read_body().await?)?;
    let name = body.as_object().and_then(|object| object.keys().next()).cloned().unwrap_or_default();
    let action = ACTIONS.iter().find(|action| action.name == name);
    let action = action.ok_or_else(|| Fault::bad_request(format!("There is no such action: {name}")))?;
    schema::validate(action.body, &mut body, call.version, call.matched.compat)?;
    action.rule.require(&call.identity, &call.identity.project_id)?;
    let project = body[action.name]["tenant"].as_str().map(str::to_owned).unwrap_or_default();
    if action.gives { give(&call, &project).await } else { take(&call, &project).await }
}

async fn give(call: &Call, project: &str) -> ApiResult<Response<Body>> {
    call.app.keystone.require_project(project).await?;
    let flavor = find(call).await?;
    if flavor.is_public && call.version >= v2(7) {
        return Err(Fault::new(StatusCode::CONFLICT, "Can not add access to a public flavor."));
    }
    let result = rows::add_access(&call.app.db, &flavor.id, project).await?;
    answer(call, &flavor.id, result, |serial| {
        let message = format!("Flavor access already exists for flavor {serial} and project {project} combination.");
        Fault::new(StatusCode::CONFLICT, message)
    })
}

/// A project that is no longer there loses its access as well.
async fn take(call: &Call, project: &str) -> ApiResult<Response<Body>> {
    let flavor = find(call).await?;
    let result = rows::remove_access(&call.app.db, &flavor.id, project).await?;
    answer(call, &flavor.id, result, |serial| {
        Fault::not_found(format!("Flavor access not found for {serial} / {project} combination."))
    })
}

fn answer(call: &Call, id: &str, result: Access, already: impl Fn(i64) -> Fault) -> ApiResult<Response<Body>> {
    match result {
        Access::Done(projects) => {
            changed(call);
            access::list(id, &projects)
        }
        Access::Already(serial) => Err(already(serial)),
        Access::NoFlavor => Err(missing(id)),
    }
}
