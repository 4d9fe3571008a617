//! Compute API microversions and their negotiation (nova/api/openstack/wsgi.py `set_api_version_request`).

use std::fmt;

use http::{HeaderMap, HeaderName, StatusCode};
use serde::{Deserialize, Serialize};

use crate::error::{ApiResult, Fault};

/// `OpenStack-API-Version: compute X.Y`.
pub const STANDARD: HeaderName = HeaderName::from_static("openstack-api-version");
/// `X-OpenStack-Nova-API-Version: X.Y`.
pub const LEGACY: HeaderName = HeaderName::from_static("x-openstack-nova-api-version");

/// A microversion, ordered as numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Microversion {
    /// Before the point.
    pub major: u16,
    /// After the point.
    pub minor: u16,
}

/// Shorthand for a version of the 2.x line.
#[must_use]
pub const fn v2(minor: u16) -> Microversion {
    Microversion { major: 2, minor }
}

/// The lowest version any Nova speaks.
pub const MIN: Microversion = v2(1);
/// The newest version our tables know (Nova 34).
pub const MAX_KNOWN: Microversion = v2(104);

impl fmt::Display for Microversion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl From<Microversion> for String {
    fn from(version: Microversion) -> Self {
        version.to_string()
    }
}

impl TryFrom<String> for Microversion {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("'{text}' is not a microversion such as 2.104"))
    }
}

impl Microversion {
    /// Parses `X.Y`: no leading zeros, X at least 1.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (major, minor) = text.split_once('.')?;
        Some(Self { major: number(major).filter(|n| *n > 0)?, minor: number(minor)? })
    }

    /// The value of the standard header for this version.
    #[must_use]
    pub fn standard_header(self) -> String {
        format!("compute {self}")
    }
}

fn number(text: &str) -> Option<u16> {
    let plain = text == "0" || (!text.starts_with('0') && !text.is_empty());
    (plain && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

/// What a request asked for, before it is held against what is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// No header that concerns compute.
    Nothing,
    /// `latest`.
    Latest,
    /// A number.
    Version(Microversion),
}

/// Reads both headers: the standard one first (last `compute` entry), then the legacy one (last entry).
///
/// # Errors
/// 400 where the text is no version.
pub fn asked(headers: &HeaderMap) -> ApiResult<Asked> {
    let standard = entries(headers, &STANDARD).filter_map(|e| compute_entry(&e)).last();
    let Some(text) = standard.or_else(|| entries(headers, &LEGACY).last()) else {
        return Ok(Asked::Nothing);
    };
    if text == "latest" {
        return Ok(Asked::Latest);
    }
    Microversion::parse(&text).map(Asked::Version).ok_or_else(|| {
        Fault::bad_request(format!(
            "API Version String {text} is of invalid format. Must be of format MajorNum.MinorNum."
        ))
    })
}

/// The version to answer with, when `newest` is the newest served.
///
/// # Errors
/// 406 outside the served range; the caller still echoes the asked version in the headers.
pub fn settle(asked: Asked, newest: Microversion) -> ApiResult<Microversion> {
    match asked {
        Asked::Nothing => Ok(MIN),
        Asked::Latest => Ok(newest),
        Asked::Version(v) if (MIN..=newest).contains(&v) => Ok(v),
        Asked::Version(v) => Err(Fault::new(
            StatusCode::NOT_ACCEPTABLE,
            format!("Version {v} is not supported by the API. Minimum is {MIN} and maximum is {newest}."),
        )),
    }
}

fn entries(headers: &HeaderMap, name: &HeaderName) -> impl Iterator<Item = String> {
    let joined: Vec<String> = headers.get_all(name).iter().filter_map(|v| v.to_str().ok()).map(str::to_owned).collect();
    joined.into_iter().flat_map(|v| v.split(',').map(|e| e.trim().to_owned()).collect::<Vec<_>>())
}

fn compute_entry(entry: &str) -> Option<String> {
    let (service, version) = entry.split_once(char::is_whitespace)?;
    service.eq_ignore_ascii_case("compute").then(|| version.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(pairs: &[(&HeaderName, &str)]) -> ApiResult<Asked> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append((*name).clone(), value.parse().expect("a header value"));
        }
        asked(&headers)
    }

    #[test]
    fn negotiation_follows_nova() {
        let is = |pairs: &[(&HeaderName, &str)], expected| assert_eq!(ask(pairs).ok(), Some(expected), "{pairs:?}");
        is(&[], Asked::Nothing);
        is(&[(&STANDARD, "compute 2.42")], Asked::Version(v2(42)));
        is(&[(&STANDARD, "volume 3.1, Compute 2.5, compute 2.6")], Asked::Version(v2(6)));
        is(&[(&STANDARD, "volume 3.1"), (&LEGACY, "2.9")], Asked::Version(v2(9)));
        is(&[(&LEGACY, "2.3, 2.9")], Asked::Version(v2(9)));
        is(&[(&STANDARD, "compute latest")], Asked::Latest);
        for bad in ["compute 2", "compute 2.01", "compute 02.1", "compute 0.1", "compute abc", "compute 2.1.1"] {
            assert!(ask(&[(&STANDARD, bad)]).is_err(), "{bad}");
        }
    }

    #[test]
    fn outside_the_range_is_406_with_the_range() {
        let fault = settle(Asked::Version(v2(999)), v2(104)).expect_err("out of range");
        assert_eq!(fault.status, StatusCode::NOT_ACCEPTABLE);
        assert_eq!(fault.message, "Version 2.999 is not supported by the API. Minimum is 2.1 and maximum is 2.104.");
        assert_eq!(settle(Asked::Latest, v2(96)).ok(), Some(v2(96)));
    }
}
