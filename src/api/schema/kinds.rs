//! Kinds of values that many bodies have (`nova/api/validation/parameter_types.py`), and how they are read.

use serde_json::Value;

use super::Check::{self, MaxLength, MinLength, Minimum, Name, Pattern};
use super::{Schema, Type};
use crate::query;

/// `name`
pub const NAME: Schema = &[Check::Type(&[Type::String]), Name, MinLength(1), MaxLength(255)];

/// `name` where Nova has no other schema for its compatibility mode.
pub const STRICT_NAME: Schema = &[Check::Type(&[Type::String]), Check::StrictName, MinLength(1), MaxLength(255)];

/// `boolean`; read it with [`flag`].
pub const BOOLEAN: Schema = &[Check::Type(&[Type::Boolean, Type::String]), Check::Boolean];

/// `positive_integer`; read it with [`integer`].
pub const POSITIVE: Schema =
    &[Check::Type(&[Type::Integer, Type::String]), Pattern("^[0-9]*$", digits), Minimum(1.0), MinLength(1)];

/// `non_negative_integer`; read it with [`integer`].
pub const NON_NEGATIVE: Schema =
    &[Check::Type(&[Type::Integer, Type::String]), Pattern("^[0-9]*$", digits), Minimum(0.0), MinLength(1)];

fn digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

/// The number in a value that has passed a schema of integers; text as the number in it.
#[must_use]
pub fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// The flag in a value that has passed [`BOOLEAN`].
#[must_use]
pub fn flag(value: &Value) -> bool {
    match value {
        Value::Bool(flag) => *flag,
        Value::String(text) => query::boolean(text).unwrap_or(false),
        _ => false,
    }
}
