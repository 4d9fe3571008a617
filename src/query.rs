//! Query strings as Nova reads them (its schemas' query parameters, webob's `MultiDict`).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::error::{ApiResult, Fault};
use crate::microversion::{Microversion, v2};

/// The pairs in their order; of a repeated key the last counts unless said otherwise.
#[derive(Clone, Debug, Default)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Parses what stands behind the `?`.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self(url::form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    /// All pairs.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The value that counts.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.pairs().filter(|(k, _)| *k == key).map(|(_, value)| value).last()
    }

    /// Every value of a key.
    #[must_use]
    pub fn all(&self, key: &str) -> Vec<&str> {
        self.pairs().filter(|(k, _)| *k == key).map(|(_, value)| value).collect()
    }

    /// The query string again, without some keys.
    #[must_use]
    pub fn without(&self, keys: &[&str]) -> String {
        let mut text = url::form_urlencoded::Serializer::new(String::new());
        text.extend_pairs(self.pairs().filter(|(key, _)| !keys.contains(key)));
        text.finish()
    }

    /// Refuses keys outside `known` where the schema of the version does.
    ///
    /// # Errors
    /// 400 in the words of jsonschema.
    pub fn refuse_unknown(
        &self,
        version: Microversion,
        strict_from: u16,
        known: impl Fn(&str) -> bool,
    ) -> ApiResult<()> {
        if version < v2(strict_from) {
            return Ok(());
        }
        let mut unknown: Vec<&str> = self.pairs().map(|(key, _)| key).filter(|key| !known(key)).collect();
        unknown.sort_unstable();
        unknown.dedup();
        if unknown.is_empty() {
            return Ok(());
        }
        let names = unknown.iter().map(|key| format!("'{key}'")).collect::<Vec<_>>().join(", ");
        let verb = if unknown.len() == 1 { "was" } else { "were" };
        Err(Fault::bad_request(format!("Additional properties are not allowed ({names} {verb} unexpected)")))
    }

    /// A number of 0 or more; of a repeated key every value must be one.
    ///
    /// # Errors
    /// 400 in Nova's words (`parameter_types.py`, `non_negative_integer`).
    pub fn number(&self, key: &str) -> ApiResult<Option<usize>> {
        let mut number = None;
        for text in self.all(key) {
            if !text.bytes().all(|b| b.is_ascii_digit()) {
                return Err(invalid(key, text, &format!("'{text}' does not match '^[0-9]*$'")));
            }
            if text.is_empty() {
                return Err(invalid(key, text, "'' should be non-empty"));
            }
            number = Some(text.parse().unwrap_or(usize::MAX));
        }
        Ok(number)
    }

    /// `limit` cut to the page's most, and `marker`.
    ///
    /// # Errors
    /// 400 for a limit that is no number of 0 or more.
    pub fn page(&self, items_max: usize) -> ApiResult<(usize, Option<&str>)> {
        let limit = self.number("limit")?.map_or(items_max, |limit| limit.min(items_max));
        Ok((limit, self.get("marker")))
    }

    /// `offset`, and `limit` cut to the page's most, of which 0 is none (nova/api/openstack/common.py, `limited`).
    ///
    /// # Errors
    /// As [`Self::page`].
    pub fn slice(&self, items_max: usize) -> ApiResult<(usize, usize)> {
        let limit = self.number("limit")?.filter(|limit| *limit > 0).map_or(items_max, |limit| limit.min(items_max));
        Ok((self.number("offset")?.unwrap_or(0), limit))
    }
}

/// Refuses a query string that is no text, as Nova does for every route that reads one.
///
/// # Errors
/// 400 in Nova's words (`nova/api/validation/__init__.py`, `query_schema`).
pub fn check_encoding(text: &str) -> ApiResult<()> {
    match percent_decode_str(text).decode_utf8() {
        Ok(_) => Ok(()),
        Err(_) => Err(Fault::bad_request("Query string is not UTF-8 encoded")),
    }
}

/// What a path segment may hold as it is (RFC 3986, 2.3).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Text as a segment of a path.
#[must_use]
pub fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// 400 as Nova's validators word it for a query parameter.
#[must_use]
pub fn invalid(key: &str, value: &str, reason: &str) -> Fault {
    Fault::bad_request(format!("Invalid input for query parameters {key}. Value: {value}. {reason}"))
}

/// oslo.utils' `bool_from_string(strict=True)`.
#[must_use]
pub fn boolean(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "1" | "t" | "true" | "on" | "y" | "yes" => Some(true),
        "0" | "f" | "false" | "off" | "n" | "no" => Some(false),
        _ => None,
    }
}

/// oslo.utils' words for text that is no boolean.
#[must_use]
pub fn not_boolean(text: &str) -> String {
    format!(
        "Unrecognized value '{text}', acceptable values are: '0', '1', 'f', 'false', 'n', 'no', 'off', 'on', 't', \
         'true', 'y', 'yes'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_novas() {
        let page =
            |text: &str| Query::parse(text).page(1_000).map(|(limit, marker)| (limit, marker.map(str::to_owned)));
        assert_eq!(page("").ok(), Some((1_000, None)));
        assert_eq!(page("limit=5&marker=x").ok(), Some((5, Some("x".into()))));
        assert_eq!(page("limit=99999").ok(), Some((1_000, None)));
        assert_eq!(page("limit=0").ok(), Some((0, None)));
        for bad in ["limit=-1", "limit=", "limit=a", "limit=5&limit=x"] {
            assert!(page(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_query_is_text() {
        assert!(check_encoding("a=%F0%9F%98%80&b=%00&c=%zz").is_ok());
        assert!(check_encoding("a=%ff").is_err() && check_encoding("%c3").is_err());
    }

    #[test]
    fn unknown_keys_are_named() {
        let query = Query::parse("b=1&a=2&limit=3");
        let fault = query.refuse_unknown(v2(75), 75, |key| key == "limit").expect_err("refused");
        assert_eq!(fault.message, "Additional properties are not allowed ('a', 'b' were unexpected)");
        assert!(query.refuse_unknown(v2(74), 75, |_| false).is_ok());
    }
}
