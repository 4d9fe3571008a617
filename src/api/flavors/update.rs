//! `PUT /flavors/{flavor_id}`

use http::Response;

use super::{DESCRIPTION, changed, missing, named, shown};
use crate::api::schema::{self, Field, object, required};
use crate::api::{Call, body};
use crate::db::flavors as rows;
use crate::error::ApiResult;
use crate::http_body::Body;

const FLAVOR: &[Field] = &[required("description", DESCRIPTION)];
const BODY: &[Field] = &[required("flavor", object!(FLAVOR))];

/// Sets the description; nothing else of a flavor can change.
pub async fn update(mut call: Call) -> ApiResult<Response<Body>> {
    let mut body = body::parse(&call.read_body().await?)?;
    schema::validate(object!(BODY), &mut body, call.version, call.matched.compat)?;
    let id = named(&call).await?;
    let flavor = rows::describe(&call.app.db, &id, body["flavor"]["description"].as_str()).await?;
    let flavor = flavor.ok_or_else(|| missing(&id))?;
    changed(&call);
    shown(&call, &flavor)
}
