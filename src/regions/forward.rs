//! A user's request on its way to a region: whose token, which headers, which version.

use http::header::{ACCEPT_ENCODING, CONNECTION, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request};

use super::encoding;
use super::error::{CallError, Sent};
use super::registry::Region;
use crate::http_body::Body;
use crate::identity::TokenText;
use crate::microversion::{LEGACY, Microversion, STANDARD};

/// Headers that end at each hop (RFC 9110, 7.6.1).
const HOP_BY_HOP: [&str; 8] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "transfer-encoding",
    "upgrade",
];

/// Headers by which keystonemiddleware tells a service who asks: a client must not be able to say them itself.
const IDENTITY: [&str; 10] = [
    "x-auth-",
    "x-service-",
    "x-identity-",
    "x-user",
    "x-project-",
    "x-tenant",
    "x-domain-",
    "x-role",
    "x-is-admin",
    "x-system-scope",
];

/// Headers by which a proxy says for whom it asks, which a region may believe from the top, those by which a top is
/// recognized, and those of a browser's page, which has asked the top and not the region.
const PROXIED: [&str; 5] = ["forwarded", "x-forwarded-", "x-cascade-", "origin", "access-control-"];

/// Which API of a region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Nova; paths begin after the version.
    Compute,
    /// Nova's compatibility mode, `/v2`; paths begin after the version.
    ComputeV2,
    /// Neutron; paths begin after the version.
    Network,
    /// Glance; paths begin after the version.
    Image,
    /// Cinder; paths begin after the version, with the project.
    Volume,
}

impl Service {
    /// Whether a user's request carries the top's service token there. It does to Nova alone, which passes the request on
    /// to its neighbours under a service token of its own. To others it says that a service asks: Cinder no longer guards
    /// the volumes that servers have (cinder/volume/api.py, `attachment_deletion_allowed`), and access rules and the end
    /// of the user's token count for nothing (`keystonemiddleware/auth_token`, `validate_allowed_request`).
    #[must_use]
    pub fn takes_service_token(self) -> bool {
        match self {
            Self::Compute | Self::ComputeV2 => true,
            Self::Network | Self::Image | Self::Volume => false,
        }
    }
}

/// Whose share of a region's permits a request takes: an extension of the request.
#[derive(Clone, Debug)]
pub struct Share(pub String);

/// On whose behalf a request goes down.
#[derive(Clone, Debug)]
pub struct Bearer<'a> {
    /// Whose share it takes ([`crate::identity::Identity::share`]).
    pub share: &'a str,
    /// The user's own token.
    pub token: &'a TokenText,
    /// The top's, so that the user's may end while its request is under way (D7). Sent to the services that
    /// [`Service::takes_service_token`] names, and to no others.
    pub service_token: Option<&'a HeaderValue>,
    /// Our request id; becomes the region's global request id.
    pub request_id: &'a str,
}

/// A request to a region with nothing of a client's headers.
///
/// # Errors
/// [`CallError`] where the endpoint registered for the region is no URL.
pub fn request(
    region: &Region,
    service: Service,
    method: Method,
    path: &str,
    version: Option<Microversion>,
    bearer: &Bearer<'_>,
    body: Body,
) -> Result<Request<Body>, CallError> {
    let url = match service {
        Service::Compute => format!("{}{path}", region.row.compute_url),
        Service::ComputeV2 => format!("{}{path}", region.compat_url()),
        Service::Network => format!("{}/v2.0{path}", region.row.network_url),
        Service::Image => format!("{}/v2{path}", region.row.image_url),
        Service::Volume => format!("{}/v3{path}", region.row.volume_url),
    };
    let built = Request::builder().method(method).uri(url).body(body);
    let mut request =
        built.map_err(|_| CallError::new(region.name(), Sent::No, "its registered endpoint is no URL"))?;
    request.extensions_mut().insert(service);
    request.extensions_mut().insert(Share(bearer.share.to_owned()));
    let headers = request.headers_mut();
    headers.insert("accept", HeaderValue::from_static("application/json"));
    headers.insert(ACCEPT_ENCODING, encoding::NONE);
    headers.insert("x-auth-token", bearer.token.header());
    if let Some(token) = bearer.service_token.filter(|_| service.takes_service_token()) {
        headers.insert("x-service-token", token.clone());
    }
    insert(headers, HeaderName::from_static("x-openstack-request-id"), bearer.request_id);
    if let Some(version) = version {
        insert(headers, STANDARD, &version.standard_header());
        insert(headers, LEGACY, &version.to_string());
    }
    Ok(request)
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// Copies what a client may say to a region: not what ends at this hop, not who it is or for whom it asks, not its host,
/// and nothing that is said already.
pub fn copy_client_headers(from: &HeaderMap, to: &mut HeaderMap) {
    let mut copied = from.clone();
    strip_hop_by_hop(&mut copied);
    for (name, value) in &copied {
        let text = name.as_str();
        let about_sender = IDENTITY.iter().chain(&PROXIED).any(|prefix| text.starts_with(prefix));
        if !about_sender && name != HOST && !to.contains_key(name) {
            to.append(name.clone(), value.clone());
        }
    }
}

/// Removes the headers that end at this hop, those named in `Connection` among them.
pub fn strip_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named {
        headers.remove(name);
    }
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_cannot_say_who_it_is() {
        let mut from = HeaderMap::new();
        let said = [
            ("x-user-id", "root"),
            ("x-roles", "admin"),
            ("x-service-token", "t"),
            ("x-identity-status", "Confirmed"),
            ("connection", "x-secret"),
            ("x-secret", "1"),
            ("forwarded", "for=10.0.0.1;proto=https"),
            ("x-forwarded-host", "evil"),
            ("x-cascade-request-id", "req-1"),
            ("x-cascade-top", "another"),
            ("host", "top"),
            ("origin", "https://horizon.example.com"),
            ("content-type", "application/json"),
            ("user-agent", "nova"),
        ];
        for (name, value) in said {
            from.insert(name, HeaderValue::from_static(value));
        }
        let mut to = HeaderMap::new();
        copy_client_headers(&from, &mut to);
        let mut names: Vec<_> = to.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["content-type", "user-agent"]);
    }
}
