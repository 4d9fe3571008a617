//! Version documents (nova/api/openstack/compute/versions.py).

use serde_json::{Value, json};

use super::links::Links;
use crate::microversion::{MIN, Microversion};

struct Known {
    id: &'static str,
    path: &'static str,
    status: &'static str,
    updated: &'static str,
    media_type: &'static str,
    microversions: bool,
}

const KNOWN: [Known; 2] = [
    Known {
        id: "v2.0",
        path: "v2",
        status: "DEPRECATED",
        updated: "2025-07-04T12:00:00Z",
        media_type: "application/vnd.openstack.compute+json;version=2",
        microversions: false,
    },
    Known {
        id: "v2.1",
        path: "v2.1",
        status: "CURRENT",
        updated: "2013-07-23T11:33:21Z",
        media_type: "application/vnd.openstack.compute+json;version=2.1",
        microversions: true,
    },
];

impl Known {
    fn range(&self, newest: Microversion) -> (String, String) {
        if self.microversions { (newest.to_string(), MIN.to_string()) } else { (String::new(), String::new()) }
    }

    fn media_types(&self) -> Value {
        json!([{ "base": "application/json", "type": self.media_type }])
    }
}

/// `GET /`
#[must_use]
pub fn list(links: &Links, newest: Microversion) -> Value {
    let versions: Vec<Value> = KNOWN
        .iter()
        .map(|known| {
            let (version, min_version) = known.range(newest);
            json!({
                "id": known.id, "status": known.status, "version": version, "min_version": min_version,
                "updated": known.updated,
                "links": [{ "rel": "self", "href": links.version_root(known.path) }],
            })
        })
        .collect();
    json!({ "versions": versions })
}

/// `GET /anything`: 300
#[must_use]
pub fn choices(links: &Links, path: &str) -> Value {
    let choices: Vec<Value> = KNOWN
        .iter()
        .map(|known| {
            let href = format!("{}{}", links.version_root(known.path).trim_end_matches('/'), path);
            json!({
                "id": known.id, "status": known.status, "media-types": known.media_types(),
                "links": [{ "rel": "self", "href": href }],
            })
        })
        .collect();
    json!({ "choices": choices })
}

/// The document of a version by its id, `v2.0` or `v2.1`; `None` for another.
#[must_use]
pub fn one(links: &Links, id: &str, newest: Microversion) -> Option<Value> {
    let known = KNOWN.iter().find(|known| known.id == id)?;
    let (version, min_version) = known.range(newest);
    Some(json!({ "version": {
        "id": known.id, "status": known.status, "version": version, "min_version": min_version,
        "updated": known.updated,
        "links": [
            { "rel": "self", "href": links.version_root(known.path) },
            { "rel": "describedby", "type": "text/html", "href": "http://docs.openstack.org/" },
        ],
        "media-types": known.media_types(),
    } }))
}
