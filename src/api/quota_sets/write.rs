//! Changes.

use http::{Response, StatusCode};
use serde_json::json;

use super::{body, user_id};
use crate::api::{Call, body as bodies, python, schema};
use crate::db::quota::{self, Unfit};
use crate::db::text::{NAME_MAX, fits};
use crate::error::{ApiResult, Fault};
use crate::http_body::{self, Body};
use crate::query::invalid;
use crate::views::quota as view;

/// `PUT /os-quota-sets/{project_id}`: without `force` no limit below what is in use, none of a user above what the
/// project has left to give.
pub async fn update(mut call: Call) -> ApiResult<Response<Body>> {
    let user_id = user_id(&call).unwrap_or_default();
    if !fits(&user_id, NAME_MAX) {
        // Nova's database does not hold it, and Nova answers 500.
        return Err(invalid("user_id", &user_id, &format!("{} is too long", python::text(&user_id))));
    }
    let mut asked = bodies::parse(&call.read_body().await?)?;
    schema::validate(body::SET, &mut asked, call.version, call.matched.compat)?;
    let project_id = call.matched.param("project_id").to_owned();
    call.app.keystone.require_project(&project_id).await?;
    let set = &asked["quota_set"];
    let force = set.get("force").is_some_and(schema::flag);
    let (db, defaults) = (&call.app.db, &call.app.config.quota);
    let done = quota::set_limits(db, defaults, (&project_id, &user_id), &body::limits(set), force).await?;
    done.map_err(|unfit| refusal(&unfit))?;
    let limits = quota::of(db, defaults, &project_id, &user_id).await?;
    http_body::json(StatusCode::OK, &view::set(None, call.version, |resource| json!(limits.get(resource))))
}

fn refusal(unfit: &Unfit) -> Fault {
    Fault::bad_request(match unfit {
        Unfit::Used { resource, limit, used } => format!(
            "Quota limit {limit} for {resource} must be greater than or equal to already used and reserved {used}."
        ),
        Unfit::Beyond { resource, limit, most } => {
            format!("Quota limit {limit} for {resource} must be less than or equal to {most}.")
        }
    })
}

/// `DELETE /os-quota-sets/{project_id}`: back to the defaults; of a project, its users' limits go too.
pub async fn delete(call: Call) -> ApiResult<Response<Body>> {
    let user_id = user_id(&call);
    quota::forget_limits(&call.app.db, call.matched.param("project_id"), user_id.as_deref()).await?;
    Ok(http_body::bare(StatusCode::ACCEPTED))
}
