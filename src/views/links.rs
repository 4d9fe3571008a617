//! Links in documents (nova/api/openstack/common.py, ViewBuilder): they speak of the top, with the project id only where
//! the request's own path had it.

use http::header;
use http::request::Parts;
use http::uri::Authority;
use serde_json::{Value, json};

use crate::client::Client;
use crate::query::Query;

/// What all links of one answer begin with.
#[derive(Clone, Debug)]
pub struct Links {
    base: String,
    version: &'static str,
    project: String,
}

impl Links {
    /// Of a request: `link_prefix`, else the scheme and host under which its client reached the service; then the
    /// prefix that a proxy serves it below, the version (`v2` in compatibility mode) and the project as in its path.
    #[must_use]
    pub fn of(request: &Parts, link_prefix: Option<&str>, compat: bool, project_id: Option<&str>) -> Self {
        // HTTP/2 has no Host; its authority is in the URI.
        let host = request.headers.get(header::HOST).and_then(|value| value.to_str().ok());
        let host = host.or_else(|| request.uri.authority().map(Authority::as_str)).unwrap_or("localhost");
        let client = request.extensions.get::<Client>();
        let host = client.and_then(|client| client.host.as_deref()).unwrap_or(host);
        let scheme = client.map_or("http", |client| client.scheme.as_str());
        let base =
            link_prefix.map_or_else(|| format!("{scheme}://{host}"), |prefix| prefix.trim_end_matches('/').to_owned());
        Self {
            base: base + client.map_or("", |client| client.prefix.as_str()),
            version: if compat { "v2" } else { "v2.1" },
            project: project_id.map(|id| format!("/{id}")).unwrap_or_default(),
        }
    }

    /// `http://host/v2.1[/project]/servers/{id}`
    #[must_use]
    pub fn itself(&self, collection: &str, id: &str) -> String {
        format!("{}/{}{}/{collection}/{id}", self.base, self.version, self.project)
    }

    /// The link without a version.
    #[must_use]
    pub fn bookmark(&self, collection: &str, id: &str) -> String {
        format!("{}{}/{collection}/{id}", self.base, self.project)
    }

    /// Both, as documents carry them.
    #[must_use]
    pub fn both(&self, collection: &str, id: &str) -> Value {
        json!([
            { "rel": "self", "href": self.itself(collection, id) },
            { "rel": "bookmark", "href": self.bookmark(collection, id) },
        ])
    }

    /// The bookmark alone, as in a server's image and flavor.
    #[must_use]
    pub fn bookmark_only(&self, collection: &str, id: &str) -> Value {
        json!([{ "rel": "bookmark", "href": self.bookmark(collection, id) }])
    }

    /// The root of a version, with a slash at its end.
    #[must_use]
    pub fn version_root(&self, version: &str) -> String {
        format!("{}/{version}/", self.base)
    }

    /// The next page: the same request from another marker, its parameters in order of their names.
    #[must_use]
    pub fn next(&self, collection: &str, query: &Query, marker: &str) -> Value {
        let mut pairs: Vec<(&str, &str)> = query.pairs().filter(|(key, _)| *key != "marker").collect();
        pairs.push(("marker", marker));
        pairs.sort_by_key(|(key, _)| *key);
        let mut text = url::form_urlencoded::Serializer::new(String::new());
        text.extend_pairs(pairs);
        let href = format!("{}/{}{}/{collection}?{}", self.base, self.version, self.project, text.finish());
        json!([{ "rel": "next", "href": href }])
    }
}
