//! `/extensions`: what Nova's API once was extended by. The list says nothing any more, yet clients look for aliases in
//! it (`nova/api/openstack/compute/extension_info.py`).
#![expect(clippy::unused_async, reason = "handlers are async")]

use std::sync::LazyLock;

use http::{Response, StatusCode};
use serde_json::{Value, json};

use super::Call;
use crate::error::{ApiResult, Fault};
use crate::http_body::{self, Body};

/// Alias, name and description, by alias.
type Extension = (String, String, String);

static EXTENSIONS: LazyLock<Vec<Extension>> =
    LazyLock::new(|| serde_json::from_str(include_str!("extensions.json")).unwrap_or_default());

/// The one that is listed in the compatibility mode only.
const COMPAT_ONLY: &str = "OS-EXT-VIF-NET";

/// `GET /extensions`
pub async fn index(call: Call) -> ApiResult<Response<Body>> {
    let all: Vec<Value> = listed(call.matched.compat).map(document).collect();
    http_body::json(StatusCode::OK, &json!({ "extensions": all }))
}

/// `GET /extensions/{alias}`
pub async fn show(call: Call) -> ApiResult<Response<Body>> {
    let alias = call.matched.param("alias");
    let found = listed(call.matched.compat).find(|extension| extension.0 == alias);
    let found = found.ok_or_else(|| Fault::bare(StatusCode::NOT_FOUND))?;
    http_body::json(StatusCode::OK, &json!({ "extension": document(found) }))
}

fn listed(compat: bool) -> impl Iterator<Item = &'static Extension> {
    EXTENSIONS.iter().filter(move |(alias, ..)| compat || alias != COMPAT_ONLY)
}

fn document((alias, name, description): &Extension) -> Value {
    json!({
        "alias": alias, "description": description, "links": [], "name": name,
        "namespace": "http://docs.openstack.org/compute/ext/fake_xml", "updated": "2014-12-03T00:00:00Z",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_novas() {
        let aliases = |compat| listed(compat).map(|(alias, ..)| alias.as_str()).collect::<Vec<_>>();
        assert_eq!((aliases(false).len(), aliases(true).len()), (99, 100));
        assert!(aliases(true).is_sorted() && aliases(true).contains(&COMPAT_ONLY));
        assert!(!aliases(false).contains(&COMPAT_ONLY));
        let hosts = listed(false).find(|(_, name, _)| name == "Hosts").expect("an extension tempest looks for");
        assert_eq!(document(hosts)["alias"], "os-hosts");
    }
}
