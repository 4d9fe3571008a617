//! Access rules of application credentials: the only requests that one may make. keystonemiddleware checks them in front
//! of a service (`keystonemiddleware/auth_token`, `validate_allowed_request`). Regions skip them for requests that carry a
//! service token, as ours to Nova do: what is let through here is let through there.
//!
//! A rule and a request are compared as that code does, by its exact service type and method (no alias of a type, no
//! other case of a method), and by a pattern of the path (`_path_matches`):
//!
//! | in the pattern | in the path |
//! |---|---|
//! | `*`, `{name}` | one character or more, no `/` |
//! | `**` | anything, also nothing |
//! | `{` and `}` that are no pair | nothing |
//! | anything else | itself |
//!
//! No slash is trimmed on either side. It differs in one point: there, whatever else a pattern has is part of a regular
//! expression, so that `.` stands for any character, `|` begins another pattern and a lone `(` is an error; here each
//! stands for itself.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use serde::Deserialize;

/// Longest path that is compared; what has an answer is shorter. It bounds the time that one rule takes, together with
/// the 225 characters that Keystone lets a pattern have.
const PATH_BYTES_MAX: usize = 8 * 1_024;

/// Most steps of all comparisons of one request: the sum of pattern length times path length. Hundreds of ordinary rules
/// take a tenth of it; what is left of more counts as not allowed.
const WORK_MAX: usize = 4_000_000;

/// What stays as it is in a path (webob/request.py, `PATH_SAFE`, and what Python's `quote` never encodes).
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'_')
    .remove(b'.')
    .remove(b'-')
    .remove(b'~')
    .remove(b'/')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@');

/// One request that the credential may make.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AccessRule {
    /// Service type.
    pub service: String,
    /// HTTP method.
    pub method: String,
    /// Path pattern.
    pub path: String,
}

/// True where one of the rules allows the request to the service of type `service`; `path` is as the client sent it.
#[must_use]
pub fn allow(rules: &[AccessRule], service: &str, method: &str, path: &str) -> bool {
    if path.len() > PATH_BYTES_MAX {
        return false;
    }
    let (path, mut left) = (encoded(path), WORK_MAX);
    rules.iter().filter(|rule| rule.service == service && rule.method == method).any(|rule| {
        left = left.saturating_sub((path.len() + 1) * rule.path.len());
        left > 0 && matches(&rule.path, &path)
    })
}

/// The path in the form that rules are written for: as webob gives it, which encodes what the server in front has
/// decoded. Each path has one such form, so that no other way to write it gets around a rule.
fn encoded(path: &str) -> String {
    percent_encode(&percent_decode_str(path).collect::<Vec<u8>>(), PLAIN).to_string()
}

/// A part of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// `*` or `{name}`
    Segment,
    /// `**`
    Rest,
    /// A character that stands for itself.
    Literal(char),
}

/// The next part of a pattern and what follows it; none at the end.
fn next_part(mut pattern: &str) -> Option<(Part, &str)> {
    loop {
        if let Some(rest) = pattern.strip_prefix("**") {
            return Some((Part::Rest, rest));
        }
        let first = pattern.chars().next()?;
        let rest = &pattern[first.len_utf8()..];
        match first {
            '*' => return Some((Part::Segment, rest)),
            '{' if rest.contains('}') => return Some((Part::Segment, rest.split_once('}')?.1)),
            '{' | '}' => pattern = rest,
            literal => return Some((Part::Literal(literal), rest)),
        }
    }
}

/// Whether the whole pattern matches the whole path. Part by part it keeps every place of the path that the pattern can
/// have come to, so that its time is that of the two lengths' product whatever the pattern.
fn matches(mut pattern: &str, path: &str) -> bool {
    let path = path.as_bytes();
    // `ends[at]`: the parts so far match the first `at` bytes.
    let mut ends = vec![false; path.len() + 1];
    ends[0] = true;
    while let Some((part, rest)) = next_part(pattern) {
        if !step(&mut ends, part, path) {
            return false;
        }
        pattern = rest;
    }
    ends[path.len()]
}

/// Takes one part more into `ends`; false where it comes to no place.
fn step(ends: &mut [bool], part: Part, path: &[u8]) -> bool {
    let mut any = false;
    // Whether a place before this one is where the part may begin.
    let mut begun = false;
    for (at, end) in ends.iter_mut().enumerate() {
        let here = *end;
        let before = at.checked_sub(1).and_then(|before| path.get(before));
        *end = match part {
            Part::Rest => begun || here,
            Part::Segment => {
                begun &= before.is_some_and(|byte| *byte != b'/');
                begun
            }
            Part::Literal(literal) => begun && before.is_some_and(|byte| char::from(*byte) == literal),
        };
        any |= *end;
        begun = match part {
            Part::Literal(_) => here,
            Part::Rest | Part::Segment => begun || here,
        };
    }
    any
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_for_one_service_and_one_method() {
        let rules = [AccessRule { service: "compute".into(), method: "GET".into(), path: "/v2.1/servers".into() }];
        assert!(allow(&rules, "compute", "GET", "/v2.1/servers"));
        assert!(!allow(&rules, "network", "GET", "/v2.1/servers"));
        assert!(!allow(&rules, "Compute", "GET", "/v2.1/servers"));
        assert!(!allow(&rules, "compute", "get", "/v2.1/servers"));
        assert!(!allow(&rules, "compute", "POST", "/v2.1/servers"));
        assert!(!allow(&[], "compute", "GET", "/v2.1/servers"));
    }

    #[test]
    fn patterns_match_whole_paths() {
        let cases = [
            ("/v2.1/servers", "/v2.1/servers", true),
            ("/v2.1/servers", "/v2.1/servers/", false),
            ("/v2.1/servers/", "/v2.1/servers", false),
            ("v2.1/servers", "/v2.1/servers", false),
            ("/v2.1/servers/{id}", "/v2.1/servers/1", true),
            ("/v2.1/servers/{id}", "/v2.1/servers/", false),
            ("/v2.1/*/1", "/v2.1/servers/1", true),
            ("/v2.1/*/1", "/v2.1/a/b/1", false),
            ("/v2.1/os-*", "/v2.1/os-keypairs", true),
            ("/v2.1/{a}-{b}/x", "/v2.1/os-keypairs/x", true),
            ("/v2.1/**", "/v2.1/servers/1/ips/x", true),
            ("/v2.1/**/ips", "/v2.1/servers/1/ips", true),
            ("/v2.1/**/ips", "/v2.1/servers/1/os-server-password", false),
            ("/v2.1/**/ips", "/v2.1/servers/1/ips/x", false),
            ("/v2x1/servers", "/v2.1/servers", false),
            ("/v2.1/servers", "/v2x1/servers", false),
            ("/v2.1/a|/v2.1/b", "/v2.1/b", false),
            ("/v2.1/servers/*", "/v2.1/servers/a%2Fb", false),
            ("/v2.1/servers", "/v2.1/%73erver%73", true),
            ("/v2.1/flavors/%C3%A9", "/v2.1/flavors/%c3%a9", true),
            ("/v2.1/flavors/\u{e9}", "/v2.1/flavors/%c3%a9", false),
        ];
        for (pattern, path, expected) in cases {
            assert_eq!(matches(pattern, &encoded(path)), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn the_worst_pattern_ends() {
        let pattern = "**a*".repeat(60);
        let path = format!("/{}", "a".repeat(PATH_BYTES_MAX - 1));
        let rule = AccessRule { service: "compute".into(), method: "GET".into(), path: format!("{pattern}b") };
        // Tried one way after the other this takes longer than anybody waits.
        assert!(!allow(std::slice::from_ref(&rule), "compute", "GET", &path));
        assert!(allow(&[AccessRule { path: pattern, ..rule.clone() }], "compute", "GET", &path));
        // Nor do many of them.
        assert!(!allow(&vec![rule.clone(); 100_000], "compute", "GET", &path));
        let anything = AccessRule { path: "/**".into(), ..rule };
        assert!(!allow(&[anything], "compute", "GET", &format!("{path}a")), "longer than any path");
    }
}
