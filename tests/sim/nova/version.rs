//! Version documents and the choice of a microversion.

use serde_json::{Value, json};

use super::super::http::{Req, Resp};
use super::Nova;
use super::fault::{NovaFault, fault};

/// The microversion asked for, and how the answer has to name it.
#[derive(Debug, PartialEq, Eq)]
pub enum Asked {
    /// A version that this region has.
    Minor(u32),
    /// A version that it has not: 406, whose headers echo it.
    Beyond(String, NovaFault),
    /// Nothing that can be read as a version: 400, without version headers.
    Malformed(NovaFault),
}

/// Reads the microversion from the headers, the standard one first.
pub fn negotiate(req: &Req, max_minor: u32) -> Asked {
    let mut asked = None;
    for line in req.headers.get_all("openstack-api-version") {
        for entry in line.to_str().unwrap_or_default().split(',') {
            if let Some((service, version)) = entry.trim().split_once(' ')
                && service.eq_ignore_ascii_case("compute")
            {
                asked = Some(version.trim().to_owned());
            }
        }
    }
    let legacy = || req.header("x-openstack-nova-api-version")?.rsplit(',').next().map(|v| v.trim().to_owned());
    let Some(version) = asked.or_else(legacy) else { return Asked::Minor(1) };
    if version == "latest" {
        return Asked::Minor(max_minor);
    }
    match numbers(&version) {
        None => Asked::Malformed(fault(
            400,
            format!("API Version String {version} is of invalid format. Must be of format MajorNum.MinorNum."),
        )),
        Some((2, minor)) if (1..=max_minor).contains(&minor) => Asked::Minor(minor),
        Some(_) => {
            let message =
                format!("Version {version} is not supported by the API. Minimum is 2.1 and maximum is 2.{max_minor}.");
            Asked::Beyond(version, fault(406, message))
        }
    }
}

fn numbers(version: &str) -> Option<(u32, u32)> {
    let (major, minor) = version.split_once('.')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let plain = |text: &str| digits(text) && (text == "0" || !text.starts_with('0'));
    (plain(major) && major != "0" && plain(minor)).then(|| Some((major.parse().ok()?, minor.parse().ok()?)))?
}

/// `GET /`
pub fn root(nova: &Nova, req: &Req) -> Resp {
    let entries = [entry(nova, req, "v2.0"), entry(nova, req, "v2.1")].map(|mut entry| {
        if let Some(fields) = entry.as_object_mut() {
            fields.remove("media-types");
            fields.insert("links".into(), json!([{"rel": "self", "href": fields["links"][0]["href"]}]));
        }
        entry
    });
    Resp::json(200, &json!({ "versions": entries }))
}

/// `GET /v2.1` and `/v2.1/`
pub fn document(nova: &Nova, req: &Req) -> Resp {
    Resp::json(200, &json!({"version": entry(nova, req, "v2.1")}))
}

/// Everything below `/` that is no version.
pub fn choices(nova: &Nova, req: &Req) -> Resp {
    let entries = ["v2.0", "v2.1"].map(|id| {
        let entry = entry(nova, req, id);
        json!({"id": id, "status": entry["status"], "links": [entry["links"][0]], "media-types": entry["media-types"]})
    });
    Resp::json(300, &json!({ "choices": entries }))
}

fn entry(nova: &Nova, req: &Req, id: &str) -> Value {
    let newest = format!("2.{}", nova.max_minor());
    let (status, version, min_version, updated, path, media) = match id {
        "v2.1" => ("CURRENT", newest.as_str(), "2.1", "2013-07-23T11:33:21Z", "v2.1", "2.1"),
        _ => ("DEPRECATED", "", "", "2025-07-04T12:00:00Z", "v2", "2"),
    };
    json!({
        "id": id, "status": status, "version": version, "min_version": min_version, "updated": updated,
        "links": [
            {"rel": "self", "href": format!("{}/{path}/", req.base)},
            {"rel": "describedby", "type": "text/html", "href": "http://docs.openstack.org/"},
        ],
        "media-types": [{
            "base": "application/json",
            "type": format!("application/vnd.openstack.compute+json;version={media}"),
        }],
    })
}
