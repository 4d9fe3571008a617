//! `/os-quota-class-sets/{name}` (`nova/api/openstack/compute/quota_classes.py`). Only the class `default` matters.

use http::{Response, StatusCode};

use super::quota_sets::body;
use super::{Call, body as bodies, schema};
use crate::db::quota;
use crate::error::{ApiResult, Fault};
use crate::http_body::{self, Body};
use crate::views::quota as view;

/// Longest name of a class, in characters.
const NAME_MAX: usize = 255;

/// `GET /os-quota-class-sets/{name}`
pub async fn show(call: Call) -> ApiResult<Response<Body>> {
    let name = call.matched.param("name");
    let limits = quota::of_class(&call.app.db, &call.app.config.quota, name).await?;
    http_body::json(StatusCode::OK, &view::class(Some(name), call.version, |resource| limits.get(resource)))
}

/// `PUT /os-quota-class-sets/{name}`
pub async fn update(mut call: Call) -> ApiResult<Response<Body>> {
    let mut asked = bodies::parse(&call.read_body().await?)?;
    schema::validate(body::CLASS, &mut asked, call.version, call.matched.compat)?;
    let name = call.matched.param("name");
    let length = name.chars().count();
    if length > NAME_MAX {
        let message = format!("quota_class_name has {length} characters, more than {NAME_MAX}.");
        return Err(Fault::bad_request(format!("Invalid input received: {message}")));
    }
    quota::set_class(&call.app.db, name, &body::limits(&asked["quota_class_set"])).await?;
    let limits = quota::of_class(&call.app.db, &call.app.config.quota, name).await?;
    http_body::json(StatusCode::OK, &view::class(None, call.version, |resource| limits.get(resource)))
}
