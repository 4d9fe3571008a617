//! The regular expressions of a list's query, compiled.

use std::collections::HashMap;

use super::parameters::{self, Format, Parameter, Use};
use crate::api::{Call, python};
use crate::error::{ApiResult, Fault};
use crate::microversion::v2;
use crate::pattern::{Invalid, Matcher, Pattern, Spent, is_literal};
use crate::query::{Query, invalid};

/// By their text; literals are compiled when they are used.
pub(super) struct Patterns<'a> {
    matcher: &'a Matcher,
    compiled: HashMap<String, Result<Pattern, Invalid>>,
}

impl<'a> Patterns<'a> {
    /// Of all values that must be one, also those that are not used.
    pub async fn of(call: &'a Call, query: &Query) -> ApiResult<Self> {
        let must =
            |key: &str| parameters::find(key).is_some_and(|row| call.version >= v2(row.since) && is_pattern(row));
        let texts = query.pairs().filter(|(key, value)| must(key) && !is_literal(value));
        let mut texts: Vec<String> = texts.map(|(_, value)| value.to_owned()).collect();
        texts.sort_unstable();
        texts.dedup();
        let matcher = &call.app.matcher;
        let compiled = matcher.compile(texts.clone(), &mut Spent::default()).await?;
        Ok(Self { matcher, compiled: texts.into_iter().zip(compiled).collect() })
    }

    /// Refuses a value that is none.
    pub fn check(&self, key: &str, value: &str) -> ApiResult<()> {
        match self.compiled.get(value) {
            Some(Err(reason)) => Err(refused(key, value, *reason)),
            _ if value.is_empty() => Err(refused(key, value, Invalid::Syntax)),
            _ => Ok(()),
        }
    }

    /// The one of a value.
    pub fn get(&self, key: &str, value: &str) -> ApiResult<Pattern> {
        let compiled = self.compiled.get(value).cloned().unwrap_or_else(|| self.matcher.literal(value));
        compiled.map_err(|reason| refused(key, value, reason))
    }
}

/// Its values must be expressions: the schema says so, or they are used as such.
fn is_pattern(row: &Parameter) -> bool {
    row.format == Format::Regex || matches!(row.used, Use::Matches(_))
}

/// 400 in Nova's words; what Nova's own would not refuse says why.
pub(in crate::api) fn refused(key: &str, value: &str, reason: Invalid) -> Fault {
    let value_shown = python::text(value);
    invalid(
        key,
        value,
        &match reason {
            Invalid::Syntax => format!("{value_shown} is not a 'regex'"),
            Invalid::TooLarge(most) => format!("{value_shown} is a 'regex' of more than {most} bytes when compiled"),
        },
    )
}
