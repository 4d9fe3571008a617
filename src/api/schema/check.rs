//! Holding a value against its checks.

use std::sync::LazyLock;

use serde_json::{Map, Value};
use uuid::Uuid;

use super::error::Errors;
use super::{Check, Field, KeyPattern, Schema, Terms, Type};
use crate::api::body::{BOOLEANS, python};

/// All checks of a schema, in its order.
pub(super) fn all(schema: Schema, value: &mut Value, terms: Terms, errors: &mut Errors) {
    for check in schema {
        one(*check, value, terms, errors);
    }
}

fn one(check: Check, value: &mut Value, terms: Terms, errors: &mut Errors) {
    match check {
        Check::Fields(fields) => return each_field(fields, value, terms, errors),
        Check::Keys(_, matches, schema) => return each_key(matches, schema, value, terms, errors),
        Check::Closed(fields, keys) => return closed(fields, keys, value, terms, errors),
        Check::Items(schema) => {
            for (index, item) in value.as_array_mut().into_iter().flatten().enumerate() {
                within(&index.to_string(), item, schema, terms, errors);
            }
            return;
        }
        Check::First(schema) => {
            if let Some(first) = value.as_array_mut().and_then(|items| items.first_mut()) {
                within("0", first, schema, terms, errors);
            }
            return;
        }
        Check::TypeByMode(strict, compat) => {
            return one(Check::Type(if terms.compat { compat } else { strict }), value, terms, errors);
        }
        Check::Name | Check::StrictName => {
            let spaced = terms.compat && matches!(check, Check::Name);
            if value.as_str().is_none_or(|name| is_name(name, spaced)) {
                return;
            }
            let what = if spaced {
                "printable characters with at least one non space character"
            } else {
                "printable characters. Can not start or end with whitespace."
            };
            let text = format!("An invalid 'name' value was provided. The name must be: {what}");
            return errors.add_alone(&text);
        }
        _ => {}
    }
    if let Some(reason) = plain(check, value) {
        errors.add(value, &reason);
    }
}

/// Why a value does not pass a check that looks at nothing inside it.
fn plain(check: Check, value: &Value) -> Option<String> {
    let length = || value.as_str().map(|text| text.chars().count());
    let items = || value.as_array().map(Vec::len);
    let fields = || value.as_object().map(Map::len);
    let less = |count: Option<usize>, least: usize, words: &'static str| {
        count.filter(|count| *count < least).map(|_| if least == 1 { "should be non-empty" } else { words })
    };
    let more = |count: Option<usize>, most: usize, words: &'static str| {
        count.filter(|count| *count > most).map(|_| if most == 0 { "is expected to be empty" } else { words })
    };
    let words = match check {
        Check::Type(types) if !is_any(value, types) => {
            let names: Vec<String> = types.iter().map(|kind| format!("'{}'", kind.name())).collect();
            return Some(format!("{} is not of type {}", python(value), names.join(", ")));
        }
        Check::MinLength(least) => less(length(), least, "is too short")?,
        Check::MaxLength(most) => more(length(), most, "is too long")?,
        Check::MinItems(least) => less(items(), least, "is too short")?,
        Check::MaxItems(most) => more(items(), most, "is too long")?,
        Check::MinFields(least) => less(fields(), least, "does not have enough properties")?,
        Check::MaxFields(most) => more(fields(), most, "has too many properties")?,
        Check::Pattern(pattern, matches) => {
            let unlike = value.as_str().is_some_and(|text| !matches(text));
            return unlike.then(|| format!("{} does not match '{pattern}'", python(value)));
        }
        Check::Uuid => {
            let unlike = value.as_str().is_some_and(|text| Uuid::parse_str(text).is_err());
            return unlike.then(|| format!("{} is not a 'uuid'", python(value)));
        }
        Check::Format(format, matches) => {
            let unlike = value.as_str().is_some_and(|text| !matches(text));
            return unlike.then(|| format!("{} is not a '{format}'", python(value)));
        }
        Check::Any(matches) => {
            return (!matches(value)).then(|| format!("{} is not valid under any of the given schemas", python(value)));
        }
        Check::OneOf(known) => {
            let unlike = value.as_str().is_none_or(|text| !known.contains(&text));
            let names: Vec<String> = known.iter().map(|name| format!("'{name}'")).collect();
            return unlike.then(|| format!("{} is not one of [{}]", python(value), names.join(", ")));
        }
        Check::Boolean => {
            let unlike = !value.is_boolean() && value.as_str().is_none_or(|text| !BOOLEANS.contains(&text));
            return unlike.then(|| crate::api::body::no_boolean(value));
        }
        Check::UniqueItems => {
            let items = value.as_array()?;
            let twice = items.iter().enumerate().any(|(index, item)| items[..index].contains(item));
            return twice.then(|| format!("{} has non-unique elements", python(value)));
        }
        Check::Minimum(least) => return beyond(value, least, "less than the minimum of", |n| n < least),
        Check::Maximum(most) => return beyond(value, most, "greater than the maximum of", |n| n > most),
        Check::MoreThan(bound) => {
            let words = "is less than or equal to the minimum of";
            let unlike = value.as_f64().is_some_and(|number| number <= bound);
            return unlike.then(|| format!("{} {words} {}", python(value), python_number(bound)));
        }
        _ => return None,
    };
    Some(format!("{} {words}", python(value)))
}

/// Of a float Nova takes what is before the point (`_number_from_str`).
fn beyond(value: &Value, bound: f64, words: &str, is_beyond: impl Fn(f64) -> bool) -> Option<String> {
    let (number, shown) = match value {
        Value::Number(number) if number.is_f64() => {
            (number.as_f64()?.trunc(), format!("{:.0}", number.as_f64()?.trunc()))
        }
        Value::Number(number) => (number.as_f64()?, python(value)),
        Value::String(text) => (text.parse::<f64>().ok()?, text.trim_start_matches('0').to_owned()),
        _ => return None,
    };
    let shown = if shown.is_empty() { "0".into() } else { shown };
    is_beyond(number).then(|| format!("{shown} is {words} {}", python_number(bound)))
}

/// A bound as Python prints it.
fn python_number(number: f64) -> String {
    if number.abs() < 1e16 { format!("{number}") } else { format!("{number:e}").replace('e', "e+") }
}

fn within(name: &str, value: &mut Value, schema: Schema, terms: Terms, errors: &mut Errors) {
    errors.path.push(name.to_owned());
    all(schema, value, terms, errors);
    errors.path.pop();
}

/// What is in the fields comes first, then which of them are missing.
fn each_field(fields: &[Field], value: &mut Value, terms: Terms, errors: &mut Errors) {
    let Some(object) = value.as_object_mut() else { return };
    for field in fields.iter().filter(|field| field.is_at(terms.minor)) {
        if let Some(inner) = object.get_mut(field.name) {
            within(field.name, inner, field.schema, terms, errors);
        }
    }
    let missing = |field: &&Field| terms.minor >= field.required_since && !object.contains_key(field.name);
    let first = fields.iter().filter(|field| field.is_at(terms.minor)).find(missing);
    if let Some(field) = first {
        errors.add(value, &format!("'{}' is a required property", field.name));
    }
}

fn each_key(matches: fn(&str) -> bool, schema: Schema, value: &mut Value, terms: Terms, errors: &mut Errors) {
    for (key, inner) in value.as_object_mut().into_iter().flatten().filter(|(key, _)| matches(key)) {
        within(key, inner, schema, terms, errors);
    }
}

fn closed(fields: &[Field], keys: Option<KeyPattern>, value: &mut Value, terms: Terms, errors: &mut Errors) {
    let Some(object) = value.as_object_mut() else { return };
    let known = |name: &str| {
        fields.iter().any(|field| field.name == name && field.is_at(terms.minor))
            || keys.is_some_and(|(_, matches)| matches(name))
    };
    let mut extra: Vec<String> = object.keys().filter(|name| !known(name)).cloned().collect();
    if extra.is_empty() {
        return;
    }
    if terms.compat {
        // Where nothing is known Nova leaves the object as it is.
        if extra.len() == object.len() {
            return;
        }
        if keys.is_none() {
            return object.retain(|name, _| known(name));
        }
    }
    extra.sort_unstable();
    let names = extra.iter().map(|name| python(&Value::from(name.as_str()))).collect::<Vec<_>>().join(", ");
    let reason = match (keys.filter(|_| !terms.compat), extra.len()) {
        (Some((pattern, _)), 1) => format!("{names} does not match any of the regexes: '{pattern}'"),
        (Some((pattern, _)), _) => format!("{names} do not match any of the regexes: '{pattern}'"),
        (None, 1) => format!("Additional properties are not allowed ({names} was unexpected)"),
        (None, _) => format!("Additional properties are not allowed ({names} were unexpected)"),
    };
    errors.add(value, &reason);
}

impl Type {
    fn name(self) -> &'static str {
        match self {
            Self::Object => "object",
            Self::Array => "array",
            Self::String => "string",
            Self::Integer => "integer",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Null => "null",
        }
    }
}

fn is_any(value: &Value, types: &[Type]) -> bool {
    types.iter().any(|kind| match kind {
        Type::Object => value.is_object(),
        Type::Array => value.is_array(),
        Type::String => value.is_string(),
        // 1.0 is an integer.
        Type::Integer => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        Type::Number => value.is_number(),
        Type::Boolean => value.is_boolean(),
        Type::Null => value.is_null(),
    })
}

/// Printable characters of the basic plane, and a line's end behind them, which Python's `$` lets pass.
#[must_use]
pub fn printable(text: &str) -> bool {
    is_printable(text.strip_suffix('\n').unwrap_or(text))
}

fn is_printable(text: &str) -> bool {
    static UNPRINTABLE: LazyLock<Option<regex::Regex>> =
        LazyLock::new(|| regex::Regex::new(r"[\p{C}\p{Zl}\p{Zp}]").ok());
    text.chars().all(|c| u32::from(c) < 0xffff) && !UNPRINTABLE.as_ref().is_some_and(|regex| regex.is_match(text))
}

/// Printable characters, spaces only inside; where `spaced`, outside too, and one at least that is none. Spaces are
/// Unicode's, U+3000 among them. A line feed behind all of it passes here too.
fn is_name(text: &str, spaced: bool) -> bool {
    let inner = text.strip_suffix('\n').unwrap_or(text);
    let fits = if spaced {
        inner.contains(|c: char| !c.is_whitespace())
    } else {
        // Nothing is a name here: it is too short as well, which is said then.
        !text.starts_with(char::is_whitespace) && !inner.ends_with(char::is_whitespace)
    };
    fits && is_printable(inner)
}
