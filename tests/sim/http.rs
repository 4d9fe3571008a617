//! The request and response that the simulated services speak in: whole bodies, decoded queries.

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::faults::Lens;

/// A request whose body has been read.
#[derive(Debug)]
pub struct Req {
    pub method: Method,
    /// The path as sent, still percent-encoded.
    pub path: String,
    /// The query, decoded, in the order of the request.
    pub query: Vec<(String, String)>,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// `http://127.0.0.1:port` of the service that got it.
    pub base: String,
    /// What a fault hides from this request.
    pub lens: Lens,
}

impl Req {
    /// A header as text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// One query parameter; of a repeated one the last, as WebOb's `dict.update` leaves it.
    pub fn q(&self, key: &str) -> Option<&str> {
        self.query.iter().rev().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    /// All values of a repeatable query parameter.
    pub fn q_all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        self.query.iter().filter(move |(k, _)| k == key).map(|(_, v)| v.as_str())
    }

    /// The body as JSON.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

/// A whole answer.
#[derive(Debug)]
pub struct Resp {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Resp {
    /// No body.
    pub fn empty(status: u16) -> Self {
        let status = StatusCode::from_u16(status).unwrap();
        Self { status, headers: HeaderMap::new(), body: Bytes::new() }
    }

    /// A JSON document.
    pub fn json(status: u16, document: &Value) -> Self {
        Self::text(status, "application/json", document.to_string())
    }

    /// Any text.
    pub fn text(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        let mut resp = Self::empty(status).with("content-type", content_type);
        resp.body = body.into();
        resp
    }

    /// Adds a header line, beside those of the same name.
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = value.parse() {
            self.headers.append(name, value);
        }
        self
    }
}

/// Splits and decodes a query string.
pub fn parse_query(query: &str) -> Vec<(String, String)> {
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
    };
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(key, value)| (decode(key), decode(value)))
        .collect()
}

/// Encodes one part of a query string, as Python's `urlencode` does.
pub fn encode(text: &str) -> String {
    const KEEP: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b' ');
    percent_encoding::utf8_percent_encode(text, KEEP).to_string().replace(' ', "+")
}

/// A path segment, decoded.
pub fn decode_segment(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}
