//! Access rules of application credentials: keystonemiddleware checks them in front of Nova, so the top does too.
//!
//! A path pattern has `*` or `{name}` for one segment and `**` for any rest (keystonemiddleware, `_path_matches`).

use serde::Deserialize;

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

/// True where one of the rules allows the request.
#[must_use]
pub fn allow(rules: &[AccessRule], method: &str, path: &str) -> bool {
    rules
        .iter()
        .any(|rule| rule.service == "compute" && rule.method.eq_ignore_ascii_case(method) && matches(&rule.path, path))
}

fn matches(pattern: &str, path: &str) -> bool {
    let mut segments = path.trim_matches('/').split('/');
    for wanted in pattern.trim_matches('/').split('/') {
        if wanted == "**" {
            return true;
        }
        let any = wanted == "*" || (wanted.starts_with('{') && wanted.ends_with('}'));
        match segments.next() {
            Some(segment) if any || segment == wanted => {}
            _ => return false,
        }
    }
    segments.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_keystonemiddleware() {
        let rule = |path: &str| vec![AccessRule { service: "compute".into(), method: "GET".into(), path: path.into() }];
        assert!(allow(&rule("/v2.1/servers"), "GET", "/v2.1/servers"));
        assert!(!allow(&rule("/v2.1/servers"), "POST", "/v2.1/servers"));
        assert!(!allow(&rule("/v2.1/servers"), "GET", "/v2.1/servers/1"));
        assert!(allow(&rule("/v2.1/servers/{id}"), "GET", "/v2.1/servers/1"));
        assert!(allow(&rule("/v2.1/*/1"), "GET", "/v2.1/servers/1"));
        assert!(allow(&rule("/v2.1/**"), "GET", "/v2.1/servers/1/ips/x"));
        assert!(!allow(&[], "GET", "/v2.1/servers"));
    }
}
