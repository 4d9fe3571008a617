//! `POST /flavors`

use http::{Response, StatusCode};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{DESCRIPTION, shown};
use crate::api::schema::Check::MaxLength;
use crate::api::schema::Check::{Maximum, MinLength, Minimum, MoreThan, Pattern, Type as OfType};
use crate::api::schema::{self, BOOLEAN, Field, NAME, Schema, Type, flag, integer, object, optional, required};
use crate::api::{Call, body};
use crate::db::flavors::{self as rows, Created, Flavor};
use crate::error::{ApiResult, Fault};
use crate::http_body::Body;

/// The largest integer, and the largest float, of Nova's database.
const INTEGER_MAX: f64 = 2_147_483_647.0;
const FLOAT_MAX: f64 = 3.40282e+38;

const ID: Schema = &[
    OfType(&[Type::String, Type::Number, Type::Null]),
    MinLength(1),
    MaxLength(255),
    Pattern("^(?! )[a-zA-Z0-9. _-]+(?<! )$", is_id),
];
const POSITIVE_SIZE: Schema =
    &[OfType(&[Type::Integer, Type::String]), Pattern("^[0-9]+$", digits), Minimum(1.0), Maximum(INTEGER_MAX)];
const SIZE: Schema =
    &[OfType(&[Type::Integer, Type::String]), Pattern("^[0-9]+$", digits), Minimum(0.0), Maximum(INTEGER_MAX)];
const FACTOR: Schema = &[
    OfType(&[Type::Number, Type::String]),
    Pattern(r"^[0-9]+(\\.[0-9]+)?$", is_decimal),
    MoreThan(0.0),
    Maximum(FLOAT_MAX),
];

const FLAVOR: &[Field] = &[
    required("name", NAME),
    optional("id", ID),
    required("ram", POSITIVE_SIZE),
    required("vcpus", POSITIVE_SIZE),
    required("disk", SIZE),
    optional("OS-FLV-EXT-DATA:ephemeral", SIZE),
    optional("swap", SIZE),
    optional("rxtx_factor", FACTOR).until(101),
    optional("os-flavor-access:is_public", BOOLEAN),
    optional("description", DESCRIPTION).since(55),
];
const BODY: &[Field] = &[required("flavor", object!(FLAVOR))];

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_decimal(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    digits(whole) && digits(fraction)
}

fn is_id(text: &str) -> bool {
    let known = |b: u8| b.is_ascii_alphanumeric() || b". _-".contains(&b);
    !text.is_empty() && !text.starts_with(' ') && !text.ends_with(' ') && text.bytes().all(known)
}

/// Makes a flavor; regions get it when a server of it is booted there.
pub async fn create(mut call: Call) -> ApiResult<Response<Body>> {
    let mut body = body::parse(&call.read_body().await?)?;
    schema::validate(object!(BODY), &mut body, call.version, call.matched.compat)?;
    let flavor = read(body["flavor"].as_object().unwrap_or(&Map::new()))?;
    let conflict = |what: String| Fault::new(StatusCode::CONFLICT, format!("Flavor with {what} already exists."));
    match rows::create(&call.app.db, &flavor).await? {
        Created::Made(flavor) => shown(&call, &flavor),
        Created::IdTaken => Err(conflict(format!("ID {}", flavor.id))),
        Created::NameTaken => Err(conflict(format!("name {}", flavor.name))),
    }
}

/// The flavor that a checked body asks for (nova/compute/flavors.py, `create`).
fn read(asked: &Map<String, Value>) -> ApiResult<Flavor> {
    let size = |key: &str, name: &str| size(asked, key, name);
    let id = match asked.get("id") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) if number.as_f64() != Some(0.0) => body::python(&Value::Number(number.clone())),
        _ => Uuid::new_v4().to_string(),
    };
    Ok(Flavor {
        serial: 0,
        id,
        name: asked["name"].as_str().unwrap_or_default().trim().to_owned(),
        vcpus: size("vcpus", "vcpus")?,
        ram_mb: size("ram", "ram")?,
        disk_gb: size("disk", "disk")?,
        ephemeral_gb: size("OS-FLV-EXT-DATA:ephemeral", "ephemeral")?,
        swap_mb: size("swap", "swap")?,
        rxtx_factor: factor(asked)?,
        is_public: asked.get("os-flavor-access:is_public").is_none_or(flag),
        disabled: false,
        description: asked.get("description").and_then(Value::as_str).map(str::to_owned),
        extra_specs: "{}".into(),
        created_at: 0,
        updated_at: None,
        revision: 0,
    })
}

/// What the schema lets pass and is no integer all the same (1.0) is Nova's 500.
fn size(asked: &Map<String, Value>, key: &str, name: &str) -> ApiResult<i32> {
    let Some(value) = asked.get(key) else { return Ok(0) };
    let number = integer(value).and_then(|number| i32::try_from(number).ok());
    number.ok_or_else(|| Fault::bad_request(format!("Invalid input received: {name} must be an integer")))
}

/// As above: text of zero.
fn factor(asked: &Map<String, Value>) -> ApiResult<f64> {
    let factor = match asked.get("rxtx_factor") {
        None => Some(1.0),
        Some(Value::String(text)) => text.parse().ok(),
        Some(other) => other.as_f64(),
    };
    factor.filter(|factor| *factor > 0.0 && *factor <= FLOAT_MAX).ok_or_else(|| {
        let reason = "'rxtx_factor' argument must be a float between 0 and 3.40282e+38";
        Fault::bad_request(format!("Invalid input received: {reason}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::microversion::v2;
    use serde_json::json;

    fn made(more: &Value) -> ApiResult<Flavor> {
        let mut flavor = json!({"name": "a", "ram": 64, "vcpus": 1, "disk": "0"});
        flavor.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        let mut body = json!({ "flavor": flavor });
        schema::validate(object!(BODY), &mut body, v2(55), false)?;
        read(body["flavor"].as_object().expect("an object"))
    }

    #[test]
    fn ids_are_text() {
        let id = |value: Value| made(&json!({ "id": value })).expect("a flavor").id;
        assert_eq!(id(json!(7)), "7");
        assert_eq!(id(json!(1000.0)), "1000.0");
        assert_eq!(id(json!("a b")), "a b");
        for none in [json!(null), json!(0)] {
            assert!(Uuid::parse_str(&id(none)).is_ok());
        }
    }

    #[test]
    fn what_nova_refuses_is_refused_in_its_words() {
        let field = "Invalid input for field/attribute";
        let invalid = "Invalid input received:";
        let factor = "'rxtx_factor' argument must be a float between 0 and 3.40282e+38";
        for (more, words) in [
            (json!({"id": ""}), format!("{field} id. Value: . '' should be non-empty")),
            (
                json!({"id": "a "}),
                format!("{field} id. Value: a . 'a ' does not match '^(?! )[a-zA-Z0-9. _-]+(?<! )$'"),
            ),
            (json!({"id": true}), format!("{field} id. Value: True. True is not of type 'string', 'number', 'null'")),
            (json!({"ram": ""}), format!("{field} ram. Value: . '' does not match '^[0-9]+$'")),
            (json!({"ram": 0}), format!("{field} ram. Value: 0. 0 is less than the minimum of 1")),
            (
                json!({"swap": "2147483648"}),
                format!("{field} swap. Value: 2147483648. 2147483648 is greater than the maximum of 2147483647"),
            ),
            (json!({"ram": 1.0}), format!("{invalid} ram must be an integer")),
            (
                json!({"rxtx_factor": 0}),
                format!("{field} rxtx_factor. Value: 0. 0 is less than or equal to the minimum of 0"),
            ),
            (
                json!({"rxtx_factor": "x"}),
                format!("{field} rxtx_factor. Value: x. 'x' does not match '^[0-9]+(\\\\.[0-9]+)?$'"),
            ),
            (json!({"rxtx_factor": "0.0"}), format!("{invalid} {factor}")),
            (
                json!({"rxtx_factor": 3.5e38}),
                format!(
                    "{field} rxtx_factor. Value: 3.5e+38. 350000000000000001565567347835409530880 is greater than the \
                     maximum of 3.40282e+38"
                ),
            ),
        ] {
            assert_eq!(made(&more).expect_err("refused").message, words);
        }
        assert!(made(&json!({"description": "a\u{1}"})).is_err() && made(&json!({"description": "é\n"})).is_ok());
    }
}
