//! `Forwarded` (RFC 7239), else `X-Forwarded-For`, `-Proto` and `-Host`; `X-Forwarded-Prefix` beside either.
//!
//! oslo.middleware takes the first value of a list, which a client can write itself where the proxy appends. Here a list
//! is read from its end for as long as the addresses in it are those of trusted proxies. Where only the proxies have
//! written, that is the first value as well.

use std::net::{IpAddr, SocketAddr};

use http::uri::{Authority, Scheme};
use http::{HeaderMap, HeaderName, header};

use super::Client;
use crate::config::TrustedProxies;

const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const PREFIX: HeaderName = HeaderName::from_static("x-forwarded-prefix");

/// What one proxy says of the side that it was asked from.
#[derive(Default)]
struct Entry {
    address: Option<IpAddr>,
    scheme: Option<Scheme>,
    host: Option<String>,
}

/// The client that the headers of a trusted proxy name; what they leave out, or say in no valid form, stays as it is.
pub(super) fn read(direct: Client, headers: &HeaderMap, trusted: &TrustedProxies) -> Client {
    let mut client = direct;
    let said = if headers.contains_key(header::FORWARDED) {
        outermost(&values(headers, &header::FORWARDED).iter().map(|text| entry(text)).collect::<Vec<_>>(), trusted)
    } else {
        let entries = values(headers, &FOR);
        let entries = entries.iter().map(|text| Entry { address: node(text), ..Entry::default() });
        let entries: Vec<Entry> = entries.collect();
        let is_proxy = |entry: &&Entry| entry.address.is_some_and(|address| trusted.contains(address));
        let proxies = entries.iter().rev().take_while(is_proxy).count();
        // Each proxy has added one; a value that is alone was overwritten by the last one.
        let of_outermost = |name| {
            let mut all = values(headers, name);
            let last = all.len().checked_sub(1)?;
            Some(all.swap_remove(last.saturating_sub(proxies)))
        };
        Entry {
            address: outermost(&entries, trusted).address,
            scheme: of_outermost(&PROTO).and_then(|text| scheme(&text)),
            host: of_outermost(&HOST).and_then(|text| host(&text)),
        }
    };
    client.address = said.address.unwrap_or(client.address);
    client.scheme = said.scheme.unwrap_or(client.scheme);
    client.host = said.host.or(client.host);
    client.prefix = values(headers, &PREFIX).pop().and_then(|text| prefix(&text)).unwrap_or(client.prefix);
    client
}

/// The entry of the outermost trusted proxy, with the last address that is known.
fn outermost(entries: &[Entry], trusted: &TrustedProxies) -> Entry {
    let mut found = Entry::default();
    for entry in entries.iter().rev() {
        let address = entry.address.or(found.address);
        found = Entry { address, scheme: entry.scheme.clone(), host: entry.host.clone() };
        if !entry.address.is_some_and(|address| trusted.contains(address)) {
            break;
        }
    }
    found
}

/// The elements of a list, over all headers of the name.
fn values(headers: &HeaderMap, name: &HeaderName) -> Vec<String> {
    let lines = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| split(line, ',')).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).collect()
}

/// Splits where no quotes are open.
fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut quoted, mut escaped) = (false, false);
    let parts = text.split(move |c: char| {
        let ends = c == separator && !quoted;
        if c == '"' && !escaped {
            quoted = !quoted;
        }
        escaped = c == '\\' && quoted && !escaped;
        ends
    });
    parts.collect()
}

/// `for=192.0.2.60;proto=https;host="compute.example.org:8774"`
fn entry(text: &str) -> Entry {
    let mut entry = Entry::default();
    for pair in split(text, ';') {
        let Some((key, value)) = pair.split_once('=') else { continue };
        let value = unquoted(value.trim());
        match key.trim().to_ascii_lowercase().as_str() {
            "for" => entry.address = node(&value),
            "proto" => entry.scheme = scheme(&value),
            "host" => entry.host = host(&value),
            _ => {}
        }
    }
    entry
}

fn unquoted(text: &str) -> String {
    let Some(inner) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return text.to_owned() };
    let mut escaped = false;
    inner
        .chars()
        .filter(|c| {
            escaped = *c == '\\' && !escaped;
            !escaped
        })
        .collect()
}

/// An address with or without a port, IPv6 with or without brackets; `unknown` and `_hidden` are none.
fn node(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().ok().or_else(|| text.parse().ok().map(|socket: SocketAddr| socket.ip()));
    address.map(|address| address.to_canonical())
}

fn scheme(text: &str) -> Option<Scheme> {
    match text.to_ascii_lowercase().as_str() {
        "http" => Some(Scheme::HTTP),
        "https" => Some(Scheme::HTTPS),
        _ => None,
    }
}

fn host(text: &str) -> Option<String> {
    let authority: Authority = text.parse().ok()?;
    (!authority.as_str().contains('@')).then(|| authority.to_string())
}

fn prefix(text: &str) -> Option<String> {
    let path = text.trim_end_matches('/');
    let plain = path.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-._~%".contains(&b));
    (plain && (path.is_empty() || path.starts_with('/')) && !path.starts_with("//")).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn client(headers: &[(&'static str, &'static str)]) -> Client {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        let trusted = config::Config::builder().set_override("proxies", "10.0.0.0/8").expect("set").build();
        let trusted: TrustedProxies = trusted.expect("built").get("proxies").expect("a list");
        Client::of(IpAddr::from([10, 0, 0, 1]), &map, &trusted)
    }

    /// Address, then the URL that the client used.
    fn seen(headers: &[(&'static str, &'static str)]) -> String {
        let client = client(headers);
        let host = client.host.unwrap_or_default();
        format!("{} {}://{host}{}", client.address, client.scheme, client.prefix)
    }

    #[test]
    fn a_trusted_proxy_says_who_asks_and_how() {
        let cases: [(&[(&str, &str)], &str); 12] = [
            (&[], "10.0.0.1 http://"),
            (&[("x-forwarded-proto", "https"), ("x-forwarded-host", "api:8774")], "10.0.0.1 https://api:8774"),
            (&[("x-forwarded-for", "192.0.2.7"), ("x-forwarded-proto", "HTTPS")], "192.0.2.7 https://"),
            (
                &[("x-forwarded-for", "192.0.2.7:4711"), ("x-forwarded-prefix", "/compute/")],
                "192.0.2.7 http:///compute",
            ),
            (&[("forwarded", "for=192.0.2.7;proto=https;host=api")], "192.0.2.7 https://api"),
            (&[("forwarded", "For=\"[2001:db8::7]:4711\"; Host=\"api:8774\"")], "2001:db8::7 http://api:8774"),
            (&[("forwarded", "for=\"_a,b;c\\\"\";proto=https")], "10.0.0.1 https://"),
            (&[("forwarded", "proto=https"), ("x-forwarded-host", "old")], "10.0.0.1 https://"),
            // Proxies behind each other: the outermost one of those that are trusted.
            (&[("forwarded", "for=192.0.2.7;proto=https, for=10.0.0.2;proto=http")], "192.0.2.7 https://"),
            (&[("x-forwarded-for", "192.0.2.7"), ("x-forwarded-for", "10.0.0.2, 10.0.0.3")], "192.0.2.7 http://"),
            // What the client has written in front of what the proxy appends.
            (&[("forwarded", "for=198.51.100.1;host=evil, for=192.0.2.7;proto=https")], "192.0.2.7 https://"),
            (
                &[("x-forwarded-for", "198.51.100.1, 192.0.2.7"), ("x-forwarded-proto", "x, https")],
                "192.0.2.7 https://",
            ),
        ];
        for (headers, expected) in cases {
            assert_eq!(seen(headers), expected, "{headers:?}");
        }
    }

    #[test]
    fn what_has_no_valid_form_is_left_out() {
        for (name, value) in [
            ("x-forwarded-proto", "javascript"),
            ("x-forwarded-host", "user@host"),
            ("x-forwarded-host", "a b"),
            ("x-forwarded-for", "unknown"),
            ("x-forwarded-prefix", "compute"),
            ("x-forwarded-prefix", "//evil.example.org"),
            ("x-forwarded-prefix", "/a?b"),
            ("forwarded", "=;;,\"\\"),
        ] {
            assert_eq!(seen(&[(name, value)]), "10.0.0.1 http://", "{name}: {value}");
        }
    }

    #[test]
    fn nobody_else_is_believed() {
        let mut headers = HeaderMap::new();
        headers.insert(FOR, HeaderValue::from_static("10.0.0.9"));
        headers.insert(PROTO, HeaderValue::from_static("https"));
        let peer = IpAddr::from([192, 0, 2, 7]);
        assert_eq!(Client::of(peer, &headers, &TrustedProxies::default()), Client::direct(peer));
    }
}
