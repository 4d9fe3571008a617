//! Images through Nova: to 2.35, their metadata to 2.38.

use crate::api::images;
use crate::routes::row::{DELETE, GET, POST, PUT, handler, row};
use crate::routes::{Class::Merged, Class::Proxied, Route};

/// Last minor version of the proxies (`nova/api/openstack/api_version_request.py`, `MAX_PROXY_API_SUPPORT_VERSION`).
const LAST: u16 = 35;
/// `MAX_IMAGE_META_PROXY_API_VERSION`.
const LAST_METADATA: u16 = 38;

pub(super) static ROWS: [Route; 10] = [
    row(Merged, GET, "/images", handler!(images::index)).until(LAST).note(images::LIST_NOTE),
    row(Merged, GET, "/images/detail", handler!(images::detail)).until(LAST).note(images::LIST_NOTE),
    row(Proxied, GET, "/images/{image_id}", handler!(images::one)).until(LAST),
    row(Proxied, DELETE, "/images/{image_id}", handler!(images::one)).until(LAST),
    row(Proxied, GET, "/images/{image_id}/metadata", handler!(images::one)).until(LAST_METADATA),
    row(Proxied, POST, "/images/{image_id}/metadata", handler!(images::one)).until(LAST_METADATA),
    row(Proxied, PUT, "/images/{image_id}/metadata", handler!(images::one)).until(LAST_METADATA),
    row(Proxied, GET, "/images/{image_id}/metadata/{key}", handler!(images::one)).until(LAST_METADATA),
    row(Proxied, PUT, "/images/{image_id}/metadata/{key}", handler!(images::one)).until(LAST_METADATA),
    row(Proxied, DELETE, "/images/{image_id}/metadata/{key}", handler!(images::one)).until(LAST_METADATA),
];
