//! `POST /os-keypairs`: imports a public key, or to 2.91 makes a pair.

use http::{Response, StatusCode};
use secrecy::ExposeSecret;
use serde_json::Value;

use super::permitted;
use crate::api::schema::{self, Check, Field, Schema, Type, object, optional, required};
use crate::api::{Call, body};
use crate::cascade::key_pairs::{self, Wanted};
use crate::crypto::Kind;
use crate::error::ApiResult;
use crate::http_body::{self, Body};
use crate::microversion::v2;
use crate::views::key_pair as view;

const TEXT: Schema = &[Check::Type(&[Type::String])];

/// What Nova's database holds; a longer one is its 500.
const USER_ID: Schema = &[Check::Type(&[Type::String]), Check::MaxLength(255)];

/// `keypair_name_special_chars`
const NAME: Schema = &[
    Check::Type(&[Type::String]),
    Check::Name,
    Check::MinLength(1),
    Check::MaxLength(255),
    Check::Pattern(r"^[_\\- a-zA-Z0-9]+$", key_pairs::is_name),
];

/// `keypair_name_special_chars_v292`
const NAME_V292: Schema = &[
    Check::Type(&[Type::String]),
    Check::Name,
    Check::MinLength(1),
    Check::MaxLength(255),
    Check::Pattern(r"^[_\\-\\@\\. a-zA-Z0-9]+$", key_pairs::is_name_v292),
];

const KEY_PAIR: &[Field] = &[
    required("name", NAME).until(91),
    required("name", NAME_V292).since(92),
    optional("type", &[Check::Type(&[Type::String]), Check::OneOf(&["ssh", "x509"])]).since(2),
    optional("public_key", TEXT).required_since(92),
    optional("user_id", USER_ID).since(10),
];

const BODY: Schema = object!(&[required("keypair", object!(KEY_PAIR))]);

/// Under `/v2` a name may be any.
const COMPAT: Schema =
    object!(&[required("keypair", object!(&[required("name", schema::NAME), optional("public_key", TEXT)]))]);

/// `POST /os-keypairs`
pub async fn create(mut call: Call) -> ApiResult<Response<Body>> {
    let mut asked = body::parse(&call.read_body().await?)?;
    let compat = call.matched.compat;
    schema::validate(if compat { COMPAT } else { BODY }, &mut asked, call.version, compat)?;
    let asked = &asked["keypair"];
    let text = |key: &str| asked[key].as_str().map(str::to_owned);
    let wanted = Wanted {
        user_id: permitted(&call, text("user_id"))?,
        name: text("name").unwrap_or_default().trim().to_owned(),
        kind: asked.get("type").and_then(Value::as_str).and_then(Kind::parse).unwrap_or(Kind::Ssh),
        public_key: text("public_key"),
    };
    call.require_context()?;
    let (key, private_key) = key_pairs::create(&call.app, &call.identity.project_id, wanted).await?;
    let private_key = private_key.as_ref().map(ExposeSecret::expose_secret);
    let status = if call.version >= v2(2) { StatusCode::CREATED } else { StatusCode::OK };
    http_body::json(status, &view::created(&key, private_key, call.version))
}
