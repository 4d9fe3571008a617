//! Schemas of request bodies as data, with Nova's refusals (`nova/api/validation/validators.py`, over Python's jsonschema
//! 4.26, whose words these are).
//!
//! A schema is a list of checks. The fields of an object have the microversions at which they are there, so that one
//! table holds for all of them.

mod check;
mod error;
mod kinds;

use serde_json::Value;

use crate::error::ApiResult;
use crate::microversion::Microversion;

pub use check::printable;
pub use kinds::{BOOLEAN, NAME, NON_NEGATIVE, POSITIVE, STRICT_NAME, flag, integer};

/// All of these hold.
pub type Schema = &'static [Check];

/// An expression for keys, as messages show it, and what it means.
pub type KeyPattern = (&'static str, fn(&str) -> bool);

/// A keyword of JSON schema, or a format of Nova's.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// Of one of these types.
    Type(&'static [Type]),
    /// Of one of these types; in the compatibility mode of one of the others.
    TypeByMode(&'static [Type], &'static [Type]),
    /// Printable, with no space at either end (`format: name`); in the compatibility mode with spaces there.
    Name,
    /// The same, with no space at either end in the compatibility mode too.
    StrictName,
    /// Characters at least.
    MinLength(usize),
    /// Characters at most.
    MaxLength(usize),
    /// The expression, as messages show it, and what it means.
    Pattern(&'static str, fn(&str) -> bool),
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// A boolean in any of Nova's spellings.
    Boolean,
    /// At least; text counts as the number in it.
    Minimum(f64),
    /// More than; of numbers alone.
    MoreThan(f64),
    /// At most; text counts as the number in it.
    Maximum(f64),
    /// What an object has.
    Fields(&'static [Field]),
    /// What every key that the expression matches has as its value.
    Keys(&'static str, fn(&str) -> bool, Schema),
    /// Nothing but what `Fields` and `Keys` say; in the compatibility mode, what is more is taken out.
    Closed(&'static [Field], Option<KeyPattern>),
    /// Fields at least.
    MinFields(usize),
    /// Fields at most.
    MaxFields(usize),
    /// A UUID, in any of its spellings.
    Uuid,
    /// A format, as messages name it, and what it means.
    Format(&'static str, fn(&str) -> bool),
    /// One of several schemas, as the function has them.
    Any(fn(&Value) -> bool),
    /// Every item of an array.
    Items(Schema),
    /// The first item of an array.
    First(Schema),
    /// No item twice.
    UniqueItems,
    /// Items at least.
    MinItems(usize),
    /// Items at most.
    MaxItems(usize),
}

/// A type of JSON; an integer is a number too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "as in JSON schema")]
pub enum Type {
    Object,
    Array,
    String,
    Integer,
    Number,
    Boolean,
    Null,
}

/// A field of an object.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    name: &'static str,
    schema: Schema,
    since: u16,
    until: u16,
    required_since: u16,
}

/// No minor version.
const NEVER: u16 = u16::MAX;

/// A field that need not be there.
#[must_use]
pub const fn optional(name: &'static str, schema: Schema) -> Field {
    Field { name, schema, since: 1, until: NEVER, required_since: NEVER }
}

/// A field that must be there.
#[must_use]
pub const fn required(name: &'static str, schema: Schema) -> Field {
    Field { required_since: 1, ..optional(name, schema) }
}

impl Field {
    /// The first minor version that has it.
    #[must_use]
    pub const fn since(self, minor: u16) -> Self {
        Self { since: minor, ..self }
    }

    /// The last minor version that has it.
    #[must_use]
    pub const fn until(self, minor: u16) -> Self {
        Self { until: minor, ..self }
    }

    /// The first minor version at which it must be there.
    #[must_use]
    pub const fn required_since(self, minor: u16) -> Self {
        Self { required_since: minor, ..self }
    }

    fn is_at(&self, minor: u16) -> bool {
        (self.since..=self.until).contains(&minor)
    }
}

/// An object of these fields and no others: `object!(FIELDS)`.
macro_rules! object {
    ($fields:expr) => {
        &[
            $crate::api::schema::Check::Type(&[$crate::api::schema::Type::Object]),
            $crate::api::schema::Check::Fields($fields),
            $crate::api::schema::Check::Closed($fields, None),
        ]
    };
}
pub(crate) use object;

/// How a body is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// Minor version spoken.
    pub minor: u16,
    /// Asked under `/v2`.
    pub compat: bool,
}

/// Holds a body against a schema. In the compatibility mode what the body has too much is taken out of it.
///
/// # Errors
/// 400 in Nova's words for the first that is wrong.
pub fn validate(schema: Schema, body: &mut Value, version: Microversion, compat: bool) -> ApiResult<()> {
    let terms = Terms { minor: version.minor, compat };
    let mut errors = error::Errors::default();
    check::all(schema, body, terms, &mut errors);
    errors.first.map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::microversion::v2;
    use serde_json::json;

    const INNER: &[Field] = &[
        required("name", NAME),
        optional("size", POSITIVE),
        optional("kind", &[Check::Type(&[Type::String]), Check::OneOf(&["ssh", "x509"])]).since(2),
        optional("public", BOOLEAN),
        optional("key", &[Check::Type(&[Type::String])]).required_since(92),
    ];
    const OUTER: &[Field] = &[required("thing", object!(INNER))];

    fn refused(mut body: Value, minor: u16) -> String {
        validate(object!(OUTER), &mut body, v2(minor), false).expect_err("refused").message
    }

    #[test]
    fn refusals_are_novas() {
        let invalid = "Invalid input for field/attribute";
        assert_eq!(refused(Value::Null, 1), "None is not of type 'object'");
        assert_eq!(refused(json!({}), 1), "'thing' is a required property");
        assert_eq!(
            refused(json!({"thing": {"size": 1}}), 1),
            format!("{invalid} thing. Value: {{'size': 1}}. 'name' is a required property")
        );
        let thing = |field: &str, value: Value, minor| refused(json!({"thing": {"name": "a", field: value}}), minor);
        assert_eq!(thing("size", json!("0"), 1), format!("{invalid} size. Value: 0. 0 is less than the minimum of 1"));
        assert_eq!(thing("size", json!("x"), 1), format!("{invalid} size. Value: x. 'x' does not match '^[0-9]*$'"));
        assert_eq!(
            thing("size", json!(1.5), 1),
            format!("{invalid} size. Value: 1.5. 1.5 is not of type 'integer', 'string'")
        );
        assert_eq!(
            thing("kind", json!("gpg"), 2),
            format!("{invalid} kind. Value: gpg. 'gpg' is not one of ['ssh', 'x509']")
        );
        let closed = "Additional properties are not allowed ('kind' was unexpected)";
        assert_eq!(
            thing("kind", json!("ssh"), 1),
            format!("{invalid} thing. Value: {{'name': 'a', 'kind': 'ssh'}}. {closed}")
        );
        // What is within a field is told before what is missing or too much beside it.
        assert!(refused(json!({"thing": {"size": "x"}, "more": 1}), 1).ends_with("'x' does not match '^[0-9]*$'"));
        assert!(thing("size", json!(1), 92).ends_with("'key' is a required property"));
        assert!(thing("public", json!("maybe"), 1).contains("'maybe' is not one of [True, 'True', 'TRUE'"));
        let name = |value: Value| refused(json!({"thing": {"name": value}}), 1);
        assert!(name(json!("")).ends_with("'' should be non-empty"));
        assert!(name(json!("x".repeat(256))).ends_with("is too long"));
        let spaces = "An invalid 'name' value was provided. The name must be: printable characters. Can not start or \
                      end with whitespace.";
        for text in
            [" a", "a ", "\u{3000}a", "a\u{3000}", "a\u{a0}", " ", "\n", "a \n", "a\u{1F600}", "a\tb", "\u{ffff}"]
        {
            assert_eq!(name(json!(text)), spaces, "{text:?}");
        }
        // How a name looks comes before how long it is.
        assert_eq!(name(json!(format!(" {}", "x".repeat(256)))), spaces);
        // Python's `$`.
        validate(object!(OUTER), &mut json!({"thing": {"name": "a\n"}}), v2(1), false).expect("let pass");
    }

    #[test]
    fn the_compatibility_mode_takes_out_what_is_too_much() {
        let mut body = json!({"thing": {"name": " a ", "more": 1}, "other": 2});
        validate(object!(OUTER), &mut body, v2(1), true).expect("let pass");
        assert_eq!(body, json!({"thing": {"name": " a "}}));
        for blank in ["", " ", "\u{3000}", "\n"] {
            let mut body = json!({"thing": {"name": blank}});
            let refused = validate(object!(OUTER), &mut body, v2(1), true).expect_err("refused").message;
            let words = "An invalid 'name' value was provided. The name must be: printable characters with at least one \
                         non space character";
            assert_eq!(refused, words, "{blank:?}");
        }
    }
}
