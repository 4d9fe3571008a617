//! `POST /flavors/{flavor_id}/os-extra_specs`; `PUT` and `DELETE …/{key}`. What is set is answered as it was sent,
//! numbers as numbers.

use http::{Response, StatusCode};
use serde_json::{Map, Value};

use super::{as_text, no_spec};
use crate::api::flavors::{changed, missing, named};
use crate::api::schema::Check::{Closed, Keys, MaxFields, MaxLength, MinFields, Type as OfType};
use crate::api::schema::{self, Field, KeyPattern, Schema, Type, object, required};
use crate::api::{Call, body};
use crate::db::flavors::{self as rows, Removed};
use crate::error::{ApiResult, Fault};
use crate::http_body::{self, Body};

const KEY: KeyPattern = ("^[a-zA-Z0-9-_:. ]{1,255}$", is_key);
const VALUE: Schema = &[OfType(&[Type::String, Type::Number]), MaxLength(255)];
const SPECS: Schema = &[OfType(&[Type::Object]), Keys(KEY.0, KEY.1, VALUE), Closed(&[], Some(KEY))];
const SPEC: Schema =
    &[OfType(&[Type::Object]), Keys(KEY.0, KEY.1, VALUE), Closed(&[], Some(KEY)), MinFields(1), MaxFields(1)];
const BODY: &[Field] = &[required("extra_specs", SPECS)];

fn is_key(text: &str) -> bool {
    (1..=255).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_:. ".contains(&b))
}

/// Sets several.
pub async fn create(mut call: Call) -> ApiResult<Response<Body>> {
    let mut body = body::parse(&call.read_body().await?)?;
    schema::validate(object!(BODY), &mut body, call.version, call.matched.compat)?;
    set(&call, body["extra_specs"].as_object().unwrap_or(&Map::new()), None).await?;
    http_body::json(StatusCode::OK, &body)
}

/// Sets one.
pub async fn update(mut call: Call) -> ApiResult<Response<Body>> {
    let mut body = body::parse(&call.read_body().await?)?;
    schema::validate(SPEC, &mut body, call.version, call.matched.compat)?;
    let key = call.matched.param("key");
    set(&call, body.as_object().unwrap_or(&Map::new()), Some(key)).await?;
    http_body::json(StatusCode::OK, &body)
}

/// `key`: which must be among them.
async fn set(call: &Call, specs: &Map<String, Value>, key: Option<&str>) -> ApiResult<()> {
    let texts = as_text(call, specs)?;
    if key.is_some_and(|key| !texts.contains_key(key)) {
        return Err(Fault::bad_request("Request body and URI mismatch"));
    }
    let id = named(call).await?;
    if !rows::add_specs(&call.app.db, &id, &texts).await? {
        return Err(missing(&id));
    }
    changed(call);
    Ok(())
}

/// Takes one away.
pub async fn delete(call: Call) -> ApiResult<Response<Body>> {
    let (asked, key) = (call.matched.param("flavor_id"), call.matched.param("key"));
    match rows::remove_spec(&call.app.db, &named(&call).await?, key).await? {
        Removed::Yes => {
            changed(&call);
            Ok(http_body::json_bytes(StatusCode::OK, ""))
        }
        Removed::NoSpec => Err(no_spec(asked, key)),
        Removed::NoFlavor => Err(missing(asked)),
    }
}
